#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {

TEST(Loadavg, ReadsTheThreeAverages) {
  EXPECT_EQ(CollectFrom("loadavg", {{"loadavg", "0.20 0.18 0.12 1/80 11206\n"}}),
            "node_load1 0.2\n"
            "node_load15 0.12\n"
            "node_load5 0.18\n");
}

TEST(Loadavg, ReadsACapturedFile) {
  EXPECT_THAT(CollectFixture("loadavg"), ::testing::StartsWith("node_load1 "));
}

TEST(Loadavg, RefusesAShortFile) {
  EXPECT_EQ(CollectFrom("loadavg", {{"loadavg", "0.20 0.18\n"}}),
            "error: loadavg: expected three numbers");
}

TEST(Loadavg, RefusesLetters) {
  EXPECT_EQ(CollectFrom("loadavg", {{"loadavg", "0.20 high 0.12\n"}}),
            "error: loadavg: expected three numbers");
}

TEST(Loadavg, SaysWhichFileIsMissing) {
  EXPECT_THAT(CollectFrom("loadavg", {}), ::testing::HasSubstr("/loadavg: No such file"));
}

}  // namespace procmarshal::testing
