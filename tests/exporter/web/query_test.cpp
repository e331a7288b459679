#include "exporter/web/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Parameters Parse(std::string_view query) {
  return ParseQuery(query).value();
}

std::string ErrorOf(std::string_view query) {
  const auto parameters = ParseQuery(query);
  return parameters ? "none" : parameters.error().message;
}

TEST(ParseQuery, TakesNamesAndValuesApart) {
  EXPECT_THAT(
      Parse("collect[]=cpu&x=a=b&collect[]=meminfo"),
      ElementsAre(Pair("collect[]", "cpu"), Pair("x", "a=b"), Pair("collect[]", "meminfo")));
}

TEST(ParseQuery, DecodesEscapes) {
  EXPECT_THAT(Parse("collect%5b%5D=c%70u&a+b=%26%3d%2B%00"),
              ElementsAre(Pair("collect[]", "cpu"), Pair("a b", std::string("&=+\0", 4))));
}

TEST(ParseQuery, TakesWhatIsEmpty) {
  EXPECT_THAT(Parse(""), IsEmpty());
  EXPECT_THAT(Parse("&&"), IsEmpty());
  EXPECT_THAT(Parse("&a&b=&=c&"), ElementsAre(Pair("a", ""), Pair("b", ""), Pair("", "c")));
}

TEST(ParseQuery, RefusesBadEscapes) {
  for (const char* query : {"%", "a=%", "a=%4", "%g0=a", "a=%+1", "a=%%41", "a=b&c=% 1", "%4=1"}) {
    EXPECT_EQ(ErrorOf(query), "query: not two hexadecimal digits after a percent sign") << query;
  }
}

TEST(ParseQuery, RefusesThousandsOfParameters) {
  std::string query;
  for (int i = 0; i < 200; ++i) query += "a=1&";
  EXPECT_EQ(Parse(query).size(), 200U);
  EXPECT_EQ(ErrorOf(query + "a"), "query: more than 200 parameters");
  for (int i = 0; i < 10'000; ++i) query += "&a=1";
  EXPECT_EQ(ErrorOf(query), "query: more than 200 parameters");
}

}  // namespace
}  // namespace procmarshal::testing
