#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kHeadings =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n";

std::string Collect(const std::string& lines) {
  return CollectHost("netdev", {{"proc/net/dev", kHeadings + lines}});
}

TEST(Netdev, GivesEveryColumn) {
  EXPECT_EQ(Collect("  eth0: 901 902 903 904 905 906 907 908 909 910 911 912 913 914 915 916\n"),
            "node_network_receive_bytes_total{device=\"eth0\"} 901\n"
            "node_network_receive_compressed_total{device=\"eth0\"} 907\n"
            "node_network_receive_drop_total{device=\"eth0\"} 904\n"
            "node_network_receive_errs_total{device=\"eth0\"} 903\n"
            "node_network_receive_fifo_total{device=\"eth0\"} 905\n"
            "node_network_receive_frame_total{device=\"eth0\"} 906\n"
            "node_network_receive_multicast_total{device=\"eth0\"} 908\n"
            "node_network_receive_packets_total{device=\"eth0\"} 902\n"
            "node_network_transmit_bytes_total{device=\"eth0\"} 909\n"
            "node_network_transmit_carrier_total{device=\"eth0\"} 915\n"
            "node_network_transmit_colls_total{device=\"eth0\"} 914\n"
            "node_network_transmit_compressed_total{device=\"eth0\"} 916\n"
            "node_network_transmit_drop_total{device=\"eth0\"} 912\n"
            "node_network_transmit_errs_total{device=\"eth0\"} 911\n"
            "node_network_transmit_fifo_total{device=\"eth0\"} 913\n"
            "node_network_transmit_packets_total{device=\"eth0\"} 910\n");
}

TEST(Netdev, ReadsWhatTheTableLacksFromSysfs) {
  EXPECT_THAT(
      CollectHost("netdev", {{"proc/net/dev", kHeadings + "lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"},
                             {"sys/class/net/lo/statistics/rx_nohandler", "7\n"}}),
      HasSubstr("node_network_receive_nohandler_total{device=\"lo\"} 7\n"));
}

TEST(Netdev, RefusesAnotherThingInSysfs) {
  EXPECT_EQ(
      CollectHost("netdev", {{"proc/net/dev", kHeadings + "lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"},
                             {"sys/class/net/lo/statistics/rx_nohandler", "many\nmore\n"}}),
      "error: rx_nohandler of lo: expected a number, found \"many\"");
}

TEST(Netdev, ReadsTheFileOfTheNameNotOfTheOldDevice) {
  const std::string line = "eth0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n";
  const ProcTree tree;
  tree.Write("proc/net/dev", kHeadings + line);
  tree.Write("sys/class/net/eth0/statistics/rx_nohandler", "7\n");
  const auto netdev = MakeCollector("netdev", HostOf(tree));
  (void)CollectOnce(*netdev);
  tree.Remove("sys/class/net/eth0");
  tree.Write("sys/class/net/eth0/statistics/rx_nohandler", "9\n");
  EXPECT_THAT(CollectOnce(*netdev), HasSubstr("nohandler_total{device=\"eth0\"} 9\n"));
}

// As happens when another interface goes while the kernel writes the table.
TEST(Netdev, GivesAnInterfaceOnceThatTheTableHasTwice) {
  const std::string metrics = Collect(
      "eth0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
      "eth1: 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
      "eth0: 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
  EXPECT_THAT(metrics, StartsWith("node_network_receive_bytes_total{device=\"eth0\"} 3\n"
                                  "node_network_receive_bytes_total{device=\"eth1\"} 2\n"
                                  "node_network_receive_compressed_total{device=\"eth0\"} 0\n"));
}

TEST(Netdev, TakesNumbersOf64Bits) {
  EXPECT_THAT(Collect("eth0:18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"),
              HasSubstr("receive_bytes_total{device=\"eth0\"} 1.8446744073709552e+19\n"));
}

TEST(Netdev, RefusesANumberThatIsTooLarge) {
  EXPECT_THAT(Collect("eth0: 18446744073709551616 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"),
              StartsWith("error: net/dev: expected \"NAME:\" and 16 numbers, found \"eth0: 184"));
}

TEST(Netdev, TakesAnyNameOfAnInterface) {
  EXPECT_THAT(Collect("wg\"0|x: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"),
              HasSubstr("receive_bytes_total{device=\"wg\"0|x\"} 1\n"));
}

TEST(Netdev, GivesNothingOfAHostWithoutInterfaces) {
  EXPECT_EQ(Collect(""), "");
}

TEST(Netdev, RefusesAShortLine) {
  EXPECT_EQ(Collect("  eth0: 1 2 3\n"),
            "error: net/dev: expected \"NAME:\" and 16 numbers, found \"  eth0: 1 2 3\"");
}

TEST(Netdev, RefusesALineWithoutAName) {
  EXPECT_THAT(Collect(": 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"), StartsWith("error: net/dev: "));
  EXPECT_THAT(Collect("1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"), StartsWith("error: net/dev: "));
}

TEST(Netdev, CitesTheStartOfALongLine) {
  EXPECT_EQ(Collect("eth0:" + std::string(1U << 20U, 'x') + "\n"),
            "error: net/dev: expected \"NAME:\" and 16 numbers, found \"eth0:" +
                std::string(75, 'x') + "\"");
}

TEST(Netdev, RefusesAFileWithoutHeadings) {
  EXPECT_EQ(CollectFrom("netdev", {{"net/dev", ""}}),
            "error: net/dev: expected two lines of headings, found \"\"");
}

TEST(Netdev, SaysThatTheFileIsNotThere) {
  EXPECT_THAT(CollectFrom("netdev", {}), HasSubstr("net/dev: No such file"));
}

}  // namespace
}  // namespace procmarshal::testing
