#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBothCpus =
    "node_schedstat_running_seconds_total{cpu=\"0\"} 2.5\n"
    "node_schedstat_running_seconds_total{cpu=\"300\"} 1\n"
    "node_schedstat_timeslices_total{cpu=\"0\"} 7\n"
    "node_schedstat_timeslices_total{cpu=\"300\"} 8\n"
    "node_schedstat_waiting_seconds_total{cpu=\"0\"} 1.5\n"
    "node_schedstat_waiting_seconds_total{cpu=\"300\"} 0\n";

TEST(Schedstat, ReadsVersion15) {
  EXPECT_EQ(CollectFrom("schedstat", {{"schedstat",
                                       "version 15\n"
                                       "timestamp 4295105012\n"
                                       "cpu0 1 0 2 3 4 5 2500000000 1500000000 7\n"
                                       "domain0 00000000,00000003 134 89 0 1 2\n"
                                       "cpu300 1 0 2 3 4 5 1000000000 0 8\n"}}),
            kBothCpus);
}

TEST(Schedstat, ReadsVersion17WhichNamesItsDomains) {
  EXPECT_EQ(CollectFrom("schedstat", {{"schedstat",
                                       "version 17\n"
                                       "timestamp 4295105012\n"
                                       "cpu0 1 0 2 3 4 5 2500000000 1500000000 7\n"
                                       "domain0 SMT 00000000,00000003 134 89 0 0 0 0 1 2\n"
                                       "domain1 MC 00000000,000000ff 134 89 0 0 0 0 1 2\n"
                                       "cpu300 1 0 2 3 4 5 1000000000 0 8\n"
                                       "domain0 SMT 00000000,00000003 134 89 0 0 0 0 1 2\n"}}),
            kBothCpus);
}

TEST(Schedstat, SaysThatTheHostHasNoSuchFile) {
  EXPECT_THAT(CollectFrom("schedstat", {}), HasSubstr("schedstat: No such file"));
}

TEST(Schedstat, RefusesAVersionWithOtherColumns) {
  EXPECT_EQ(
      CollectFrom("schedstat", {{"schedstat", "version 14\ncpu0 1 2 3 4 5 6 7 8 9 10 11 12\n"}}),
      "error: schedstat: expected \"version 15\" or later, found \"version 14\"");
}

TEST(Schedstat, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("schedstat", {{"schedstat", ""}}),
            "error: schedstat: expected \"version 15\" or later, found \"\"");
}

TEST(Schedstat, RefusesAShortLine) {
  EXPECT_EQ(
      CollectFrom("schedstat", {{"schedstat", "version 15\ncpu0 1 0 2 3 4 5 2500000000 15\n"}}),
      "error: schedstat: expected \"cpuN\" and nine numbers, found \"cpu0 1 0 2 3 4 5 "
      "2500000000 15\"");
}

TEST(Schedstat, RefusesWhatIsNoNumber) {
  EXPECT_THAT(CollectFrom("schedstat", {{"schedstat", "version 15\ncpux 1 0 2 3 4 5 6 7 8\n"}}),
              HasSubstr("error: schedstat: expected \"cpuN\""));
  EXPECT_THAT(CollectFrom("schedstat", {{"schedstat", "version 15\ncpu0 1 0 2 3 4 5 -6 7 8\n"}}),
              HasSubstr("error: schedstat: expected \"cpuN\""));
}

}  // namespace
}  // namespace procmarshal::testing
