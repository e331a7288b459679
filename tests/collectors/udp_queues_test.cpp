#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHeadings =
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops            \n";

std::string Collect(const std::string& lines) {
  return CollectFrom("udp_queues", {{"net/udp", kHeadings + lines}});
}

TEST(UdpQueues, AddsUpAllSockets) {
  EXPECT_EQ(
      CollectFrom(
          "udp_queues",
          {{"net/udp",
            kHeadings +
                "  103: 00000000:0044 00000000:0000 07 00000001:00000300 00:00000000 00000000     "
                "0        0 1075 2 000000000840a870 0          \n"
                "65530: 0100007F:0035 00000000:0000 07 00000002:00000010 00:00000000 00000000   "
                "101        0 1076 2 000000000840a871 0          \n"},
           {"net/udp6",
            kHeadings +
                "  103: 00000000000000000000000000000000:0044 "
                "00000000000000000000000000000000:0000 "
                "07 00000000:FFFFFFFF 00:00000000 00000000     0        0 1077 2 0000 0\n"}}),
      "node_udp_queues{queue=\"rx\",ip=\"v4\"} 784\n"
      "node_udp_queues{queue=\"rx\",ip=\"v6\"} 4294967295\n"
      "node_udp_queues{queue=\"tx\",ip=\"v4\"} 3\n"
      "node_udp_queues{queue=\"tx\",ip=\"v6\"} 0\n");
}

TEST(UdpQueues, GivesNoneOfAHostWithoutSockets) {
  EXPECT_EQ(Collect(""),
            "node_udp_queues{queue=\"rx\",ip=\"v4\"} 0\n"
            "node_udp_queues{queue=\"tx\",ip=\"v4\"} 0\n");
}

TEST(UdpQueues, ReadsAHostWithoutIpv4) {
  EXPECT_EQ(CollectFrom("udp_queues", {{"net/udp6", kHeadings}}),
            "node_udp_queues{queue=\"rx\",ip=\"v6\"} 0\n"
            "node_udp_queues{queue=\"tx\",ip=\"v6\"} 0\n");
}

TEST(UdpQueues, IsNotThereWithoutTheFiles) {
  EXPECT_THAT(CollectFrom("udp_queues", {}), HasSubstr("net/udp: No such file"));
}

TEST(UdpQueues, RefusesAShortLine) {
  EXPECT_EQ(Collect("103: 00000000:0044 00000000:0000 07\n"),
            "error: net/udp: expected a socket, its queues fifth, found \"103: 00000000:0044 "
            "00000000:0000 07\"");
}

TEST(UdpQueues, RefusesQueuesThatAreNoNumbers) {
  EXPECT_THAT(Collect("1: 0:0 0:0 07 00000001 00:00 0 0\n"), HasSubstr("error: "));
  EXPECT_THAT(Collect("1: 0:0 0:0 07 x:y 00:00 0 0\n"), HasSubstr("error: "));
  EXPECT_THAT(Collect("1: 0:0 0:0 07 0:10000000000000000 00:00 0 0\n"), HasSubstr("error: "));
}

TEST(UdpQueues, RefusesAFileWithoutHeadings) {
  EXPECT_EQ(CollectFrom("udp_queues", {{"net/udp", ""}}),
            "error: net/udp: expected a line of headings, found \"\"");
}

}  // namespace
}  // namespace procmarshal::testing
