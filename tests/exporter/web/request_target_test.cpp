#include "exporter/web/request_target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace procmarshal {
namespace {

using std::string_literals::operator""s;

// "PATH", "AUTHORITY PATH" or "error: MESSAGE".
std::string Parsed(std::string_view raw) {
  const auto target = ParseTarget(raw);
  if (!target) return "error: " + target.error().message;
  const std::string authority = target->authority.value_or("");
  return authority + (authority.empty() ? "" : " ") + target->path;
}

TEST(ParseTarget, TakesAPath) {
  EXPECT_EQ(Parsed("/"), "/");
  EXPECT_EQ(Parsed("/metrics"), "/metrics");
  EXPECT_EQ(Parsed("/-/healthy"), "/-/healthy");
  EXPECT_EQ(Parsed("/api/v1/processes/7"), "/api/v1/processes/7");
}

TEST(ParseTarget, TakesAnAbsoluteUriApart) {
  EXPECT_EQ(Parsed("http://localhost:9256/metrics"), "localhost:9256 /metrics");
  EXPECT_EQ(Parsed("https://[::1]/"), "[::1] /");
  EXPECT_EQ(Parsed("HTTP://Evil.com/x"), "Evil.com /x");
}

TEST(ParseTarget, DecodesOnce) {
  EXPECT_EQ(Parsed("/a%20b%3Fc%23d%25"), "/a b?c#d%");
  EXPECT_EQ(Parsed("/%6detrics"), "/metrics");
  EXPECT_EQ(Parsed("/%252e%252E"), "/%2e%2E");
  EXPECT_EQ(Parsed("/%252F"), "/%2F");
  EXPECT_EQ(Parsed("/%5C"), "/\\");
}

TEST(ParseTarget, LeavesBytesAboveAsciiAlone) {
  EXPECT_EQ(Parsed("/%C3%A9"), "/\xC3\xA9");
  EXPECT_EQ(Parsed("/%ff"), "/\xFF");
}

TEST(ParseTarget, NormalisesNothing) {
  EXPECT_EQ(Parsed("//x"), "//x");
  EXPECT_EQ(Parsed("/x//"), "/x//");
  EXPECT_EQ(Parsed("/METRICS"), "/METRICS");
  EXPECT_EQ(Parsed("/+"), "/+");
  EXPECT_EQ(Parsed("//localhost/x"), "//localhost/x");
}

TEST(ParseTarget, KnowsDotsThatAreNoSegments) {
  for (const char* path : {"/...", "/.x", "/x.", "/..x", "/x..", "/. ", "/a.b/c..d"}) {
    std::string escaped(path);
    if (escaped.ends_with(' ')) escaped.replace(escaped.size() - 1, 1, "%20");
    EXPECT_EQ(Parsed(escaped), path);
  }
}

TEST(ParseTarget, RefusesDotSegments) {
  for (const char* raw :
       {"/.", "/..", "/./", "/../", "/../etc/passwd", "/a/../b", "/a/./b", "/a/..", "/%2e%2e/x",
        "/%2E", "/.%2e/x", "/a/%2e./b", "//..", "http://localhost/../x"}) {
    EXPECT_EQ(Parsed(raw), "error: request target \""s + raw + R"(": a segment "." or "..")");
  }
}

TEST(ParseTarget, RefusesBadEscapes) {
  for (const char* raw :
       {"/%", "/%4", "/%4/", "/%zz", "/%-1", "/%+1", "/% 1", "/%%34", "/%u002f", "/%0x", "/a%b"}) {
    const std::string expected = "\": not two hexadecimal digits after a percent sign";
    EXPECT_EQ(Parsed(raw), "error: request target \""s + raw + expected);
  }
}

TEST(ParseTarget, RefusesEscapedSlashesAndControls) {
  for (const char* raw : {"/%00", "/a%00.html", "/%2F", "/a%2fb", "/..%2f..", "/%0a", "/%0D%0A",
                          "/%09", "/%1f", "/%1B[31m", "/%7f"}) {
    EXPECT_FALSE(ParseTarget(raw)) << raw;
  }
  EXPECT_EQ(Parsed("/%2F"),
            "error: request target \"/%2F\": an escape of a slash or a control character");
}

TEST(ParseTarget, RefusesWhatMustBeEscaped) {
  for (const std::string& raw : {"/a b"s, "/a\tb"s, "/\n"s, "/\0"s, "/metrics\0x"s, "/\x7F"s,
                                 "/\x80"s, "/caf\xC3\xA9"s, "/a\\b"s, "/a?b"s, "/a#b"s, "/<x>"s,
                                 R"(/"x")"s, "/{x}"s, "/[x]"s, "/a|b"s, "/a^b"s, "/`x`"s}) {
    EXPECT_FALSE(ParseTarget(raw)) << raw;
  }
  EXPECT_EQ(Parsed("/a#b"), "error: request target \"/a#b\": a character that must be escaped");
}

TEST(ParseTarget, RefusesOtherForms) {
  for (const char* raw :
       {"", "*", "metrics", "localhost", "localhost:9256", "localhost:9256/", "?", "#", ".", "..",
        "%2Fmetrics", "http:", "http:/", "http:/x", "ftp://localhost/", "file:///etc/passwd",
        "javascript:alert(1)", "ws://localhost/", "httpx://localhost/"}) {
    const std::string expected = "\": expected /PATH or http://HOST:PORT/PATH";
    EXPECT_EQ(Parsed(raw), "error: request target \""s + raw + expected);
  }
}

TEST(ParseTarget, RefusesAnAbsoluteUriWithoutAPath) {
  EXPECT_EQ(Parsed("http://localhost"),
            "error: request target \"http://localhost\": expected /PATH or http://HOST:PORT/PATH");
}

TEST(ParseTarget, RefusesABadAuthority) {
  for (const char* raw :
       {"http://", "http:///", "http:///x", "http://user@localhost/", "http://a:b@localhost/",
        "http://localhost:x/", "http://[::1/", "http://:9256/", "http://a b/", "http://localhost#/",
        "http://localhost?/", "http://localhost\\/", "http://%6cocalhost/"}) {
    EXPECT_FALSE(ParseTarget(raw)) << raw;
  }
  EXPECT_EQ(Parsed("http://me@localhost/"),
            "error: request target \"http://me@localhost/\": "
            "\"me@localhost\" is not HOST or HOST:PORT");
}

TEST(ParseTarget, QuotesHostileInputOnOneShortLine) {
  EXPECT_EQ(Parsed("\n\x1B"),
            R"(error: request target "\n\u001b": expected /PATH or http://HOST:PORT/PATH)");
  EXPECT_LT(Parsed(std::string(100'000, '%')).size(), 200U);
}

struct AuthorityRow {
  std::string text;
  std::string host;
  bool is_address;
  std::optional<std::uint16_t> port;
};

TEST(ParseAuthority, TakesHostAndPortApart) {
  const std::vector<AuthorityRow> rows = {
      {"localhost", "localhost", false, {}},
      {"localhost:9256", "localhost", false, 9256},
      {"localhost:", "localhost", false, {}},
      {"LocalHost.:080", "localhost", false, 80},
      {"web_1.example-2.com:65535", "web_1.example-2.com", false, 65535},
      {"a..", "a.", false, {}},
      {"127.0.0.1:0", "127.0.0.1", true, 0},
      {"0.0.0.0", "0.0.0.0", true, {}},
      {"127.0.0.1.", "127.0.0.1", false, {}},
      {"127.1", "127.1", false, {}},
      {"127.0.0.01", "127.0.0.01", false, {}},
      {"0x7f.0.0.1", "0x7f.0.0.1", false, {}},
      {"256.0.0.1", "256.0.0.1", false, {}},
      {"[::1]", "::1", true, {}},
      {"[2001:DB8::1]:80", "2001:db8::1", true, 80},
      {"[::ffff:127.0.0.1]:", "::ffff:127.0.0.1", true, {}},
  };
  for (const AuthorityRow& row : rows) {
    const auto authority = ParseAuthority(row.text);
    ASSERT_TRUE(authority) << row.text;
    EXPECT_EQ(authority->host, row.host) << row.text;
    EXPECT_EQ(authority->is_address, row.is_address) << row.text;
    EXPECT_EQ(authority->port, row.port) << row.text;
  }
}

TEST(ParseAuthority, RefusesAllElse) {
  for (const std::string& text : {""s,
                                  "."s,
                                  ":"s,
                                  ":80"s,
                                  "localhost:abc"s,
                                  "localhost:-1"s,
                                  "localhost:+80"s,
                                  "localhost: 80"s,
                                  "localhost:65536"s,
                                  "localhost:80:80"s,
                                  "::1"s,
                                  "[::1"s,
                                  "::1]"s,
                                  "[]"s,
                                  "["s,
                                  "[::1]80"s,
                                  "[::1]x"s,
                                  "[[::1]]"s,
                                  "[::1%lo]"s,
                                  "[::1%25lo]"s,
                                  "[127.0.0.1]"s,
                                  "[v1.x]"s,
                                  "[localhost]"s,
                                  "user@localhost"s,
                                  "a b"s,
                                  " localhost"s,
                                  "localhost "s,
                                  "a,b"s,
                                  "a/b"s,
                                  "a\\b"s,
                                  "a\0"s,
                                  "localhost\0.evil.com"s,
                                  "%6c"s,
                                  "l\xC3\xB6"s,
                                  "*"s,
                                  "a\n"s}) {
    EXPECT_FALSE(ParseAuthority(text)) << text;
  }
}

}  // namespace
}  // namespace procmarshal
