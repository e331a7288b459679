#include "collectors/cpu_states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/collector.h"
#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string CpuOf(std::vector<File> files) {
  files.push_back({"proc/stat", "cpu0 1 2 3 4\n"});
  return CollectHost("cpu", files);
}

TEST(CpuStates, TellsWhichCpusAreOnline) {
  const std::string metrics = CpuOf({{"sys/devices/system/cpu/present", "0-1,300\n"},
                                     {"sys/devices/system/cpu/online", "0,300\n"}});
  EXPECT_THAT(metrics, HasSubstr("node_cpu_online{cpu=\"0\"} 1\n"
                                 "node_cpu_online{cpu=\"1\"} 0\n"
                                 "node_cpu_online{cpu=\"300\"} 1\n"));
}

TEST(CpuStates, TellsWhichCpusAreIsolated) {
  EXPECT_THAT(CpuOf({{"sys/devices/system/cpu/isolated", "2-3\n"}}),
              HasSubstr("node_cpu_isolated{cpu=\"2\"} 1\nnode_cpu_isolated{cpu=\"3\"} 1\n"));
}

TEST(CpuStates, KnowsHostsThatDoNotTell) {
  EXPECT_THAT(CpuOf({{"sys/devices/system/cpu/present", "0-1\n"},
                     {"sys/devices/system/cpu/isolated", "\n"}}),
              Not(::testing::AnyOf(HasSubstr("online"), HasSubstr("isolated"))));
}

TEST(CpuStates, SaysThatItMayNotRead) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 1 2 3 4\n");
  tree.Write("sys/devices/system/cpu/online", "0\n");
  tree.Forbid("sys/devices/system/cpu/online");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  const AsNobody nobody;
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("cpu/online: Permission denied"));
}

TEST(CpuStates, RefusesWhatIsNoList) {
  EXPECT_EQ(CpuOf({{"sys/devices/system/cpu/online", "0-\n"}}),
            "error: devices/system/cpu/online: expected a list of CPUs, found \"0-\"");
}

TEST(CpuList, HoldsRangesAndNumbers) {
  EXPECT_THAT(*ParseCpuList("0-2,8"), ElementsAre(0, 1, 2, 8));
  EXPECT_THAT(*ParseCpuList("255-257"), ElementsAre(255, 256, 257));
  EXPECT_THAT(*ParseCpuList(""), IsEmpty());
}

TEST(CpuList, RefusesWhatTheKernelDoesNotWrite) {
  for (const char* text : {"all", "0,,2", "3-1", "2,1", "1,1", "-1", "0-4294967295", "0-1-2"}) {
    EXPECT_FALSE(ParseCpuList(text)) << text;
  }
}

}  // namespace
}  // namespace procmarshal::testing
