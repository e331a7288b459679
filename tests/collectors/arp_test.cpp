#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHeadings =
    "IP address       HW type     Flags       HW address            Mask     Device\n";

std::string Collect(const std::string& lines) {
  return CollectFrom("arp", {{"net/arp", kHeadings + lines}});
}

TEST(Arp, CountsTheNeighboursOfEachDevice) {
  EXPECT_EQ(
      Collect("192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0\n"
              "192.0.2.9        0x1         0x6         02:fc:00:00:00:06     *        eth0\n"
              "198.51.100.1     0x1         0x2         02:fc:00:00:00:07     *        eth1\n"),
      "node_arp_entries{device=\"eth0\"} 2\n"
      "node_arp_entries{device=\"eth1\"} 1\n");
}

TEST(Arp, CountsANeighbourThatDoesNotAnswer) {
  EXPECT_EQ(
      Collect("192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0\n"),
      "node_arp_entries{device=\"eth0\"} 1\n");
}

TEST(Arp, DoesNotCountAddressesThatTheHostAnswersFor) {
  EXPECT_EQ(Collect("192.0.2.7        0x1         0xc         00:00:00:00:00:00     *        eth0\n"
                    "192.0.2.6        0x0         0xc         00:00:00:00:00:00     *        *\n"),
            "");
}

TEST(Arp, ReadsTheLongAddressesOfInfiniband) {
  EXPECT_EQ(
      Collect("192.0.2.1        0x20        0x2         "
              "80:00:02:08:fe:80:00:00:00:00:00:00:e4:1d:2d:03:00:12:34:56     *        ib0\n"),
      "node_arp_entries{device=\"ib0\"} 1\n");
}

TEST(Arp, ReadsADeviceWithoutHardwareAddresses) {
  EXPECT_EQ(
      Collect("192.0.2.1        0x300       0x2                               *        tun0\n"),
      "node_arp_entries{device=\"tun0\"} 1\n");
}

TEST(Arp, TakesAnyNameOfADevice) {
  EXPECT_EQ(
      Collect("192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        e*\"0\n"),
      "node_arp_entries{device=\"e*\"0\"} 1\n");
}

TEST(Arp, RefusesAShortLine) {
  EXPECT_EQ(
      Collect("192.0.2.1        0x1\n"),
      "error: net/arp: expected \"ADDRESS KIND FLAGS HARDWARE * DEVICE\", found \"192.0.2.1   "
      "     0x1\"");
}

TEST(Arp, RefusesFlagsThatAreNone) {
  EXPECT_THAT(Collect("192.0.2.1 0x1 some 02:fc:00:00:00:05 * eth0\n"), HasSubstr("error: "));
}

TEST(Arp, RefusesALineWithoutADevice) {
  EXPECT_THAT(Collect("192.0.2.1 0x1 0x2 02:fc:00:00:00:05 *\n"), HasSubstr("error: "));
}

TEST(Arp, RefusesAFileWithoutHeadings) {
  EXPECT_EQ(CollectFrom("arp", {{"net/arp", ""}}),
            "error: net/arp: expected a line of headings, found \"\"");
}

TEST(Arp, SaysThatTheFileIsNotThere) {
  EXPECT_THAT(CollectFrom("arp", {}), HasSubstr("net/arp: No such file"));
}

}  // namespace
}  // namespace procmarshal::testing
