#include "exporter/web/request_head.h"

#include <gtest/gtest.h>

namespace procmarshal::testing {
namespace {

std::string Check(std::string_view received) {
  const auto status = CheckHead(received);
  return status ? "fine" : status.error().message;
}

using namespace std::string_view_literals;

constexpr const char* kControl =
    "a line of the header holds a control character, or CR or LF by itself";
constexpr const char* kRequestLine =
    "the request line is not METHOD TARGET VERSION with one space between";
constexpr const char* kField = "a header line is not NAME: VALUE";
constexpr const char* kEnd = "a line does not end with CR LF";

TEST(CheckHead, TakesWhatClientsSend) {
  for (const auto head : {
           "GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv,
           "GET /metrics HTTP/1.0\r\n\r\n"sv,
           "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Tab:\ta\tb\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nX-Latin: \xE4\r\n\r\n"sv,
           "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\n\0"sv,
       }) {
    EXPECT_EQ(Check(head), "fine") << head;
  }
}

TEST(CheckHead, RefusesLineEndsThatOthersMayReadOtherwise) {
  EXPECT_EQ(Check("GET / HTTP/1.1\nHost: a\n\n"), kEnd);
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"), kControl);
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"), kControl);
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nHost: a\r\n\n"), kEnd);
  EXPECT_EQ(Check("\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), kControl);
}

TEST(CheckHead, RefusesHeadersThatAreHiddenBehindOthers) {
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nA: b\r\n c\r\nX-Forwarded-For: d\r\n\r\n"),
            "a header line is folded");
  EXPECT_EQ(Check("GET / HTTP/1.1\r\n A: b\r\n\r\n"), "a header line is folded");
  EXPECT_EQ(Check("GET / HTTP/1.1\r\n\tA: b\r\n\r\n"), "a header line is folded");
  EXPECT_EQ(Check("GET / HTTP/1.1\r\n: b\r\nX-Forwarded-For: d\r\n\r\n"), kField);
}

TEST(CheckHead, RefusesFieldsThatAreNone) {
  for (const auto line : {"Host : a"sv, "Host"sv, "Ho st: a"sv, "H\xE4: a"sv, "(Host): a"sv}) {
    EXPECT_EQ(Check("GET / HTTP/1.1\r\n" + std::string(line) + "\r\n\r\n"), kField) << line;
  }
}

TEST(CheckHead, RefusesControlCharacters) {
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nA: \0\r\n\r\n"sv), kControl);
  EXPECT_EQ(Check("GET /\x01 HTTP/1.1\r\n\r\n"), kControl);
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nA: \x7F\r\n\r\n"), kControl);
}

TEST(CheckHead, RefusesRequestLinesOfAnotherShape) {
  for (const auto line : {"GET /"sv, "GET  / HTTP/1.1"sv, "GET /  HTTP/1.1"sv, "GET / a HTTP/1.1"sv,
                          " GET / HTTP/1.1"sv, "GET / HTTP/1.1 "sv, R"(G"T / HTTP/1.1)"sv, ""sv}) {
    EXPECT_EQ(Check("\r\n" + std::string(line) + "\r\nHost: a\r\n\r\n"), kRequestLine) << line;
  }
}

TEST(CheckHead, RefusesAHeaderWithoutEnd) {
  EXPECT_EQ(Check(""), kEnd);
  EXPECT_EQ(Check("GET / HTTP/1.1\r\nHost: a\r\n"), kEnd);
}

}  // namespace
}  // namespace procmarshal::testing
