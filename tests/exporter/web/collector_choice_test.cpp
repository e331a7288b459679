#include "exporter/web/collector_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace procmarshal::testing {
namespace {

// What is chosen where these three run: "a b", "all" or the error.
std::string Choose(std::string_view query) {
  Snapshot snapshot;
  for (const char* name : {"cpu", "meminfo", "namedprocess"}) snapshot.parts.push_back({name});
  const auto chosen = ChooseCollectors(query, snapshot);
  if (!chosen) return chosen.error().message;
  const std::optional<CollectorNames>& only = *chosen;
  return only ? fmt::format("{}", fmt::join(*only, " ")) : "all";
}

TEST(ChooseCollectors, TakesAllWithoutAWish) {
  EXPECT_EQ(Choose(""), "all");
  EXPECT_EQ(Choose("target=web&collect=cpu&COLLECT[]=x"), "all");
}

TEST(ChooseCollectors, TakesThoseThatAreWanted) {
  EXPECT_EQ(Choose("collect[]=meminfo"), "meminfo");
  EXPECT_EQ(Choose("collect%5B%5D=namedprocess&collect[]=cpu&collect[]=cpu"), "cpu namedprocess");
  EXPECT_EQ(Choose("collect[]=cpu&collect[]=meminfo&collect[]=namedprocess"), "all");
}

TEST(ChooseCollectors, LeavesOutThoseThatAreNot) {
  EXPECT_EQ(Choose("exclude[]=meminfo"), "cpu namedprocess");
  EXPECT_EQ(Choose("exclude[]=cpu&exclude[]=meminfo&exclude[]=namedprocess"), "");
}

TEST(ChooseCollectors, LeavesOutWhatIsNotThereAnyway) {
  EXPECT_EQ(Choose("exclude[]=infiniband&exclude[]=cpu"), "meminfo namedprocess");
  EXPECT_EQ(Choose("exclude[]=infiniband&exclude[]=loadavg"), "all");
}

TEST(ChooseCollectors, RefusesBothAtOnce) {
  EXPECT_EQ(Choose("collect[]=cpu&exclude[]=meminfo"),
            "collect[] and exclude[] cannot be combined");
}

TEST(ChooseCollectors, RefusesACollectorThatIsNone) {
  EXPECT_EQ(Choose("collect[]=cpu&collect[]=infiniband"), "there is no collector \"infiniband\"");
  EXPECT_EQ(Choose("collect[]=memnfo"),
            "there is no collector \"memnfo\", did you mean \"meminfo\"?");
  EXPECT_EQ(Choose("collect[]="), "there is no collector \"\"");
}

TEST(ChooseCollectors, RefusesACollectorThatIsOff) {
  EXPECT_EQ(Choose("collect[]=loadavg"), "the collector \"loadavg\" is switched off");
}

TEST(ChooseCollectors, RefusesABadQuery) {
  EXPECT_EQ(Choose("collect[]=cpu&%zz"), "query: not two hexadecimal digits after a percent sign");
}

TEST(ChooseCollectors, QuotesNoMoreThanALineOfWhatItRefuses) {
  EXPECT_EQ(Choose("collect[]=" + std::string(9000, 'x')),
            "there is no collector \"" + std::string(80, 'x') + "...\"");
}

}  // namespace
}  // namespace procmarshal::testing
