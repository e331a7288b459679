#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Softnet, ReadsTheColumnsOfTheCpuTheyName) {
  EXPECT_EQ(CollectFrom("softnet", {{"net/softnet_stat",
                                     "0200225a 000000cd 0000000c 00000000 00000000 00000000 "
                                     "00000000 00000000 00000001 00000002 00000003 00000004 "
                                     "00000005 00000000 00000000\n"}}),
            "node_softnet_backlog_len{cpu=\"5\"} 4\n"
            "node_softnet_cpu_collision_total{cpu=\"5\"} 1\n"
            "node_softnet_dropped_total{cpu=\"5\"} 205\n"
            "node_softnet_flow_limit_count_total{cpu=\"5\"} 3\n"
            "node_softnet_processed_total{cpu=\"5\"} 33563226\n"
            "node_softnet_received_rps_total{cpu=\"5\"} 2\n"
            "node_softnet_times_squeezed_total{cpu=\"5\"} 12\n");
}

TEST(Softnet, CountsTheLinesOfKernelsThatDoNotNameTheCpu) {
  EXPECT_EQ(
      CollectFrom("softnet", {{"net/softnet_stat", "1 0 0 0 0 0 0 0 0\n2 0 0 0 0 0 0 0 0\n"}}),
      "node_softnet_cpu_collision_total{cpu=\"0\"} 0\n"
      "node_softnet_cpu_collision_total{cpu=\"1\"} 0\n"
      "node_softnet_dropped_total{cpu=\"0\"} 0\n"
      "node_softnet_dropped_total{cpu=\"1\"} 0\n"
      "node_softnet_processed_total{cpu=\"0\"} 1\n"
      "node_softnet_processed_total{cpu=\"1\"} 2\n"
      "node_softnet_times_squeezed_total{cpu=\"0\"} 0\n"
      "node_softnet_times_squeezed_total{cpu=\"1\"} 0\n");
}

TEST(Softnet, ShowsNoQueueThatTheKernelDoesNotTell) {
  const std::string metrics =
      CollectFrom("softnet", {{"net/softnet_stat", "1 0 0 0 0 0 0 0 0 a b\n"}});
  EXPECT_THAT(metrics, HasSubstr("node_softnet_flow_limit_count_total{cpu=\"0\"} 11\n"));
  EXPECT_THAT(metrics, Not(HasSubstr("backlog")));
}

TEST(Softnet, KnowsCpusBeyond255) {
  EXPECT_THAT(CollectFrom("softnet", {{"net/softnet_stat", "1 0 0 0 0 0 0 0 0 0 0 0 0000012c\n"}}),
              HasSubstr("node_softnet_processed_total{cpu=\"300\"} 1\n"));
}

TEST(Softnet, SaysThatTheHostHasNoSuchFile) {
  EXPECT_THAT(CollectFrom("softnet", {}), HasSubstr("softnet_stat: No such file"));
}

TEST(Softnet, RefusesAShortLine) {
  EXPECT_EQ(CollectFrom("softnet", {{"net/softnet_stat", "00000001 00000002\n"}}),
            "error: net/softnet_stat: expected at least 9 hexadecimal numbers, found \"00000001 "
            "00000002\"");
}

TEST(Softnet, RefusesWhatIsNoHexadecimalNumber) {
  EXPECT_THAT(CollectFrom("softnet", {{"net/softnet_stat", "1 2 3 4 5 6 7 8 9 z 0\n"}}),
              HasSubstr("error: net/softnet_stat: expected"));
  EXPECT_THAT(CollectFrom("softnet", {{"net/softnet_stat", "1 2 3 4 5 6 7 8 9 z\n"}}),
              HasSubstr("error: net/softnet_stat: expected"));
}

TEST(Softnet, RefusesANumberThatDoesNotFit) {
  EXPECT_THAT(CollectFrom("softnet", {{"net/softnet_stat", "100000000 0 0 0 0 0 0 0 0\n"}}),
              HasSubstr("error: net/softnet_stat: expected"));
}

TEST(Softnet, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("softnet", {{"net/softnet_stat", ""}}),
            "error: net/softnet_stat: the file is empty");
}

}  // namespace
}  // namespace procmarshal::testing
