#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

const std::string kNodes = "sys/devices/system/node/";

// A server with two sockets.
TEST(MeminfoNuma, TellsTheMemoryOfEachNode) {
  EXPECT_EQ(CollectHost("meminfo_numa",
                        {{kNodes + "node0/meminfo",
                          "Node 0 MemTotal:       65806344 kB\n"
                          "Node 0 Active(anon):       2048 kB\n"
                          "Node 0 HugePages_Total:     8\n"},
                         {kNodes + "node0/numastat",
                          "numa_hit 1017509905\n"
                          "other_node 7\n"},
                         {kNodes + "node1/meminfo", "Node 1 MemTotal:       66057468 kB\n"},
                         {kNodes + "online", "0-1\n"}}),
            "node_memory_numa_Active_anon{node=\"0\"} 2097152\n"
            "node_memory_numa_HugePages_Total{node=\"0\"} 8\n"
            "node_memory_numa_MemTotal{node=\"0\"} 67385696256\n"
            "node_memory_numa_MemTotal{node=\"1\"} 67642847232\n"
            "node_memory_numa_numa_hit_total{node=\"0\"} 1017509905\n"
            "node_memory_numa_other_node_total{node=\"0\"} 7\n");
}

TEST(MeminfoNuma, IsSilentOnAKernelWithoutNodes) {
  EXPECT_EQ(CollectHost("meminfo_numa", {}), "");
}

TEST(MeminfoNuma, IsOffByDefault) {
  const auto all = Registration::All();
  const auto entry = std::ranges::find(all, "meminfo_numa", &Registration::Name);
  ASSERT_NE(entry, all.end());
  EXPECT_FALSE((*entry)->OnByDefault());
}

TEST(MeminfoNuma, RefusesAShortLine) {
  EXPECT_EQ(CollectHost("meminfo_numa", {{kNodes + "node0/meminfo", "Node 0 MemTotal:\n"}}),
            "error: node0/meminfo: expected \"Node N NAME: NUMBER kB\", found \"Node 0 "
            "MemTotal:\"");
}

TEST(MeminfoNuma, RefusesTheLineOfAnotherNode) {
  EXPECT_THAT(CollectHost("meminfo_numa", {{kNodes + "node0/meminfo", "Node 1 MemTotal: 5 kB\n"}}),
              HasSubstr("error: "));
}

TEST(MeminfoNuma, RefusesACountThatIsNoNumber) {
  EXPECT_EQ(CollectHost("meminfo_numa", {{kNodes + "node0/numastat", "numa_hit many\n"}}),
            "error: node0/numastat: expected \"NAME NUMBER\", found \"numa_hit many\"");
}

TEST(MeminfoNuma, RefusesANameThatIsNoMetricName) {
  EXPECT_THAT(CollectHost("meminfo_numa", {{kNodes + "node0/numastat", "numa\"hit 5\n"}}),
              HasSubstr("error: "));
}

}  // namespace
}  // namespace procmarshal::testing
