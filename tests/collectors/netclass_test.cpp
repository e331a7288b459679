#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string In(const std::string& interface, const std::string& file) {
  return "sys/class/net/" + interface + "/" + file;
}

TEST(Netclass, GivesStateAndSettings) {
  std::vector<File> files;
  for (const auto& [file, content] : std::vector<File>{{"addr_assign_type", "3\n"},
                                                       {"address", "02:fc:00:00:00:01\n"},
                                                       {"broadcast", "ff:ff:ff:ff:ff:ff\n"},
                                                       {"carrier", "1\n"},
                                                       {"carrier_changes", "5\n"},
                                                       {"carrier_down_count", "2\n"},
                                                       {"carrier_up_count", "3\n"},
                                                       {"dev_id", "0x20\n"},
                                                       {"dormant", "0\n"},
                                                       {"duplex", "full\n"},
                                                       {"flags", "0x1003\n"},
                                                       {"ifalias", "uplink\n"},
                                                       {"ifindex", "4\n"},
                                                       {"iflink", "6\n"},
                                                       {"link_mode", "1\n"},
                                                       {"mtu", "1400\n"},
                                                       {"name_assign_type", "2\n"},
                                                       {"netdev_group", "7\n"},
                                                       {"operstate", "up\n"},
                                                       {"speed", "1000\n"},
                                                       {"tx_queue_len", "500\n"},
                                                       {"type", "1\n"}}) {
    files.push_back({In("eth0", file), content});
  }
  EXPECT_EQ(CollectHost("netclass", files),
            "node_network_address_assign_type{device=\"eth0\"} 3\n"
            "node_network_carrier_changes_total{device=\"eth0\"} 5\n"
            "node_network_carrier_down_changes_total{device=\"eth0\"} 2\n"
            "node_network_carrier_up_changes_total{device=\"eth0\"} 3\n"
            "node_network_carrier{device=\"eth0\"} 1\n"
            "node_network_device_id{device=\"eth0\"} 32\n"
            "node_network_dormant{device=\"eth0\"} 0\n"
            "node_network_flags{device=\"eth0\"} 4099\n"
            "node_network_iface_id{device=\"eth0\"} 4\n"
            "node_network_iface_link_mode{device=\"eth0\"} 1\n"
            "node_network_iface_link{device=\"eth0\"} 6\n"
            "node_network_info{device=\"eth0\",address=\"02:fc:00:00:00:01\","
            "broadcast=\"ff:ff:ff:ff:ff:ff\",duplex=\"full\",operstate=\"up\",adminstate=\"up\","
            "ifalias=\"uplink\"} 1\n"
            "node_network_mtu_bytes{device=\"eth0\"} 1400\n"
            "node_network_name_assign_type{device=\"eth0\"} 2\n"
            "node_network_net_dev_group{device=\"eth0\"} 7\n"
            "node_network_protocol_type{device=\"eth0\"} 1\n"
            "node_network_speed_bytes{device=\"eth0\"} 125000000\n"
            "node_network_transmit_queue_length{device=\"eth0\"} 500\n"
            "node_network_up{device=\"eth0\"} 1\n");
}

TEST(Netclass, LeavesOutWhatTheKernelDoesNotTell) {
  EXPECT_EQ(CollectHost("netclass", {{In("lo", "ifindex"), "1\n"}}),
            "node_network_iface_id{device=\"lo\"} 1\n"
            "node_network_info{device=\"lo\",address=\"\",broadcast=\"\",duplex=\"\","
            "operstate=\"\",adminstate=\"unknown\",ifalias=\"\"} 1\n"
            "node_network_up{device=\"lo\"} 0\n");
}

TEST(Netclass, GivesASpeedThatIsNotKnown) {
  EXPECT_THAT(
      CollectHost("netclass", {{In("eth0", "ifindex"), "4\n"}, {In("eth0", "speed"), "-1\n"}}),
      HasSubstr("node_network_speed_bytes{device=\"eth0\"} -125000\n"));
}

TEST(Netclass, TellsAnInterfaceThatIsOff) {
  EXPECT_THAT(CollectHost("netclass", {{In("ifb0", "ifindex"), "2\n"},
                                       {In("ifb0", "flags"), "0x82\n"},
                                       {In("ifb0", "operstate"), "down\n"}}),
              AllOf(HasSubstr("operstate=\"down\",adminstate=\"down\""),
                    HasSubstr("node_network_up{device=\"ifb0\"} 0\n")));
}

TEST(Netclass, DoesNotTakeTheListOfBondsForAnInterface) {
  EXPECT_EQ(CollectHost("netclass", {{"sys/class/net/bonding_masters", "bond0\n"}}), "");
}

TEST(Netclass, SkipsAnInterfaceThatHasGone) {
  EXPECT_EQ(CollectHost("netclass", {{In("veth1", "queues/rx-0/rps_cpus"), "0\n"}}), "");
}

TEST(Netclass, SaysWhatIsNoNumberAndGivesTheOtherInterfaces) {
  const ProcTree tree;
  tree.Write(In("eth0", "ifindex"), "4\n");
  tree.Write(In("eth0", "mtu"), "large\n");
  tree.Write(In("lo", "ifindex"), "1\n");
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  const Status status = MakeCollector("netclass", HostOf(tree))->Collect(out);
  out.Finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "class/net/eth0/mtu: expected a number, found \"large\"");
  EXPECT_THAT(Print(families),
              AllOf(HasSubstr("iface_id{device=\"lo\"} 1"), Not(HasSubstr("eth0"))));
}

TEST(Netclass, RefusesANumberThatIsTooLarge) {
  EXPECT_THAT(CollectHost("netclass", {{In("eth0", "ifindex"), "4\n"},
                                       {In("eth0", "flags"), "0x10000000000000000\n"}}),
              HasSubstr("error: class/net/eth0/flags: expected a number"));
}

TEST(Netclass, ReadsTheDeviceThatHasTheNameNow) {
  const ProcTree tree;
  tree.Write(In("eth0", "ifindex"), "4\n");
  tree.Write(In("eth0", "mtu"), "1500\n");
  const auto netclass = MakeCollector("netclass", HostOf(tree));
  (void)CollectOnce(*netclass);
  tree.Remove("sys/class/net/eth0");  // and its open files live on, as those of a renamed one
  tree.Write(In("eth0", "ifindex"), "5\n");
  tree.Write(In("eth0", "mtu"), "9000\n");
  EXPECT_THAT(CollectOnce(*netclass), AllOf(HasSubstr("mtu_bytes{device=\"eth0\"} 9000\n"),
                                            HasSubstr("iface_id{device=\"eth0\"} 5\n")));
}

TEST(Netclass, ReadsMoreInterfacesThanItKeepsOpen) {
  std::vector<File> files;
  files.reserve(100);
  for (int i = 0; i < 100; ++i) {
    files.push_back({In("veth" + std::to_string(i), "ifindex"), std::to_string(i) + "\n"});
  }
  EXPECT_THAT(CollectHost("netclass", files), HasSubstr("iface_id{device=\"veth99\"} 99\n"));
}

TEST(Netclass, IsNotThereWithoutTheFolder) {
  EXPECT_THAT(CollectHost("netclass", {}), HasSubstr("No such file"));
}

}  // namespace
}  // namespace procmarshal::testing
