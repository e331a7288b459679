#include "collectors/cpu_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/collector.h"
#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kX86 =
    "processor\t: 0\n"
    "vendor_id\t: GenuineIntel\n"
    "cpu family\t: 6\n"
    "model\t\t: 142\n"
    "model name\t: Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz\n"
    "stepping\t: 10\n"
    "microcode\t: 0xb4\n"
    "cpu MHz\t\t: 799.998\n"
    "cache size\t: 6144 KB\n"
    "physical id\t: 0\n"
    "siblings\t: 8\n"
    "core id\t\t: 3\n"
    "power management:\n"
    "\n";

TEST(CpuInfo, ShowsPlaceAndMake) {
  EXPECT_THAT(
      CollectHost("cpu", {{"proc/stat", "cpu0 1 2 3 4\n"}, {"proc/cpuinfo", kX86}}),
      HasSubstr(
          "node_cpu_info{package=\"0\",core=\"3\",cpu=\"0\",vendor=\"GenuineIntel\",family=\"6\","
          "model=\"142\",model_name=\"Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz\","
          "microcode=\"0xb4\",stepping=\"10\",cachesize=\"6144 KB\"} 1\n"));
}

TEST(CpuInfo, ReadsTheFileAgainOnlyWhenOtherCpusAreOnline) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 1 2 3 4\n");
  tree.Write("proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x1\n");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  (void)CollectOnce(*cpu);
  tree.Write("proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x2\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("0x1"));
  tree.Write("proc/stat", "cpu0 1 2 3 4\ncpu1 1 2 3 4\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("0x2"));
}

TEST(CpuInfo, ReadsTheFileAgainWhenTheMicrocodeWasUpdated) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 1 2 3 4\n");
  tree.Write("proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x1\n");
  tree.Write("sys/devices/system/cpu/cpu0/microcode/version", "0x1\n");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("microcode=\"0x1\""));
  tree.Write("proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x2\n");
  tree.Write("sys/devices/system/cpu/cpu0/microcode/version", "0x2\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("microcode=\"0x2\""));
}

TEST(CpuInfo, KnowsHostsWithoutTheFile) {
  EXPECT_THAT(CollectHost("cpu", {{"proc/stat", "cpu0 1 2 3 4\n"}}), Not(HasSubstr("cpu_info")));
}

TEST(CpuInfo, KnowsArmWhichTellsLittle) {
  const auto cpus = ParseCpuInfo(
      "processor\t: 0\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08\n\n"
      "processor\t: 1\nBogoMIPS\t: 108.00\nCPU part\t: 0xd08\n\n"
      "Hardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B Rev 1.1\n");
  ASSERT_TRUE(cpus && cpus->size() == 2);
  EXPECT_EQ(cpus->at(1).cpu, "1");
  EXPECT_EQ(cpus->at(1).model, "");
}

TEST(CpuInfo, DoesNotTakeTheMachineForTheLastCpu) {
  const auto cpus = ParseCpuInfo(
      "processor\t: 0\ncpu\t\t: POWER8 (architected)\nclock\t\t: 3425.000000MHz\n\n"
      "timebase\t: 512000000\nmodel\t\t: IBM,8286-42A\n");
  ASSERT_TRUE(cpus && cpus->size() == 1);
  EXPECT_EQ(cpus->at(0).vendor, "POWER8 (architected)");
  EXPECT_EQ(cpus->at(0).model, "");
}

TEST(CpuInfo, KnowsRiscV) {
  const auto cpus = ParseCpuInfo("processor\t: 0\nhart\t\t: 2\nisa\t\t: rv64imafdc\n");
  ASSERT_TRUE(cpus && cpus->size() == 1);
  EXPECT_EQ(cpus->at(0).core, "2");
  EXPECT_EQ(cpus->at(0).model_name, "rv64imafdc");
}

TEST(CpuInfo, KnowsS390) {
  const auto cpus = ParseCpuInfo(
      "vendor_id       : IBM/S390\n"
      "# processors    : 2\n"
      "bogomips per cpu: 21881.00\n"
      "cache0          : level=1 type=Data scope=Private size=128K\n"
      "processor 0: version = 00,  identification = 0A2B45,  machine = 8561\n"
      "processor 6: version = 00,  identification = 0A2B45,  machine = 8561\n"
      "\n"
      "cpu number      : 0\n"
      "physical id     : 1\n"
      "core id         : 2\n"
      "\n"
      "cpu number      : 6\n"
      "physical id     : 3\n"
      "core id         : 4\n"
      "\n"
      "cpu number      : 7\n"
      "core id         : 5\n");
  ASSERT_TRUE(cpus && cpus->size() == 2);
  EXPECT_EQ(cpus->at(0).vendor, "IBM/S390");
  EXPECT_EQ(cpus->at(0).cpu + cpus->at(0).package + cpus->at(0).core, "012");
  EXPECT_EQ(cpus->at(1).vendor, "IBM/S390");
  EXPECT_EQ(cpus->at(1).cpu + cpus->at(1).package + cpus->at(1).core, "634");
}

TEST(CpuInfo, FindsNoCpusInWhatIsNone) {
  const auto cpus = ParseCpuInfo("vendor_id: x\n\0\xff:::\n:\n");
  EXPECT_TRUE(cpus && cpus->empty());
}

TEST(CpuInfo, RefusesACpuWithoutANumber) {
  EXPECT_EQ(
      CollectHost("cpu", {{"proc/stat", "cpu0 1 2 3 4\n"}, {"proc/cpuinfo", "processor : x\n"}}),
      "error: cpuinfo: expected \"processor : NUMBER\", found \"processor : x\"");
}

}  // namespace
}  // namespace procmarshal::testing
