// [web] and the tables in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "exporter/config.h"

namespace procmarshal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

Config Parsed(std::string_view text, std::string_view file_name = "p.toml") {
  auto config = ParseConfig(text, file_name, {});
  EXPECT_TRUE(config) << config.error().message;
  return config.value_or(Config{});
}

std::string Mistakes(std::string_view text) {
  const auto config = ParseConfig(text, "p.toml", {});
  return config ? "none" : config.error().message;
}

void Refuses(std::string_view text, std::string_view expected) {
  EXPECT_EQ(Mistakes(text), "p.toml:1: " + std::string(expected));
}

constexpr std::string_view kEveryKey = R"(
[web]
listen = ["[::]:9256", "unix:/run/procmarshal/web.sock"]
api_from = ["10.0.0.0/8", "2001:db8::/32"]
allowed_hosts = ["node1.example.org", "2001:db8::1"]
[web.limits]
workers = 1
connections = 2
connections_per_address = 3
request_timeout = "4s"
response_timeout = "5m"
header_size = "8KiB"
body_size = "1kB"
[web.tls_server_config]
cert_file = "/etc/a.crt"
key_file = "/etc/a.key"
client_auth_type = "RequireAndVerifyClientCert"
client_ca_file = "/etc/ca.crt"
client_allowed_sans = ["prometheus", "spiffe://a/b"]
min_version = "TLS13"
max_version = "TLS12"
cipher_suites = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]
curve_preferences = ["X25519", "CurveP256"]
[web.http_server_config.headers]
Content-Security-Policy = "default-src 'self'"
X-Frame-Options = "deny"
X-Content-Type-Options = ""
X-XSS-Protection = "0"
Strict-Transport-Security = "max-age=60"
)";

TEST(ConfigWeb, ReadsWhereAndForWhomItListens) {
  const WebSettings web = Parsed(kEveryKey).web;
  EXPECT_THAT(web.listen, ElementsAre("[::]:9256", "unix:/run/procmarshal/web.sock"));
  EXPECT_THAT(web.api_from, ElementsAre("10.0.0.0/8", "2001:db8::/32"));
  EXPECT_THAT(web.allowed_hosts, ElementsAre("node1.example.org", "2001:db8::1"));
}

TEST(ConfigWeb, ReadsLimits) {
  const WebLimits expected{.workers = 1,
                           .connections = 2,
                           .connections_per_address = 3,
                           .request_timeout = std::chrono::seconds(4),
                           .response_timeout = std::chrono::minutes(5),
                           .header_size = 8192,
                           .body_size = 1000};
  EXPECT_EQ(Parsed(kEveryKey).web.limits, expected);
}

TEST(ConfigWeb, ReadsTls) {
  const TlsSettings expected{
      .cert_file = "/etc/a.crt",
      .key_file = "/etc/a.key",
      .client_auth_type = TlsSettings::ClientAuth::kRequireAndVerifyClientCert,
      .client_ca_file = "/etc/ca.crt",
      .client_allowed_sans = {"prometheus", "spiffe://a/b"},
      .min_version = "TLS13",
      .max_version = "TLS12",
      .cipher_suites = {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
      .curve_preferences = {"X25519", "CurveP256"}};
  EXPECT_EQ(Parsed(kEveryKey).web.tls, expected);
}

TEST(ConfigWeb, ReadsHeadersAndKeepsThoseThatAreSent) {
  EXPECT_THAT(Parsed(kEveryKey).web.headers,
              UnorderedElementsAre(Pair("Content-Security-Policy", "default-src 'self'"),
                                   Pair("X-Frame-Options", "deny"), Pair("X-XSS-Protection", "0"),
                                   Pair("Strict-Transport-Security", "max-age=60")));
}

TEST(ConfigWeb, SendsNosniffByDefault) {
  EXPECT_THAT(Parsed("").web.headers, ElementsAre(Pair("X-Content-Type-Options", "nosniff")));
}

TEST(ConfigWeb, KnowsEachClientAuthType) {
  using ClientAuth = TlsSettings::ClientAuth;
  const auto reads = [](std::string_view name, ClientAuth expected) {
    const std::string text =
        "web.tls_server_config.client_auth_type = \"" + std::string(name) + '"';
    EXPECT_EQ(Parsed(text).web.tls.client_auth_type, expected) << name;
  };
  reads("NoClientCert", ClientAuth::kNoClientCert);
  reads("RequestClientCert", ClientAuth::kRequestClientCert);
  reads("RequireAnyClientCert", ClientAuth::kRequireAnyClientCert);
  reads("VerifyClientCertIfGiven", ClientAuth::kVerifyClientCertIfGiven);
  reads("RequireAndVerifyClientCert", ClientAuth::kRequireAndVerifyClientCert);
}

TEST(ConfigWeb, PrintsWhatItReadsBack) {
  const Config config = Parsed(kEveryKey);
  EXPECT_EQ(Parsed(ToToml(config)), config);
}

TEST(ConfigWeb, PrintsWhatNeedsEscapesSoThatItReadsBack) {
  Config config;
  config.web.tls.cert_file = R"(/a "b"\c)";
  config.web.tls.client_allowed_sans = {"\u00e9\u2028\u0085", "\U0001F600'\""};
  config.web.headers["Content-Security-Policy"] = R"(a "b" \n)";
  EXPECT_EQ(Parsed(ToToml(config)), config);
}

TEST(ConfigWeb, KeepsHostNamesInLowerCase) {
  EXPECT_THAT(Parsed("web.allowed_hosts = ['Node1.EXAMPLE.org', '2001:DB8::1']").web.allowed_hosts,
              ElementsAre("node1.example.org", "2001:db8::1"));
}

TEST(ConfigWeb, RefusesWhatIsNoHostName) {
  for (const std::string_view host : {"", "node1:9256", "http://node1", "a b", "a_b", "*", "[::1]",
                                      "\xC3\xA9", "::1%eth0", "a/b"}) {
    EXPECT_THAT(Mistakes("web.allowed_hosts = ['" + std::string(host) + "']"),
                HasSubstr("is not a host name"))
        << host;
  }
  Refuses("web.allowed_hosts = 'a:1'",
          R"(web.allowed_hosts: "a:1" is not a host name, expected one such as )"
          R"("node1.example.org", without a port)");
}

TEST(ConfigWeb, SaysWhatIsWrongWithANetwork) {
  Refuses("web.api_from = ['10.0.0.1/8']",
          R"(web.api_from: "10.0.0.1/8" is not a network, did you mean "10.0.0.0/8"?)");
}

TEST(ConfigWeb, TakesSizesFromEndToEnd) {
  EXPECT_EQ(Parsed("web.limits.header_size = '1KiB'").web.limits.header_size, 1024U);
  EXPECT_EQ(Parsed("web.limits.header_size = '1MiB'").web.limits.header_size, 1'048'576U);
  EXPECT_EQ(Parsed("web.limits.body_size = '0B'").web.limits.body_size, 0U);
}

TEST(ConfigWeb, RefusesLimitsThatAreOutOfRange) {
  Refuses("web.limits.workers = 0",
          "web.limits.workers: 0 is out of range, expected a whole number from 1 to 1024");
  Refuses("web.limits.connections = 65537",
          "web.limits.connections: 65537 is out of range, expected a whole number from 1 to 65536");
  Refuses("web.limits.connections_per_address = -1",
          "web.limits.connections_per_address: -1 is out of range, expected a whole number from 1 "
          "to 65536");
  Refuses("web.limits.request_timeout = '6m'",
          R"(web.limits.request_timeout: "6m" is out of range, expected "100ms" to "5m")");
  Refuses("web.limits.response_timeout = '99ms'",
          R"(web.limits.response_timeout: "99ms" is out of range, expected "100ms" to "1h")");
  Refuses("web.limits.header_size = '1023B'",
          R"(web.limits.header_size: "1023B" is out of range, expected "1KiB" to "1MiB")");
  Refuses("web.limits.body_size = '1025KiB'",
          R"(web.limits.body_size: "1025KiB" is out of range, expected "0B" to "1MiB")");
}

TEST(ConfigWeb, RefusesWhatIsNoSize) {
  Refuses("web.limits.header_size = 16384",
          "web.limits.header_size: 16384 is not a size, expected a string such as "
          R"("64KiB" or "512B")");
  Refuses("web.limits.header_size = '16K'",
          R"(web.limits.header_size: "16K" is not a size, expected a number with a unit such as )"
          R"("64KiB" or "512B")");
}

TEST(ConfigWeb, RelativePathsBeginInTheFolderOfTheFile) {
  const auto reads = [](std::string_view path, std::string_view file, std::string_view expected) {
    const std::string text = "web.tls_server_config.cert_file = '" + std::string(path) + "'";
    EXPECT_EQ(Parsed(text, file).web.tls.cert_file, expected);
  };
  reads("a.pem", "/etc/procmarshal/p.toml", "/etc/procmarshal/a.pem");
  reads("../a.pem", "/etc/procmarshal/p.toml", "/etc/procmarshal/../a.pem");
  reads("/a.pem", "/etc/procmarshal/p.toml", "/a.pem");
  reads("", "/etc/procmarshal/p.toml", "");
  reads("a.pem", "p.toml", "a.pem");
}

TEST(ConfigWeb, EachOfTheThreePathsMayBeRelative) {
  const TlsSettings tls = Parsed(
                              "[web.tls_server_config]\ncert_file = 'a'\nkey_file = 'b'\n"
                              "client_ca_file = 'c'\n",
                              "/x/p.toml")
                              .web.tls;
  EXPECT_EQ(tls.cert_file, "/x/a");
  EXPECT_EQ(tls.key_file, "/x/b");
  EXPECT_EQ(tls.client_ca_file, "/x/c");
}

TEST(ConfigWeb, SaysWhatIsWrongWithTls) {
  Refuses("web.tls_server_config.cert_file = true",
          R"(web.tls_server_config.cert_file: true does not fit, expected a string such as )"
          R"("server.pem")");
  Refuses(R"(web.tls_server_config.key_file = "a\u0000b")",
          R"(web.tls_server_config.key_file: "a\u0000b" is not a path, expected one without )"
          "control characters");
  Refuses("web.tls_server_config.client_auth_type = ''",
          R"(web.tls_server_config.client_auth_type: "" does not fit, expected "NoClientCert", )"
          R"("RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven" or )"
          R"("RequireAndVerifyClientCert")");
  Refuses("web.tls_server_config.client_allowed_sans = ['']",
          R"(web.tls_server_config.client_allowed_sans: "" does not fit, expected a name such as )"
          R"("prometheus.example.org")");
  Refuses("web.tls_server_config.cipher_suites = ['ECDHE-RSA-AES128-GCM-SHA256']",
          R"(web.tls_server_config.cipher_suites: "ECDHE-RSA-AES128-GCM-SHA256" is not a cipher )"
          R"(suite, expected an IANA name such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")");
  Refuses("web.tls_server_config.curve_preferences = ['CurveP255']",
          R"(web.tls_server_config.curve_preferences: "CurveP255" does not fit, expected )"
          R"("CurveP256", "CurveP384", "CurveP521" or "X25519", did you mean "CurveP256"?)");
}

TEST(ConfigWeb, SaysThatOldTlsIsTooWeak) {
  Refuses("web.tls_server_config.min_version = 'TLS10'",
          R"(web.tls_server_config.min_version: "TLS10" is too weak and not supported, expected )"
          R"("TLS12" or "TLS13")");
  Refuses("web.tls_server_config.max_version = 'TLS11'",
          R"(web.tls_server_config.max_version: "TLS11" is too weak and not supported, expected )"
          R"("TLS12" or "TLS13")");
  Refuses("web.tls_server_config.min_version = 'TLS14'",
          R"(web.tls_server_config.min_version: "TLS14" does not fit, expected "TLS12" or "TLS13")"
          R"(, did you mean "TLS12"?)");
  Refuses("web.tls_server_config.min_version = 1.2",
          "web.tls_server_config.min_version: a fraction does not fit, expected a string such as "
          R"("TLS12")");
}

TEST(ConfigWeb, TakesHeadersInAnyCaseAsBrowsersDo) {
  const auto config = Parsed(
      "[web.http_server_config.headers]\n"
      "X-Frame-Options = 'SAMEORIGIN'\nX-Content-Type-Options = 'NoSniff'\n");
  EXPECT_EQ(config.web.headers.at("X-Frame-Options"), "SAMEORIGIN");
  EXPECT_EQ(config.web.headers.at("X-Content-Type-Options"), "NoSniff");
}

TEST(ConfigWeb, SaysWhatIsWrongWithAHeader) {
  const std::string headers = "web.http_server_config.headers.";
  Refuses(headers + "X-Frame-Options = 'allow'",
          headers + R"(X-Frame-Options: "allow" does not fit, expected "deny" or "sameorigin")");
  Refuses(headers + "X-Content-Type-Options = 'sniff'",
          headers + R"(X-Content-Type-Options: "sniff" does not fit, expected "nosniff")"
                    R"(, did you mean "nosniff"?)");
  Refuses(headers + R"(Strict-Transport-Security = "a\r\nSet-Cookie: b")",
          headers + R"(Strict-Transport-Security: "a\r\nSet-Cookie: b" does not fit, expected )"
                    "text without control characters");
  Refuses(headers + "X-XSS-Protection = 0",
          headers + R"(X-XSS-Protection: 0 does not fit, expected a string such as "0")");
  Refuses(headers + "x-frame-options = 'deny'", "unknown key \"" + headers +
                                                    "x-frame-options\", did you mean \"" + headers +
                                                    "X-Frame-Options\"?");
  Refuses(headers + "Server = 'x'", "unknown key \"" + headers + "Server\"");
}

TEST(ConfigWeb, ReadsUsersOfAnyName) {
  const std::string text = "[web.basic_auth_users]\nalice = '" + kHash + "'\n\"a b.c=\u00e9\" = '" +
                           kHash + "'\n\"" + std::string(100, 'x') + "1\" = '" + kHash + "'\n\"" +
                           std::string(100, 'x') + "2\" = '" + kHash + "'\n";
  EXPECT_THAT(Parsed(text).web.basic_auth_users,
              UnorderedElementsAre(Pair("alice", kHash), Pair("a b.c=\u00e9", kHash),
                                   Pair(std::string(100, 'x') + '1', kHash),
                                   Pair(std::string(100, 'x') + '2', kHash)));
}

TEST(ConfigWeb, SaysWhatAHashIsWithoutShowingIt) {
  const std::string_view expected =
      R"(web.basic_auth_users.alice: not a bcrypt hash, expected one such as )"
      R"(htpasswd -nBC 10 "" prints ($2y$10$ and 53 more characters))";
  for (const std::string_view value : {"'secret'", "7", "['secret']", "{ hash = 'secret' }"}) {
    Refuses("web.basic_auth_users.alice = " + std::string(value), expected);
  }
  Refuses("web.basic_auth_users = ['" + kHash + "']",
          "web.basic_auth_users: expected a table, written [web.basic_auth_users]");
}

TEST(ConfigWeb, ShowsNoHashWhereTheSyntaxIsWrong) {
  const std::string twice = "alice = '" + kHash + "'\n";
  for (const std::string& text :
       {"alice = " + kHash, "alice = '" + kHash, "alice '" + kHash + "'", "alice = \"" + kHash,
        "alice = '" + kHash + "' bob", kHash, twice + twice}) {
    const std::string mistakes = Mistakes("[web.basic_auth_users]\n" + text + "\n");
    EXPECT_THAT(mistakes, HasSubstr("p.toml:"));
    EXPECT_THAT(mistakes, Not(HasSubstr("X0h1"))) << text;
  }
}

TEST(ConfigWeb, RefusesWhatIsNoName) {
  const auto refuses = [](std::string_view name, std::string_view shown) {
    Refuses("web.basic_auth_users." + std::string(name) + " = '" + kHash + "'",
            "web.basic_auth_users." + std::string(name) + ": " + std::string(shown) +
                " is not a user's name, expected one without colons and control characters");
  };
  refuses(R"("a:b")", R"("a:b")");
  refuses(R"("a\nb")", R"("a\nb")");
  refuses(R"("")", R"("")");
}

TEST(ConfigWeb, PrintsUsersWithoutTheirHashes) {
  Config config;
  config.web.basic_auth_users = {{"alice", kHash}, {"b \"c\"", kHash}};
  const std::string text = ToToml(config);
  EXPECT_THAT(text, HasSubstr("\nalice = \"not shown\"\n\"b \\\"c\\\"\" = \"not shown\"\n"));
  EXPECT_THAT(text, Not(HasSubstr(kHash.substr(7))));
}

TEST(ConfigWeb, WhatIsPrintedWithoutHashesLetsNobodyIn) {
  Config config;
  config.web.basic_auth_users = {{"alice", kHash}};
  EXPECT_THAT(Mistakes(ToToml(config)), HasSubstr("web.basic_auth_users.alice: not a bcrypt hash"));
}

TEST(ConfigWeb, RefusesAnUnknownKeyAtAnyDepth) {
  Refuses("web.lisen = 1", R"(unknown key "web.lisen", did you mean "web.listen"?)");
  Refuses("web.limits.wokers = 1",
          R"(unknown key "web.limits.wokers", did you mean "web.limits.workers"?)");
  Refuses("web.limts.workers = 1",
          R"(unknown key "web.limts.workers", did you mean "web.limits.workers"?)");
  Refuses("[web.limts]", R"(unknown key "web.limts", did you mean "web.limits"?)");
  Refuses("tls_server_config.cert_file = 'a'",
          R"(unknown key "tls_server_config.cert_file", did you mean )"
          R"("web.tls_server_config.cert_file"?)");
  Refuses("web.http_server_config.header.X-Frame-Options = 'deny'",
          R"(unknown key "web.http_server_config.header.X-Frame-Options", did you mean )"
          R"("web.http_server_config.headers.X-Frame-Options"?)");
  Refuses("web.basic_auth_user.alice = '" + kHash + "'",
          R"(unknown key "web.basic_auth_user.alice", did you mean "web.basic_auth_users"?)");
}

TEST(ConfigWeb, SuggestsNothingThatOnlyStandsInTheSameTable) {
  Refuses("web.tls_server_config.volume = 1", R"(unknown key "web.tls_server_config.volume")");
  Refuses("web.http_server_config.http2 = true", R"(unknown key "web.http_server_config.http2")");
}

TEST(ConfigWeb, FindsAKeyInTheWrongTable) {
  Refuses("web.workers = 3", R"(unknown key "web.workers", did you mean "web.limits.workers"?)");
  Refuses("web.limits.X-XSS-Protection = '0'",
          R"(unknown key "web.limits.X-XSS-Protection", did you mean )"
          R"("web.http_server_config.headers.X-XSS-Protection"?)");
}

TEST(ConfigWeb, RefusesAValueWhereATableIsExpected) {
  Refuses("web.limits = 5", "web.limits: expected a table, written [web.limits]");
  Refuses("[[web.http_server_config.headers]]",
          "web.http_server_config.headers: expected a table, written "
          "[web.http_server_config.headers]");
  Refuses("web.http_server_config = ''",
          "web.http_server_config: expected a table, written [web.http_server_config]");
}

TEST(ConfigWeb, RefusesATableWhereAValueIsExpected) {
  Refuses("[web.limits.workers]",
          "web.limits.workers: a table does not fit, expected a whole number from 1 to 1024");
}

TEST(ConfigWeb, AQuotedDotOpensNoTable) {
  Refuses("\"web.limits\".workers = 1", R"(unknown key "\"web.limits\".workers", did you mean )"
                                        R"("web.limits.workers"?)");
  Refuses("web.\"limits.workers\" = 1", R"(unknown key "web.\"limits.workers\"")");
}

TEST(ConfigWeb, AnEmptyListIsNoAddressButNoNetworkEither) {
  Refuses("web.listen = []",
          R"(web.listen: a list does not fit, expected a list such as ["0.0.0.0:9256"])");
  EXPECT_THAT(Parsed("web.api_from = []").web.api_from, IsEmpty());
}

}  // namespace
}  // namespace procmarshal
