#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "collectors/collector.h"
#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Core {
  std::string package;
  std::string core;
};

// Files of CPU `number`, which counts `count` throttles of its core and 10 times that of the
// package.
std::vector<File> Cpu(int number, const Core& core, int count) {
  const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(number);
  return {{folder + "/topology/physical_package_id", core.package + "\n"},
          {folder + "/topology/core_id", core.core + "\n"},
          {folder + "/thermal_throttle/core_throttle_count", std::to_string(count) + "\n"},
          {folder + "/thermal_throttle/package_throttle_count", std::to_string(count * 10) + "\n"}};
}

std::string ThrottlesOf(const std::vector<std::vector<File>>& cpus) {
  std::vector<File> files = {{"proc/stat", "cpu0 1 2 3 4\n"}};
  for (const auto& cpu : cpus) files.insert(files.end(), cpu.begin(), cpu.end());
  const std::string metrics = CollectHost("cpu", files);
  std::string throttles;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("throttles") != std::string::npos) throttles += line + "\n";
  }
  return throttles;
}

TEST(CpuThrottles, CountsForEachCoreAndPackageOnce) {
  EXPECT_EQ(ThrottlesOf({Cpu(0, {"0", "0"}, 1), Cpu(1, {"0", "1"}, 2), Cpu(2, {"0", "0"}, 3),
                         Cpu(3, {"1", "0"}, 4)}),
            "node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 1\n"
            "node_cpu_core_throttles_total{core=\"0\",package=\"1\"} 4\n"
            "node_cpu_core_throttles_total{core=\"1\",package=\"0\"} 2\n"
            "node_cpu_package_throttles_total{package=\"0\"} 10\n"
            "node_cpu_package_throttles_total{package=\"1\"} 40\n");
}

TEST(CpuThrottles, TakesTheCpuOfACoreThatNodeExporterTakes) {
  EXPECT_THAT(ThrottlesOf({Cpu(2, {"0", "0"}, 1), Cpu(10, {"0", "0"}, 2)}),
              HasSubstr("node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 2\n"));
}

TEST(CpuThrottles, KnowsHardwareThatCountsForTheCoreOnly) {
  std::vector<File> cpu = Cpu(0, {"0", "0"}, 1);
  cpu.pop_back();
  EXPECT_EQ(ThrottlesOf({cpu}), "node_cpu_core_throttles_total{core=\"0\",package=\"0\"} 1\n");
}

TEST(CpuThrottles, LeavesOutCpusWithoutAPlace) {
  std::vector<File> offline = Cpu(1, {"0", "1"}, 2);
  offline.erase(offline.begin(), offline.begin() + 2);
  EXPECT_EQ(ThrottlesOf({offline, Cpu(2, {"-1", "0"}, 1)}), "");
}

TEST(CpuThrottles, LooksAgainWhenACpuComes) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 1 2 3 4\n");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  EXPECT_THAT(CollectOnce(*cpu), Not(HasSubstr("throttles")));
  for (const File& file : Cpu(1, {"0", "1"}, 2)) tree.Write(file.path, file.content);
  tree.Write("proc/stat", "cpu0 1 2 3 4\ncpu1 1 2 3 4\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("node_cpu_package_throttles_total{package=\"0\"} 20\n"));
}

TEST(CpuThrottles, ForgetsACpuThatGoes) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 1 2 3 4\n");
  for (const File& file : Cpu(1, {"0", "1"}, 2)) tree.Write(file.path, file.content);
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("throttles"));
  tree.Remove("sys/devices/system/cpu/cpu1");
  EXPECT_THAT(CollectOnce(*cpu), Not(HasSubstr("throttles")));
}

TEST(CpuThrottles, RefusesAPlaceThatIsNoNumber) {
  for (const std::size_t file : {0U, 1U}) {
    std::vector<File> files = Cpu(0, {"0", "0"}, 1);
    files[file].content = "first\n";
    files.push_back({"proc/stat", "cpu0 1 2 3 4\n"});
    EXPECT_THAT(CollectHost("cpu", files),
                AllOf(HasSubstr("error: devices/system/cpu/cpu0/topology/"),
                      HasSubstr("_id: expected a number, found \"first\"")));
  }
}

TEST(CpuThrottles, RefusesWhatIsNoNumber) {
  std::vector<File> files = Cpu(0, {"0", "0"}, 1);
  files[2].content = "often\n";
  files.push_back({"proc/stat", "cpu0 1 2 3 4\n"});
  EXPECT_EQ(CollectHost("cpu", files),
            "error: devices/system/cpu/cpu0/thermal_throttle/core_throttle_count: expected a "
            "number, found \"often\"");
}

}  // namespace
}  // namespace procmarshal::testing
