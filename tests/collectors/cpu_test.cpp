#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/collector.h"
#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Cpu, GivesSecondsForEachModeAndCpu) {
  EXPECT_EQ(CollectHost("cpu", {{"proc/stat",
                                 "cpu  100 0 0 0 0 0 0 0 0 0\n"
                                 "cpu1 101 102 103 104 105 106 107 108 9 10\n"
                                 "intr 5\n"}}),
            "node_cpu_guest_seconds_total{cpu=\"1\",mode=\"nice\"} 0.1\n"
            "node_cpu_guest_seconds_total{cpu=\"1\",mode=\"user\"} 0.09\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"idle\"} 1.04\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"iowait\"} 1.05\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"irq\"} 1.06\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"nice\"} 1.02\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"softirq\"} 1.07\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"steal\"} 1.08\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"system\"} 1.03\n"
            "node_cpu_seconds_total{cpu=\"1\",mode=\"user\"} 1.01\n");
}

TEST(Cpu, ReadsACapturedFile) {
  EXPECT_THAT(CollectFixture("cpu"), HasSubstr("node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} "));
}

TEST(Cpu, NeverLetsACounterFallALittle) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 0 0 0 1000 500 0 0 0 0 0\n");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  (void)CollectOnce(*cpu);
  tree.Write("proc/stat", "cpu0 0 0 0 1100 499 0 0 0 0 0\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("{cpu=\"0\",mode=\"iowait\"} 5\n"));
}

TEST(Cpu, StartsAnewWhenTheCpuDid) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 700 0 0 1000 500 0 0 0 0 0\n");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  (void)CollectOnce(*cpu);
  tree.Write("proc/stat", "cpu0 3 0 0 10 5 0 0 0 0 0\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("{cpu=\"0\",mode=\"user\"} 0.03\n"));
}

TEST(Cpu, RefusesAShortLine) {
  EXPECT_EQ(CollectHost("cpu", {{"proc/stat", "cpu0 1 2\n"}}),
            "error: stat: expected \"cpuN\" and at least four numbers, found \"cpu0 1 2\"");
}

TEST(Cpu, RefusesATimeThatIsNoNumber) {
  EXPECT_EQ(
      CollectHost("cpu", {{"proc/stat", "cpu0 1 2 3 4 5 x 7 8 9 10\n"}}),
      "error: stat: expected \"cpuN\" and at least four numbers, found \"cpu0 1 2 3 4 5 x 7 8 "
      "9 10\"");
}

TEST(Cpu, KnowsKernelsWithFewerModes) {
  EXPECT_THAT(CollectHost("cpu", {{"proc/stat", "cpu0 1 2 3 400\n"}}),
              HasSubstr("{cpu=\"0\",mode=\"idle\"} 4\n"));
}

TEST(Cpu, KnowsCpusBeyond255) {
  std::string stat = "cpu  1 2 3 4 5 6 7 8 9 10\n";
  for (int cpu = 0; cpu < 300; ++cpu) {
    stat += "cpu" + std::to_string(cpu) + " 101 0 0 0 0 0 0 0 0 0\n";
  }
  EXPECT_THAT(CollectHost("cpu", {{"proc/stat", stat}}),
              HasSubstr("node_cpu_seconds_total{cpu=\"299\",mode=\"user\"} 1.01\n"));
}

TEST(Cpu, ShowsNothingMoreOfACpuThatWentOffline) {
  const ProcTree tree;
  tree.Write("proc/stat", "cpu0 1 0 0 5 0 0 0 0 0 0\ncpu1 1 0 0 5 0 0 0 0 0 0\n");
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("cpu=\"1\""));
  tree.Write("proc/stat", "cpu0 1 0 0 5 0 0 0 0 0 0\n");
  EXPECT_THAT(CollectOnce(*cpu), Not(HasSubstr("cpu=\"1\"")));
}

TEST(Cpu, StartsAnewWhenACpuComesBack) {
  const ProcTree tree;
  const auto cpu = MakeCollector("cpu", HostOf(tree));
  tree.Write("proc/stat", "cpu0 1 0 0 5 0 0 0 0 0 0\ncpu1 700 0 0 5 0 0 0 0 0 0\n");
  (void)CollectOnce(*cpu);
  tree.Write("proc/stat", "cpu0 1 0 0 5 0 0 0 0 0 0\n");
  (void)CollectOnce(*cpu);
  tree.Write("proc/stat", "cpu0 1 0 0 5 0 0 0 0 0 0\ncpu1 2 0 0 5 0 0 0 0 0 0\n");
  EXPECT_THAT(CollectOnce(*cpu), HasSubstr("{cpu=\"1\",mode=\"user\"} 0.02\n"));
}

}  // namespace
}  // namespace procmarshal::testing
