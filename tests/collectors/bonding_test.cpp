#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

std::string In(const std::string& file) {
  return "sys/class/net/" + file;
}

TEST(Bonding, CountsTheInterfacesOfEachBond) {
  EXPECT_EQ(CollectHost("bonding", {{In("bonding_masters"), "bond0 bond1 bond2\n"},
                                    {In("bond0/bonding/slaves"), "eth0 eth1\n"},
                                    {In("bond0/lower_eth0/bonding_slave/mii_status"), "up\n"},
                                    {In("bond0/lower_eth1/bonding_slave/mii_status"), "down\n"},
                                    {In("bond1/bonding/slaves"), "eth2\n"},
                                    {In("bond1/lower_eth2/bonding_slave/mii_status"), "up\n"},
                                    {In("bond2/bonding/slaves"), "\n"}}),
            "node_bonding_active{master=\"bond0\"} 1\n"
            "node_bonding_active{master=\"bond1\"} 1\n"
            "node_bonding_active{master=\"bond2\"} 0\n"
            "node_bonding_slaves{master=\"bond0\"} 2\n"
            "node_bonding_slaves{master=\"bond1\"} 1\n"
            "node_bonding_slaves{master=\"bond2\"} 0\n");
}

TEST(Bonding, ReadsTheNamesOfOldKernels) {
  EXPECT_EQ(CollectHost("bonding", {{In("bonding_masters"), "bond0\n"},
                                    {In("bond0/bonding/slaves"), "eth0\n"},
                                    {In("bond0/slave_eth0/bonding_slave/mii_status"), "up\n"}}),
            "node_bonding_active{master=\"bond0\"} 1\n"
            "node_bonding_slaves{master=\"bond0\"} 1\n");
}

TEST(Bonding, DoesNotCountAnInterfaceThatHasLeft) {
  EXPECT_EQ(CollectHost("bonding", {{In("bonding_masters"), "bond0\n"},
                                    {In("bond0/bonding/slaves"), "eth0 eth1\n"},
                                    {In("bond0/lower_eth0/bonding_slave/mii_status"), "up\n"}}),
            "node_bonding_active{master=\"bond0\"} 1\n"
            "node_bonding_slaves{master=\"bond0\"} 1\n");
}

TEST(Bonding, SkipsABondThatHasGone) {
  EXPECT_EQ(CollectHost("bonding", {{In("bonding_masters"), "bond0\n"}}), "");
}

TEST(Bonding, GivesNothingOfAHostWithoutBonds) {
  EXPECT_EQ(CollectHost("bonding", {{In("bonding_masters"), "\n"}}), "");
  EXPECT_EQ(CollectHost("bonding", {{In("bonding_masters"), ""}}), "");
}

TEST(Bonding, IsNotThereWithoutTheModule) {
  EXPECT_THAT(CollectHost("bonding", {}), HasSubstr("bonding_masters: No such file"));
}

}  // namespace
}  // namespace procmarshal::testing
