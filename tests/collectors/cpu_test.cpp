#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/collector.h"
#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Collector> MakeCpu(const ProcTree& tree) {
  for (const Registration* entry : Registration::All()) {
    if (entry->Name() == "cpu") return entry->Make({.proc = tree.Fs()});
  }
  return nullptr;
}

std::string RunOnce(Collector& collector) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  EXPECT_TRUE(collector.Collect(out));
  out.Finish();
  return Print(families);
}

TEST(Cpu, GivesSecondsForEachModeAndCpu) {
  EXPECT_EQ(CollectFrom("cpu", {{"stat",
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
  tree.Write("stat", "cpu0 0 0 0 1000 500 0 0 0 0 0\n");
  const auto cpu = MakeCpu(tree);
  (void)RunOnce(*cpu);
  tree.Write("stat", "cpu0 0 0 0 1100 499 0 0 0 0 0\n");
  EXPECT_THAT(RunOnce(*cpu), HasSubstr("{cpu=\"0\",mode=\"iowait\"} 5\n"));
}

TEST(Cpu, StartsAnewWhenTheCpuDid) {
  const ProcTree tree;
  tree.Write("stat", "cpu0 700 0 0 1000 500 0 0 0 0 0\n");
  const auto cpu = MakeCpu(tree);
  (void)RunOnce(*cpu);
  tree.Write("stat", "cpu0 3 0 0 10 5 0 0 0 0 0\n");
  EXPECT_THAT(RunOnce(*cpu), HasSubstr("{cpu=\"0\",mode=\"user\"} 0.03\n"));
}

TEST(Cpu, RefusesAShortLine) {
  EXPECT_EQ(CollectFrom("cpu", {{"stat", "cpu0 1 2\n"}}),
            "error: stat: expected \"cpuN\" and at least four numbers");
}

}  // namespace
}  // namespace procmarshal::testing
