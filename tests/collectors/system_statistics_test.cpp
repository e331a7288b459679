#include "collectors/system_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/collect.h"
#include "tests/support/fake_host.h"
#include "tests/support/made_up_host.h"
#include "tests/support/system_samples.h"

namespace procmarshal::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

// Between two moments, 10 seconds apart.
SystemStatistics Between(const SystemSamples& before, const SystemSamples& now) {
  const SystemCounters former = KeptAt(seconds(100), before);
  return Summarize(KeptAt(seconds(110), now), &former);
}

const DiskUse& DiskOf(const SystemStatistics& statistics, std::string_view device) {
  return *std::ranges::find(statistics.disks, device, &DiskUse::device);
}

TEST(SystemStatistics, HaveNoRatesOfOneMoment) {
  const SystemSamples samples = Cpu("0", {.idle = 9}) + Disk("sda", {1, 2, 3, 4, 5}) +
                                Interface("eth0", {1, 2, 3, 4, 5, 6, 7, 8});
  const SystemStatistics statistics = Summarize(KeptAt(seconds(100), samples), nullptr);
  EXPECT_EQ(statistics.state.uptime_seconds, 100);
  EXPECT_FALSE(statistics.interval_seconds || statistics.cpu || statistics.all_disks ||
               statistics.all_interfaces);
  ASSERT_EQ(statistics.cpus.size(), 1U);
  EXPECT_FALSE(statistics.cpus[0].busy_percent);
  ASSERT_EQ(statistics.disks.size(), 1U);
  EXPECT_FALSE(statistics.disks[0].rates);
  ASSERT_EQ(statistics.interfaces.size(), 1U);
  EXPECT_FALSE(statistics.interfaces[0].rates);
}

TEST(SystemStatistics, HaveNoRatesWithoutTimeBetween) {
  const SystemCounters early = KeptAt(seconds(100), Disk("sda", {0, 0, 0, 0, 0}));
  const SystemCounters late = KeptAt(seconds(100), Disk("sda", {9, 9, 9, 9, 9}));
  EXPECT_FALSE(Summarize(late, &early).disks.at(0).rates);
  EXPECT_FALSE(Summarize(late, &late).interval_seconds);
  const SystemCounters earlier = KeptAt(milliseconds(99'999), Disk("sda", {9, 9, 9, 9, 9}));
  EXPECT_FALSE(Summarize(earlier, &early).disks.at(0).rates);
}

TEST(SystemStatistics, HaveNothingWhereNothingIsCollected) {
  const SystemStatistics statistics = Between({}, {});
  EXPECT_EQ(statistics.interval_seconds, 10);
  EXPECT_FALSE(statistics.cpu || statistics.all_disks || statistics.all_interfaces);
  EXPECT_THAT(statistics.cpus, IsEmpty());
  EXPECT_THAT(statistics.disks, IsEmpty());
  EXPECT_THAT(statistics.interfaces, IsEmpty());
  EXPECT_FALSE(statistics.pressure.cpu_waiting || statistics.pressure.irq_stalled);
}

TEST(SystemStatistics, ShareTheTimeOfAllCpusAmongModes) {
  const SystemStatistics statistics =
      Between(Cpu("0", {.user = 10, .idle = 100}) + Cpu("1", {.idle = 50}),
              Cpu("0", {.user = 14, .system = 1, .idle = 104, .steal = 1}) +
                  Cpu("1", {.idle = 58, .iowait = 2}));
  const CpuPercent cpu = statistics.cpu.value_or(CpuPercent{});
  EXPECT_DOUBLE_EQ(cpu.user, 20);
  EXPECT_DOUBLE_EQ(cpu.system, 5);
  EXPECT_DOUBLE_EQ(cpu.idle, 60);
  EXPECT_DOUBLE_EQ(cpu.iowait, 10);
  EXPECT_DOUBLE_EQ(cpu.steal, 5);
  EXPECT_DOUBLE_EQ(cpu.busy, 30);
  ASSERT_EQ(statistics.cpus.size(), 2U);
  EXPECT_THAT(statistics.cpus[0].busy_percent, Optional(DoubleEq(60)));
  EXPECT_THAT(statistics.cpus[1].busy_percent, Optional(DoubleEq(0)));
}

TEST(SystemStatistics, HaveCpusInTheOrderOfTheirNumbers) {
  const SystemStatistics statistics =
      Between({}, Cpu("0", {}) + Cpu("10", {}) + Cpu("2", {}) + Cpu("11", {}));
  std::vector<std::string> names;
  names.reserve(statistics.cpus.size());
  for (const CpuUse& use : statistics.cpus) names.push_back(use.cpu);
  EXPECT_THAT(names, ElementsAre("0", "2", "10", "11"));
}

TEST(SystemStatistics, LeaveOutACpuThatWasOff) {
  const SystemStatistics statistics =
      Between(Cpu("0", {.idle = 100}) + Cpu("1", {.user = 500, .idle = 100}),
              Cpu("0", {.user = 5, .idle = 105}) + Cpu("1", {.user = 1, .idle = 105}) +
                  Cpu("2", {.user = 700}));
  const CpuPercent cpu = statistics.cpu.value_or(CpuPercent{});
  EXPECT_DOUBLE_EQ(cpu.user, 50);
  EXPECT_FALSE(statistics.cpus.at(1).busy_percent);
  EXPECT_FALSE(statistics.cpus.at(2).busy_percent);
  EXPECT_EQ(statistics.state.cpus, 3U);
}

TEST(SystemStatistics, HaveNoCpuPercentOfLessThanATick) {
  const SystemSamples same = Cpu("0", {.user = 1, .idle = 2});
  const SystemStatistics statistics = Between(same, same);
  EXPECT_FALSE(statistics.cpu);
  EXPECT_FALSE(statistics.cpus.at(0).busy_percent);
}

TEST(SystemStatistics, TellWhatADiskDoesInASecond) {
  const SystemStatistics statistics =
      Between(Disk("sda", {1000, 0, 5, 0, 1}), Disk("sda", {5000, 20, 25, 1, 6}));
  const DiskRates rates = statistics.disks.at(0).rates.value_or(DiskRates{});
  EXPECT_DOUBLE_EQ(rates.read_bytes_per_second, 400);
  EXPECT_DOUBLE_EQ(rates.written_bytes_per_second, 2);
  EXPECT_DOUBLE_EQ(rates.reads_per_second, 2);
  EXPECT_DOUBLE_EQ(rates.writes_per_second, 0.1);
  EXPECT_DOUBLE_EQ(rates.utilisation, 0.5);
}

TEST(SystemStatistics, HaveADiskNoMoreThanFullyUsed) {
  const SystemStatistics statistics =
      Between(Disk("sda", {0, 0, 0, 0, 0}), Disk("sda", {0, 0, 0, 0, 10.004}));
  EXPECT_EQ(statistics.disks.at(0).rates.value_or(DiskRates{}).utilisation, 1);
  EXPECT_EQ(statistics.all_disks.value_or(DiskRates{}).utilisation, 1);
}

TEST(SystemStatistics, AddUpDisksThatAreNotMadeOfOthers) {
  SystemSamples before;
  SystemSamples now;
  for (const char* device : {"sda", "sda1", "nvme0n1", "nvme0n1p2", "mmcblk0", "mmcblk0p1", "dm-0",
                             "md127", "zram0", "loop7", "sr0"}) {
    before = before + Disk(device, {0, 0, 0, 0, 0});
    now = now + Disk(device, {100, 10, 20, 30, 2});
  }
  now = now + Disk("vdb", {1e6, 0, 0, 0, 0});
  const SystemStatistics statistics = Between(before, now);
  const DiskRates all = statistics.all_disks.value_or(DiskRates{});
  EXPECT_DOUBLE_EQ(all.read_bytes_per_second, 40);  // sda, nvme0n1, mmcblk0, sr0
  EXPECT_DOUBLE_EQ(all.writes_per_second, 12);
  EXPECT_DOUBLE_EQ(all.utilisation, 0.2);
}

TEST(SystemStatistics, CountAPartitionWhoseDiskIsNotThere) {
  const SystemStatistics statistics =
      Between(Disk("xvda1", {0, 0, 0, 0, 0}), Disk("xvda1", {100, 0, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(statistics.all_disks.value_or(DiskRates{}).read_bytes_per_second, 10);
}

TEST(SystemStatistics, HaveNoRateOfADeviceThatIsNew) {
  const SystemStatistics statistics = Between(
      Disk("sda", {0, 0, 0, 0, 0}), Disk("sda", {10, 0, 0, 0, 0}) + Disk("sdb", {1e9, 0, 0, 0, 0}));
  EXPECT_TRUE(DiskOf(statistics, "sda").rates);
  EXPECT_FALSE(DiskOf(statistics, "sdb").rates);
  EXPECT_DOUBLE_EQ(statistics.all_disks.value_or(DiskRates{}).read_bytes_per_second, 1);
}

TEST(SystemStatistics, HaveNoRateOfADeviceOfWhichACounterFell) {
  const SystemStatistics statistics =
      Between(Disk("sda", {500, 0, 0, 0, 0}), Disk("sda", {10, 50, 0, 0, 0}));
  EXPECT_FALSE(statistics.disks.at(0).rates);
  EXPECT_FALSE(statistics.all_disks);
}

TEST(SystemStatistics, ForgetADeviceThatIsGone) {
  EXPECT_THAT(Between(Disk("sda", {0, 0, 0, 0, 0}), {}).disks, IsEmpty());
}

TEST(SystemStatistics, HaveNoRateWhereACounterIsMissingOrNoNumber) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const SystemSamples half = {{"node_disk_read_bytes_total", {{"device", "sda"}}, 1}};
  EXPECT_FALSE(Between(half, half).disks.at(0).rates);
  const SystemSamples endless = Disk("sda", {kInfinity, 0, 0, 0, 0});
  EXPECT_FALSE(Between(endless, endless).disks.at(0).rates);
  EXPECT_FALSE(Between(Disk("sda", {0, 0, 0, 0, 0}), endless).disks.at(0).rates);
}

TEST(SystemStatistics, TellWhatAnInterfaceDoesInASecond) {
  const SystemStatistics statistics = Between(Interface("eth0", {0, 0, 0, 0, 0, 0, 0, 0}),
                                              Interface("eth0", {10, 20, 30, 40, 50, 60, 70, 80}));
  const InterfaceRates rates = statistics.interfaces.at(0).rates.value_or(InterfaceRates{});
  EXPECT_DOUBLE_EQ(rates.receive_bytes_per_second, 1);
  EXPECT_DOUBLE_EQ(rates.receive_packets_per_second, 2);
  EXPECT_DOUBLE_EQ(rates.receive_errors_per_second, 3);
  EXPECT_DOUBLE_EQ(rates.receive_drops_per_second, 4);
  EXPECT_DOUBLE_EQ(rates.transmit_bytes_per_second, 5);
  EXPECT_DOUBLE_EQ(rates.transmit_packets_per_second, 6);
  EXPECT_DOUBLE_EQ(rates.transmit_errors_per_second, 7);
  EXPECT_DOUBLE_EQ(rates.transmit_drops_per_second, 8);
}

TEST(SystemStatistics, AddUpInterfacesWhoseTrafficLeavesTheHost) {
  SystemSamples before;
  SystemSamples now;
  for (const char* device : {"lo", "eth0", "wlp3s0", "docker0", "veth12ab", "br-1", "bond0",
                             "eth0.7", "wg0", "virbr0"}) {
    before = before + Interface(device, {0, 0, 0, 0, 0, 0, 0, 0});
    now = now + Interface(device, {100, 0, 0, 0, 50, 0, 0, 0});
  }
  const SystemStatistics statistics = Between(before, now);
  const InterfaceRates all = statistics.all_interfaces.value_or(InterfaceRates{});
  EXPECT_DOUBLE_EQ(all.receive_bytes_per_second, 20);  // eth0, wlp3s0
  EXPECT_DOUBLE_EQ(all.transmit_bytes_per_second, 10);
}

TEST(SystemStatistics, TellThePartOfTheTimeUnderPressure) {
  const SystemStatistics statistics = Between({{"node_pressure_io_waiting_seconds_total", {}, 5},
                                               {"node_pressure_io_stalled_seconds_total", {}, 5},
                                               {"node_pressure_cpu_waiting_seconds_total", {}, 7}},
                                              {{"node_pressure_io_waiting_seconds_total", {}, 7.5},
                                               {"node_pressure_io_stalled_seconds_total", {}, 5},
                                               {"node_pressure_cpu_waiting_seconds_total", {}, 1}});
  EXPECT_EQ(statistics.pressure.io_waiting, 0.25);
  EXPECT_EQ(statistics.pressure.io_stalled, 0);
  EXPECT_FALSE(statistics.pressure.cpu_waiting);
  EXPECT_FALSE(statistics.pressure.memory_waiting);
}

// Real collectors over a captured /proc, and the sampler's own snapshots.
TEST(SystemStatistics, AreMadeOfRealSnapshots) {
  FakeHost host(6);
  Sampler::Plan plan;
  for (const char* name : {"cpu", "loadavg", "meminfo", "stat"}) {
    plan.collectors.push_back({name, MakeCollector(name, {.proc = host.tree.Fs()})});
  }
  host.sampler->Configure(std::move(plan));
  const SystemCounters before = SystemCounters::Of(*host.sampler->Sample(SampleKind::kScheduled));
  host.clock.Advance(seconds(10));
  host.tree.Edit("stat", "cpu0 52547 12487 8379 163542", "cpu0 52847 12487 8379 164242");
  host.tree.Edit("stat", "cpu1 54988 12811 9268 159006", "cpu1 54988 12811 9268 160006");
  const SystemStatistics statistics =
      Summarize(SystemCounters::Of(*host.sampler->Sample(SampleKind::kScheduled)), &before);

  EXPECT_EQ(statistics.interval_seconds, 10);
  const CpuPercent cpu = statistics.cpu.value_or(CpuPercent{});
  EXPECT_NEAR(cpu.user, 15, 1e-6);
  EXPECT_NEAR(cpu.busy, 15, 1e-6);
  EXPECT_THAT(statistics.cpus.at(0).busy_percent, Optional(DoubleNear(30, 1e-6)));
  const SystemState& state = statistics.state;
  EXPECT_EQ(state.uptime_seconds, 7210);
  EXPECT_EQ(state.cpus, 2U);
  EXPECT_EQ(state.load.value_or(LoadAverage{}).fifteen_minutes, 2.04);
  EXPECT_EQ(state.memory.value_or(MemoryUse{}).used_bytes, (24684084.0 - 24245696.0) * 1024);
  EXPECT_EQ(state.swap.value_or(SwapUse{.total_bytes = 1}).total_bytes, 0);
  const ProcessCounts processes = state.processes.value_or(ProcessCounts{});
  EXPECT_EQ(processes.processes, 6U);
  EXPECT_THAT(processes.by_state, ElementsAre(Pair('R', 2), Pair('S', 4)));
  EXPECT_TRUE(state.boot_time_seconds);
  EXPECT_THAT(statistics.disks, IsEmpty());
}

TEST(SystemStatistics, KnowDisksInterfacesAndPressureFromTheirCollectors) {
  const ProcTree tree;
  WriteHost(tree, "server");
  FakeHost host(0);
  Sampler::Plan plan;
  for (const char* name : {"diskstats", "netdev", "pressure"}) {
    plan.collectors.push_back({name, MakeCollector(name, HostOf(tree))});
  }
  host.sampler->Configure(std::move(plan));
  const SystemCounters before = SystemCounters::Of(*host.sampler->Sample(SampleKind::kScheduled));
  host.clock.Advance(seconds(10));
  tree.Edit("proc/diskstats", "sda 212170 70996 27957543", "sda 212270 70996 27957743");
  tree.Edit("proc/net/dev", "eth0: 76404510977 365851584", "eth0: 76404520977 365851594");
  tree.Edit("proc/pressure/cpu", "total=12345678", "total=13345678");
  const SystemStatistics statistics =
      Summarize(SystemCounters::Of(*host.sampler->Sample(SampleKind::kScheduled)), &before);

  const DiskRates disks = statistics.all_disks.value_or(DiskRates{});
  EXPECT_DOUBLE_EQ(disks.reads_per_second, 10);
  EXPECT_DOUBLE_EQ(disks.read_bytes_per_second, 20 * 512);
  const InterfaceRates network = statistics.all_interfaces.value_or(InterfaceRates{});
  EXPECT_DOUBLE_EQ(network.receive_bytes_per_second, 1000);
  EXPECT_DOUBLE_EQ(network.receive_packets_per_second, 1);
  EXPECT_THAT(statistics.pressure.cpu_waiting, Optional(DoubleNear(0.1, 1e-9)));
}

}  // namespace
}  // namespace procmarshal::testing
