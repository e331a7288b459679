#include "exporter/web/request_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/ascii.h"

namespace procmarshal {
namespace {

using std::string_literals::operator""s;

// "passes", or "CODE REASON".
std::string Summary(const std::optional<Refusal>& refusal) {
  if (!refusal) return "passes";
  return std::to_string(refusal->response.code) + ' ' + std::string(Name(refusal->reason));
}

RequestHead Get(Headers headers) {
  return {.method = "GET", .target = "/", .http_version = "1.1", .headers = std::move(headers)};
}

// Of a request in HTTP/1.1 with a Host and these headers too.
std::optional<Refusal> CheckWith(Headers headers, WebLimits limits = {}) {
  headers.emplace_back("Host", "localhost:9256");
  return CheckRequest(Get(std::move(headers)), limits);
}

std::string With(Headers headers) {
  return Summary(CheckWith(std::move(headers)));
}

std::string Body(const std::optional<Refusal>& refusal) {
  return refusal ? *refusal->response.body : "passes";
}

std::string BodyWith(Headers headers, WebLimits limits = {}) {
  return Body(CheckWith(std::move(headers), limits));
}

std::string WithTarget(std::string target) {
  RequestHead head = Get({{"Host", "localhost"}});
  head.target = std::move(target);
  return Summary(CheckRequest(head, {}));
}

TEST(CheckRequest, LetsAScrapePass) {
  EXPECT_EQ(With({{"User-Agent", "Prometheus/2.42.0"},
                  {"Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1"},
                  {"Accept-Encoding", "gzip"},
                  {"X-Prometheus-Scrape-Timeout-Seconds", "10"}}),
            "passes");
}

TEST(CheckRequest, LetsABrowserPass) {
  EXPECT_EQ(With({{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"},
                  {"Accept-Language", "de,en-US;q=0.7"},
                  {"Connection", "keep-alive, Upgrade"},
                  {"Upgrade", "h2c"},
                  {"Cookie", "name=\"caf\xC3\xA9\""},
                  {"Sec-Fetch-Mode", "navigate"}}),
            "passes");
}

TEST(CheckRequest, Takes63Headers) {
  EXPECT_EQ(With(Headers(62, {"X", "y"})), "passes");
  EXPECT_EQ(With(Headers(63, {"X", "y"})), "431 too_large");
  EXPECT_EQ(BodyWith(Headers(63, {"X", "y"})), "The request has more than 63 headers.\n");
}

TEST(CheckRequest, WantsTokensForNames) {
  EXPECT_EQ(With({{"!#$%&'*+-.^_`|~09azAZ", ""}}), "passes");
  for (const std::string& name : {""s, " "s, "Host "s, " Host"s, "A B"s, "A\tB"s, "A:"s, "(x)"s,
                                  R"("x")"s, "x/y"s, "x\0"s, "x\n"s, "x\x7F"s, "caf\xC3\xA9"s}) {
    EXPECT_EQ(With({{name, "1"}}), "400 malformed") << name;
  }
  EXPECT_EQ(BodyWith({{"A\nB", ""}}), "Malformed request: \"A\\nB\" is no header's name.\n");
}

TEST(CheckRequest, RefusesControlCharactersInValues) {
  EXPECT_EQ(With({{"X", "a\tb"}}), "passes");
  for (const std::string& value : {"\0"s, "a\0b"s, "a\nb"s, "a\rb"s, "\x1B[0m"s, "\x7F"s}) {
    EXPECT_EQ(With({{"X", value}}), "400 malformed") << value;
  }
  EXPECT_EQ(BodyWith({{"X", "\n"}}),
            "Malformed request: a control character in the header \"X\".\n");
}

TEST(CheckRequest, WantsATargetThatCanBeParsed) {
  EXPECT_EQ(WithTarget("/api/v1/processes"), "passes");
  EXPECT_EQ(WithTarget("http://localhost:9256/"), "passes");
  for (const char* target : {"*", "", "metrics", "/../x", "/%00", "/%2e", "localhost:443",
                             "http://a@localhost/", "ftp://localhost/", "/#"}) {
    EXPECT_EQ(WithTarget(target), "400 malformed") << target;
  }
}

struct HostRow {
  std::string version;
  std::vector<std::string> hosts;
  std::string expected;
};

TEST(CheckRequest, WantsOneHostInHttp11) {
  const std::vector<HostRow> rows = {
      {"1.1", {"localhost"}, "passes"},
      {"1.1", {"evil.com"}, "passes"},  // HostGuard's to refuse
      {"1.1", {"  localhost:9256 \t"}, "passes"},
      {"1.1", {""}, "passes"},
      {"1.1", {" "}, "passes"},
      {"1.0", {}, "passes"},
      {"1.0", {"localhost"}, "passes"},
      {"1.1", {}, "400 malformed"},
      {"1.1", {"localhost", "localhost"}, "400 malformed"},
      {"1.1", {"localhost", "evil.com"}, "400 malformed"},
      {"1.1", {"", ""}, "400 malformed"},
      {"1.0", {"localhost", "localhost"}, "400 malformed"},
      {"1.0", {"local host"}, "400 malformed"},
      {"1.1", {"localhost, evil.com"}, "400 malformed"},
      {"1.1", {"http://localhost"}, "400 malformed"},
  };
  for (const HostRow& row : rows) {
    RequestHead head = Get({});
    head.http_version = row.version;
    for (const std::string& host : row.hosts) head.headers.emplace_back("hOsT", host);
    EXPECT_EQ(Summary(CheckRequest(head, {})), row.expected)
        << row.version << ' ' << ::testing::PrintToString(row.hosts);
  }
}

TEST(CheckRequest, SaysWhatIsWrongWithHost) {
  EXPECT_EQ(BodyWith({{"Host", "b"}}), "Malformed request: more than one Host header.\n");
  EXPECT_EQ(Body(CheckRequest(Get({}), {})),
            "Malformed request: HTTP/1.1 without a Host header.\n");
  EXPECT_EQ(Body(CheckRequest(Get({{"Host", "<b>"}}), {})),
            "Malformed request: Host: \"<b>\" is not HOST or HOST:PORT.\n");
}

struct BodyRow {
  Headers headers;
  std::string expected;
};

TEST(CheckRequest, TakesNoBodyThatCanBeReadInTwoWays) {
  const std::vector<BodyRow> rows = {
      {{{"Content-Length", "0"}}, "passes"},
      {{{"Content-Length", "65536"}}, "passes"},
      {{{"Content-Length", " 5 "}}, "passes"},
      {{{"Content-Length", "0000000000000000000000005"}}, "passes"},
      {{{"Content-Length", "65537"}}, "413 too_large"},
      {{{"Content-Length", "9223372036854775807"}}, "413 too_large"},
      {{{"Content-Length", "9223372036854775808"}}, "413 too_large"},
      {{{"Content-Length", "18446744073709551616"}}, "413 too_large"},
      {{{"Content-Length", "18446744073709551621"}}, "413 too_large"},  // 5 in 64 bits
      {{{"Content-Length", "99999999999999999999"}}, "413 too_large"},
      {{{"Content-Length", std::string(10'000, '9')}}, "413 too_large"},
      {{{"Content-Length", ""}}, "400 malformed"},
      {{{"Content-Length", "+5"}}, "400 malformed"},
      {{{"Content-Length", "-5"}}, "400 malformed"},
      {{{"Content-Length", "5, 5"}}, "400 malformed"},
      {{{"Content-Length", "5,5"}}, "400 malformed"},
      {{{"Content-Length", "5 5"}}, "400 malformed"},
      {{{"Content-Length", "0x5"}}, "400 malformed"},
      {{{"Content-Length", "5.0"}}, "400 malformed"},
      {{{"Content-Length", "1e3"}}, "400 malformed"},
      {{{"Content-Length", "five"}}, "400 malformed"},
      {{{"Content-Length", "\"5\""}}, "400 malformed"},
      {{{"Content-Length", "\xD9\xA5"}}, "400 malformed"},  // an Arabic five
      {{{"Content-Length", "5"}, {"content-length", "5"}}, "400 malformed"},
      {{{"Content-Length", "5"}, {"Content-Length", "6"}}, "400 malformed"},
      {{{"Transfer-Encoding", "chunked"}}, "411 too_large"},
      {{{"transfer-encoding", " Chunked "}}, "411 too_large"},
      {{{"Transfer-Encoding", "gzip, chunked"}}, "501 malformed"},
      {{{"Transfer-Encoding", "chunked, chunked"}}, "501 malformed"},
      {{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, "501 malformed"},
      {{{"Transfer-Encoding", "identity"}, {"Transfer-Encoding", "chunked"}}, "501 malformed"},
      {{{"Transfer-Encoding", ""}}, "400 malformed"},
      {{{"Transfer-Encoding", "identity"}}, "400 malformed"},
      {{{"Transfer-Encoding", "gzip"}}, "400 malformed"},
      {{{"Transfer-Encoding", "chunked, gzip"}}, "400 malformed"},
      {{{"Transfer-Encoding", "xchunked"}}, "400 malformed"},
      {{{"Transfer-Encoding", "chunked;q=1"}}, "400 malformed"},
      {{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "gzip"}}, "400 malformed"},
      {{{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, "400 malformed"},
      {{{"Content-Length", "5"}, {"Transfer-Encoding", "identity"}}, "400 malformed"},
      {{{"Content-Length", "99999999999999999999"}, {"Transfer-Encoding", "x"}}, "400 malformed"},
  };
  for (const BodyRow& row : rows) {
    EXPECT_EQ(With(row.headers), row.expected) << ::testing::PrintToString(row.headers);
  }
}

TEST(CheckRequest, TakesTheLimitFromTheConfiguration) {
  const WebLimits limits{.body_size = 10};
  EXPECT_EQ(BodyWith({{"Content-Length", "10"}}, limits), "passes");
  EXPECT_EQ(BodyWith({{"Content-Length", "11"}}, limits),
            "The body is over the limit of 10 bytes. web.limits.body_size sets it.\n");
}

TEST(CheckRequest, KnowsNoTransferEncodingInHttp10) {
  RequestHead head = Get({{"Transfer-Encoding", "chunked"}});
  head.http_version = "1.0";
  EXPECT_EQ(Summary(CheckRequest(head, {})), "400 malformed");
}

TEST(CheckRequest, TakesNoCompressedBody) {
  EXPECT_EQ(With({{"Content-Encoding", "Identity"}}), "passes");
  for (const char* encoding : {"gzip", "deflate", "br", "zstd", "gzip, identity", "identity, gzip",
                               "identity, identity", "", "x"}) {
    EXPECT_EQ(With({{"Content-Encoding", encoding}}), "415 too_large") << encoding;
  }
  EXPECT_EQ(With({{"Content-Encoding", "identity"}, {"Content-Encoding", "gzip"}}),
            "415 too_large");
}

TEST(CheckRequest, MeetsNoExpectationBut100Continue) {
  EXPECT_EQ(With({{"Expect", "100-Continue"}}), "passes");
  for (const char* expectation : {"", "200-ok", "100-continue, x", "100"}) {
    EXPECT_EQ(With({{"Expect", expectation}}), "417 malformed") << expectation;
  }
}

TEST(CheckRequest, AnswersEachRefusalWithOneLine) {
  const std::vector<Headers> refused = {
      Headers(70, {"X", ""}),
      {{"", ""}},
      {{"X", "\n"}},
      {{"Host", "\n\n"}},
      {{"Content-Length", "x\r\ny"}},
      {{"Content-Length", "99999999"}},
      {{"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "x, chunked"}},
      {{"Content-Encoding", "gzip"}},
      {{"Expect", "x"}},
  };
  for (const Headers& headers : refused) {
    const std::string body = BodyWith(headers);
    EXPECT_EQ(body.find('\n'), body.size() - 1) << body;
    EXPECT_GT(body.size(), 20U) << body;
  }
}

TEST(ToRequest, KeepsWhatCame) {
  RequestHead head = Get({{"Host", "a"}, {"X", "1"}, {"X", "2"}});
  head.method = "PATCH";
  head.target = "/a%20b";
  const Request request = ToRequest(head);
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.headers, head.headers);
}

TEST(ToRequest, TakesTheAuthorityOfTheTargetBeforeHost) {
  RequestHead head = Get({{"host", " a:1 "}});
  EXPECT_EQ(ToRequest(head).authority, "a:1");
  head.target = "http://b:2/x";
  EXPECT_EQ(ToRequest(head).authority, "b:2");
  EXPECT_EQ(ToRequest(head).path, "/x");
}

TEST(ToRequest, HasNoAuthorityIfNoneWasNamed) {
  EXPECT_EQ(ToRequest(Get({})).authority, "");
}

TEST(ValuesOf, FindsAllInOrderWhateverTheirCase) {
  const Headers headers = {{"A", "1"}, {"b", "2"}, {"a", "\t 3 "}, {"AA", "4"}, {"", "5"}};
  EXPECT_EQ(ValuesOf(headers, "a"), (std::vector<std::string_view>{"1", "3"}));
  EXPECT_TRUE(ValuesOf(headers, "c").empty());
}

TEST(EqualIgnoringCase, LooksAtAllOfBoth) {
  EXPECT_TRUE(EqualIgnoringCase("Host", "hOST"));
  EXPECT_FALSE(EqualIgnoringCase("Host", "Hos"));
  EXPECT_FALSE(EqualIgnoringCase("Host", "Hosts"));
  EXPECT_FALSE(EqualIgnoringCase("Host\0x"s, "Host\0y"s));
  EXPECT_FALSE(EqualIgnoringCase("@[`{", "`{@["));  // 32 apart, as letters are
}

}  // namespace
}  // namespace procmarshal
