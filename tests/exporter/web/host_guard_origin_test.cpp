// What a browser says of the page that asks.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/door.h"

namespace procmarshal {
namespace {

using std::string_literals::operator""s;

std::string WithOrigin(const std::string& origin, const std::string& host = "localhost:9256") {
  return Summary(Door(Get("/", {{"Host", host}, {"Origin", origin}})));
}

struct OriginRow {
  std::string origin;
  std::string expected;
};

// On "/" of http://localhost:9256.
const std::vector<OriginRow> kOrigins = {
    {"http://localhost:9256", "passes"},
    {"https://localhost:9256", "passes"},
    {"http://LOCALHOST:9256", "passes"},
    {"HTTP://localhost.:9256", "passes"},
    {" http://localhost:9256 ", "passes"},
    {"", "403 origin"},
    {"null", "403 origin"},
    {"NULL", "403 origin"},
    {"*", "403 origin"},
    {"https://evil.com", "403 origin"},
    {"http://evil.com:9256", "403 origin"},
    {"http://localhost.evil.com:9256", "403 origin"},
    {"http://127.0.0.1:9256", "403 origin"},  // allowed, yet another origin
    {"http://[::1]:9256", "403 origin"},
    {"http://web-1:9256", "403 origin"},
    {"http://localhost", "403 origin"},
    {"http://localhost:3000", "403 origin"},
    {"http://localhost:92560", "403 origin"},
    {"http://localhost:9256/", "403 origin"},
    {"http://localhost:9256/path", "403 origin"},
    {"http://localhost:9256#", "403 origin"},
    {"http://user@localhost:9256", "403 origin"},
    {"http://localhost:9256@evil.com", "403 origin"},
    {"http://localhost:9256 http://evil.com", "403 origin"},
    {"http://evil.com http://localhost:9256", "403 origin"},
    {"http://localhost:9256, http://localhost:9256", "403 origin"},
    {"http://", "403 origin"},
    {"http:localhost:9256", "403 origin"},
    {"//localhost:9256", "403 origin"},
    {"localhost:9256", "403 origin"},
    {"file://", "403 origin"},
    {"file://localhost:9256", "403 origin"},
    {"ws://localhost:9256", "403 origin"},
    {"ftp://localhost:9256", "403 origin"},
    {"chrome-extension://abcdefghijklmnop", "403 origin"},
    {"moz-extension://0a1b2c3d-localhost", "403 origin"},
    {"http://l\xC3\xB6"
     "calhost:9256",
     "403 origin"},
    {"http://localhost:9256\0"s, "400 malformed"},
    {"http://" + std::string(10'000, 'a'), "403 origin"},
};

TEST(HostGuard, AnswersItsOwnPagesOnly) {
  for (const OriginRow& row : kOrigins)
    EXPECT_EQ(WithOrigin(row.origin), row.expected) << row.origin;
}

TEST(HostGuard, KnowsThePortsThatBrowsersLeaveOut) {
  EXPECT_EQ(WithOrigin("http://web-1", "web-1"), "passes");
  EXPECT_EQ(WithOrigin("http://web-1", "web-1:80"), "passes");
  EXPECT_EQ(WithOrigin("http://web-1:80", "web-1"), "passes");
  EXPECT_EQ(WithOrigin("https://web-1", "web-1"), "passes");
  EXPECT_EQ(WithOrigin("https://web-1", "web-1:443"), "passes");
  EXPECT_EQ(WithOrigin("https://web-1", "web-1:80"), "403 origin");
  EXPECT_EQ(WithOrigin("http://web-1", "web-1:443"), "403 origin");
  EXPECT_EQ(WithOrigin("http://[::1]:9256", "[::1]:9256"), "passes");
}

TEST(HostGuard, LooksAtTheNameBeforeTheOrigin) {
  EXPECT_EQ(WithOrigin("http://evil.com:9256", "evil.com:9256"), "403 host");
}

TEST(HostGuard, RefusesTwoOrigins) {
  const Headers headers = {
      {"Host", "localhost"}, {"Origin", "http://localhost"}, {"origin", "http://localhost"}};
  EXPECT_EQ(Summary(Door(Get("/", headers))), "403 origin");
}

TEST(HostGuard, LooksAtTheOriginOfEveryMethod) {
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}) {
    RequestHead head = Get("/", {{"Host", "localhost"}, {"Origin", "https://evil.com"}});
    head.method = method;
    EXPECT_EQ(Summary(Door(head)), "403 origin") << method;
  }
}

TEST(HostGuard, BelievesABrowserThatAnotherSiteAsks) {
  const std::vector<OriginRow> rows = {
      {"same-origin", "passes"},    {"none", "passes"},           {"Same-Origin", "passes"},
      {"same-site", "403 origin"},  {"cross-site", "403 origin"}, {"", "403 origin"},
      {"none, none", "403 origin"}, {"nonesuch", "403 origin"},   {"cross-origin", "403 origin"}};
  for (const OriginRow& row : rows) {
    const Headers headers = {{"Host", "localhost"}, {"Sec-Fetch-Site", row.origin}};
    EXPECT_EQ(Summary(Door(Get("/", headers))), row.expected) << row.origin;
  }
}

TEST(HostGuard, BelievesTheWorseOfTwo) {
  const Headers headers = {
      {"Host", "localhost"}, {"Sec-Fetch-Site", "none"}, {"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(Summary(Door(Get("/", headers))), "403 origin");
}

TEST(HostGuard, LetsLinksFromOtherPagesPass) {
  EXPECT_EQ(Summary(Door(Get("/", {{"Host", "localhost"}, {"Referer", "https://evil.com/"}}))),
            "passes");
  const Headers click = {{"Host", "localhost"},
                         {"Sec-Fetch-Site", "cross-site"},
                         {"Sec-Fetch-Mode", "navigate"},
                         {"Sec-Fetch-Dest", "document"}};
  EXPECT_EQ(Summary(Door(Get("/", click))), "passes");
  Headers frame = click;
  frame.back().second = "iframe";
  EXPECT_EQ(Summary(Door(Get("/", frame))), "403 origin");
  Headers script = click;
  script.at(2).second = "no-cors";
  EXPECT_EQ(Summary(Door(Get("/", script))), "403 origin");
}

}  // namespace
}  // namespace procmarshal
