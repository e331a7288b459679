#include "exporter/web/host_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/door.h"

namespace procmarshal {
namespace {

using std::string_literals::operator""s;

std::string WithHost(const std::string& host) {
  return Summary(Door(Get("/", {{"Host", host}})));
}

struct HostRow {
  std::string host;
  std::string expected;
};

// One Host header on "/".
const std::vector<HostRow> kHosts = {
    // This host.
    {"localhost", "passes"},
    {"localhost:9256", "passes"},
    {"localhost:8080", "passes"},  // ssh -L 8080:localhost:9256
    {"localhost:0", "passes"},
    {"localhost:", "passes"},
    {"LOCALHOST", "passes"},
    {"LOCALHOST.", "passes"},
    {"LocalHost.:9256", "passes"},
    {" localhost\t", "passes"},
    {"127.0.0.1", "passes"},
    {"127.0.0.1:9256", "passes"},
    {"192.0.2.7:9256", "passes"},
    {"0.0.0.0", "passes"},
    {"[::1]", "passes"},
    {"[::1]:9256", "passes"},
    {"[2001:DB8::7]:9256", "passes"},
    {"[::ffff:127.0.0.1]", "passes"},
    {"web-1.lan", "passes"},
    {"WEB-1.LAN.:9256", "passes"},
    {"web-1", "passes"},
    {"metrics.example.com", "passes"},
    {"METRICS.example.com.:443", "passes"},
    {"grafana:80", "passes"},
    // Other names, whatever they look like.
    {"evil.com", "403 host"},
    {"evil.com:9256", "403 host"},
    {"127.0.0.1.evil.com", "403 host"},
    {"localhost.evil.com", "403 host"},
    {"evil.localhost", "403 host"},
    {"evillocalhost", "403 host"},
    {"localhost..", "403 host"},
    {".localhost", "403 host"},
    {"localhos", "403 host"},
    {"lan", "403 host"},
    {"web-1.evil.com", "403 host"},
    {"web-1.lan.evil.com", "403 host"},
    {"metrics", "403 host"},
    {"example.com", "403 host"},
    {"x.metrics.example.com", "403 host"},
    {"evil.com.127.0.0.1", "403 host"},
    {"127.0.0.1.", "403 host"},
    {"127.1", "403 host"},
    {"127.0.0.01", "403 host"},
    {"0x7f.1", "403 host"},
    {"0x7f000001", "403 host"},
    {"0177.0.0.1", "403 host"},
    {"2130706433", "403 host"},
    {"127.0.0.256", "403 host"},
    {"xn--lclhost-90a", "403 host"},
    {"-", "403 host"},
    {"..", "403 host"},
    {std::string(10'000, 'a'), "403 host"},
    // No host.
    {"", "400 host"},
    {" ", "400 host"},
    // Not HOST[:PORT].
    {".", "400 malformed"},
    {":", "400 malformed"},
    {":9256", "400 malformed"},
    {"localhost:abc", "400 malformed"},
    {"localhost:9256:9256", "400 malformed"},
    {"localhost:-1", "400 malformed"},
    {"localhost:99999", "400 malformed"},
    {"localhost:9256.evil.com", "400 malformed"},
    {"[::1", "400 malformed"},
    {"[::1]9256", "400 malformed"},
    {"[::1].evil.com", "400 malformed"},
    {"[::1%lo]", "400 malformed"},
    {"[::1%25lo]", "400 malformed"},
    {"[127.0.0.1]", "400 malformed"},
    {"[evil.com]", "400 malformed"},
    {"::1", "400 malformed"},
    {"user@localhost", "400 malformed"},
    {"localhost@evil.com", "400 malformed"},
    {"localhost,evil.com", "400 malformed"},
    {"localhost evil.com", "400 malformed"},
    {"localhost/evil.com", "400 malformed"},
    {"localhost\\evil.com", "400 malformed"},
    {"localhost#evil.com", "400 malformed"},
    {"localhost?evil.com", "400 malformed"},
    {"http://localhost", "400 malformed"},
    {"%6cocalhost", "400 malformed"},
    {"l\xC3\xB6"
     "calhost",
     "400 malformed"},
    {"\xEF\xBD\x8C\xEF\xBD\x8F"
     "calhost",
     "400 malformed"},  // full-width letters
    {"localhost\xFF", "400 malformed"},
    {"localhost\0.evil.com"s, "400 malformed"},
    {"localhost\r\nX: y", "400 malformed"},
    {"*", "400 malformed"},
};

TEST(HostGuard, AnswersForThisHostsNamesOnly) {
  for (const HostRow& row : kHosts) EXPECT_EQ(WithHost(row.host), row.expected) << row.host;
}

TEST(HostGuard, GuardsAllPathsButThoseOfScrapers) {
  for (const char* path : {"/", "/api/v1/processes", "/-", "/metrics/", "/Metrics", "//metrics",
                           "/metricsx", "//-/healthy", "/x/-/y", "/metrics%20"}) {
    EXPECT_EQ(Summary(Door(Get(path, {{"Host", "evil.com"}}))), "403 host") << path;
  }
  for (const char* path : {"/metrics", "/%6detrics", "/-/healthy", "/-/ready", "/-/"}) {
    EXPECT_EQ(Summary(Door(Get(path, {{"Host", "evil.com"}}))), "passes") << path;
  }
}

TEST(HostGuard, LetsEverybodyScrape) {
  const RequestHead head =
      Get("/metrics", {{"Host", ""}, {"Origin", "null"}, {"X-Forwarded-For", "x"}});
  EXPECT_EQ(Summary(Door(head, Guard(), "192.0.2.7")), "passes");
}

TEST(HostGuard, RefusesTwoHosts) {
  EXPECT_EQ(Summary(Door(Get("/", {{"Host", "localhost"}, {"Host", "localhost"}}))),
            "400 malformed");
  EXPECT_EQ(Summary(Door(Get("/", {{"Host", "localhost"}, {"host", "evil.com"}}))),
            "400 malformed");
}

TEST(HostGuard, WantsAHostOfOldClientsToo) {
  RequestHead head = Get("/", {});
  EXPECT_EQ(Summary(Door(head)), "400 malformed");
  head.http_version = "1.0";
  EXPECT_EQ(Summary(Door(head)), "400 host");
}

TEST(HostGuard, TakesTheHostOfAnAbsoluteUriBeforeTheHeader) {
  const std::vector<std::vector<std::string>> rows = {
      {"http://localhost/", "evil.com", "passes"},
      {"http://LOCALHOST.:1/", "", "passes"},
      {"https://127.0.0.1:9256/", "localhost", "passes"},
      {"http://[::1]:9256/", "localhost", "passes"},
      {"http://evil.com/", "localhost", "403 host"},
      {"http://localhost.evil.com:9256/", "localhost:9256", "403 host"},
      {"http://evil.com/metrics", "evil.com", "passes"},
      {"http://localhost/", "not a host", "400 malformed"},
      {"http://localhost@evil.com/", "localhost", "400 malformed"},
      {"http:///", "localhost", "400 malformed"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Summary(Door(Get(row.at(0), {{"Host", row.at(1)}}))), row.at(2)) << row.at(0);
  }
}

TEST(HostGuard, NamesTheKeyThatAddsNames) {
  EXPECT_EQ(Body(Door(Get("/", {{"Host", "Evil.com:80"}}))),
            "This page does not answer for the name \"evil.com\". web.allowed_hosts adds names.\n");
  EXPECT_EQ(Body(Door(Get("/", {{"Host", ""}}))), "This page needs a Host header.\n");
}

TEST(HostGuard, CutsALongName) {
  EXPECT_LT(Body(Door(Get("/", {{"Host", std::string(10'000, 'a')}}))).size(), 200U);
}

TEST(HostGuard, IsNotOpenedByNamesThatAreNone) {
  const HostGuard guard({"", ".", "*", "*.evil.com", "evil.com/", ".com"}, {}, "");
  for (const char* host : {"evil.com", "a.evil.com", "com", "x"}) {
    EXPECT_EQ(Summary(Door(Get("/", {{"Host", host}}), guard)), "403 host") << host;
  }
  EXPECT_EQ(Summary(Door(Get("/", {{"Host", "localhost"}}), guard)), "passes");
}

std::string From(const std::string& peer, const HostGuard& guard, Headers headers = {}) {
  headers.emplace_back("Host", "web-1");
  return Summary(Door(Get("/api/v1/processes", std::move(headers)), guard, peer));
}

TEST(HostGuard, AnswersThisHostOnly) {
  for (const char* peer : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(From(peer, Guard()), "passes") << peer;
  }
  for (const char* peer : {"192.0.2.7", "10.0.0.1", "128.0.0.1", "0.0.0.0", "2001:db8::1",
                           "fe80::1", "::", "::127.0.0.1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(From(peer, Guard()), "403 network") << peer;
  }
}

TEST(HostGuard, AnswersAUnixSocket) {
  Request request = ToRequest(Get("/", {{"Host", "localhost"}}));
  EXPECT_EQ(Summary(Guard().Check(request)), "403 network") << "nobody knows who asks";
  request.peer = Address::Unix();
  EXPECT_EQ(Summary(Guard().Check(request)), "passes");
  request.headers.emplace_back("Forwarded", "for=192.0.2.7");
  EXPECT_EQ(Summary(Guard({"0.0.0.0/0", "::/0"}).Check(request)), "403 network");
}

TEST(HostGuard, AnswersTheNetworksOfApiFromToo) {
  const HostGuard guard = Guard({"10.0.0.0/8", "2001:db8::/32"});
  for (const char* peer : {"10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "127.0.0.1"}) {
    EXPECT_EQ(From(peer, guard), "passes") << peer;
  }
  for (const char* peer : {"11.0.0.1", "2001:db9::1", "192.0.2.7"}) {
    EXPECT_EQ(From(peer, guard), "403 network") << peer;
  }
}

TEST(HostGuard, DoesNotTakeAProxyForALocalClient) {
  for (const char* name :
       {"Forwarded", "forwarded", "X-Forwarded-For", "x-forwarded-for", "X-FORWARDED-HOST",
        "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Anything",
        "X-Forwarded", "X-Real-IP", "Via", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
        "X-Original-Forwarded-For", "X-Cluster-Client-Ip", "X-Envoy-External-Address"}) {
    for (const char* value : {"", "127.0.0.1", "for=127.0.0.1", "::1", "localhost"}) {
      EXPECT_EQ(From("127.0.0.1", Guard(), {{name, value}}), "403 network") << name << value;
      EXPECT_EQ(From("::1", Guard(), {{name, value}}), "403 network") << name << value;
    }
  }
}

TEST(HostGuard, KnowsHeadersThatNoProxyAdds) {
  for (const char* name : {"X-Forwarde", "X-Prometheus", "Viable", "Vi"}) {
    EXPECT_EQ(From("127.0.0.1", Guard(), {{name, "192.0.2.7"}}), "passes") << name;
  }
}

TEST(HostGuard, LetsAProxyPassWhoseOwnAddressIsInApiFrom) {
  const Headers proxied = {{"X-Forwarded-For", "10.0.0.1"}};
  EXPECT_EQ(From("127.0.0.1", Guard({"127.0.0.1"}), proxied), "passes");
  EXPECT_EQ(From("127.0.0.2", Guard({"127.0.0.1"}), proxied), "403 network");
  EXPECT_EQ(From("10.9.9.9", Guard({"10.0.0.0/8"}), proxied), "passes");
}

TEST(HostGuard, DoesNotBelieveWhatAProxySays) {
  EXPECT_EQ(From("127.0.0.1", Guard({"10.0.0.0/8"}), {{"X-Forwarded-For", "10.0.0.1"}}),
            "403 network");
  EXPECT_EQ(From("192.0.2.7", Guard(), {{"Forwarded", "for=127.0.0.1"}}), "403 network");
}

TEST(HostGuard, DoesNotLoseAForwardedHeaderAmongMany) {
  Headers headers(61, {"X", "y"});
  headers.emplace_back("X-Forwarded-For", "192.0.2.7");
  EXPECT_EQ(From("127.0.0.1", Guard(), headers), "403 network");
  headers.insert(headers.begin(), {"X", "y"});
  EXPECT_EQ(From("127.0.0.1", Guard(), headers), "431 too_large");
}

TEST(HostGuard, NamesTheKeyThatAddsNetworks) {
  const RequestHead head = Get("/", {{"Host", "web-1"}});
  EXPECT_EQ(Body(Door(head, Guard(), "192.0.2.7")),
            "This page does not answer 192.0.2.7. web.api_from adds networks.\n");
  const RequestHead proxied = Get("/", {{"Host", "web-1"}, {"Via", "1.1 x"}});
  EXPECT_EQ(Body(Door(proxied, Guard(), "::1")),
            "This page does not answer a proxy at ::1. web.api_from adds networks.\n");
}

TEST(HostGuard, TellsAStrangerNothingAboutNames) {
  const RequestHead head = Get("/", {{"Host", "evil.com"}, {"Origin", "null"}});
  EXPECT_EQ(Summary(Door(head, Guard(), "192.0.2.7")), "403 network");
}

}  // namespace
}  // namespace procmarshal
