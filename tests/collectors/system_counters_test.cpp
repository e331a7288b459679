#include "collectors/system_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

#include "tests/support/fake_source.h"
#include "tests/support/process_row.h"
#include "tests/support/system_samples.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

SystemState StateOf(const SystemSamples& samples) {
  return KeptAt(seconds(100), samples).state;
}

SystemSamples Filesystem(std::string_view mountpoint, double size, double free, double available) {
  const std::vector<LabelView> labels = {
      {"device", "/dev/sda1"}, {"fstype", "ext4"}, {"mountpoint", mountpoint}};
  return {{"node_filesystem_size_bytes", labels, size},
          {"node_filesystem_free_bytes", labels, free},
          {"node_filesystem_avail_bytes", labels, available}};
}

TEST(SystemCounters, OfNothingHaveTheUptimeOnly) {
  const SystemState state = StateOf({});
  EXPECT_EQ(state.uptime_seconds, 100);
  EXPECT_FALSE(state.boot_time_seconds || state.cpus || state.load || state.memory || state.swap ||
               state.processes);
  EXPECT_THAT(state.filesystems, IsEmpty());
}

TEST(SystemCounters, HaveLoadAndBootTime) {
  const SystemState state = StateOf({{"node_load1", {}, 0.5},
                                     {"node_load5", {}, 0.25},
                                     {"node_load15", {}, 2},
                                     {"node_boot_time_seconds", {}, 1'700'000'000}});
  const LoadAverage load = state.load.value_or(LoadAverage{});
  EXPECT_EQ(load.one_minute, 0.5);
  EXPECT_EQ(load.five_minutes, 0.25);
  EXPECT_EQ(load.fifteen_minutes, 2);
  EXPECT_EQ(state.boot_time_seconds, 1'700'000'000);
}

TEST(SystemCounters, CountWhatIsNotAvailableAsUsed) {
  const SystemState state = StateOf({{"node_memory_MemTotal_bytes", {}, 1000},
                                     {"node_memory_MemAvailable_bytes", {}, 600},
                                     {"node_memory_Buffers_bytes", {}, 50},
                                     {"node_memory_Cached_bytes", {}, 300}});
  const MemoryUse memory = state.memory.value_or(MemoryUse{});
  EXPECT_EQ(memory.total_bytes, 1000);
  EXPECT_EQ(memory.available_bytes, 600);
  EXPECT_EQ(memory.used_bytes, 400);
  EXPECT_EQ(memory.buffers_bytes, 50);
  EXPECT_EQ(memory.cached_bytes, 300);
  EXPECT_FALSE(state.swap);
}

TEST(SystemCounters, HaveNoMemoryOfAKernelThatTellsLess) {
  EXPECT_FALSE(StateOf({{"node_memory_MemTotal_bytes", {}, 1000}}).memory);
}

TEST(SystemCounters, HaveSwap) {
  const SystemState state =
      StateOf({{"node_memory_SwapTotal_bytes", {}, 1000}, {"node_memory_SwapFree_bytes", {}, 900}});
  const SwapUse swap = state.swap.value_or(SwapUse{});
  EXPECT_EQ(swap.total_bytes, 1000);
  EXPECT_EQ(swap.used_bytes, 100);
}

TEST(SystemCounters, CountCpus) {
  EXPECT_EQ(StateOf(Cpu("0", {}) + Cpu("1", {}) + Cpu("7", {})).cpus, 3U);
}

TEST(SystemCounters, CountProcessesByState) {
  Snapshot snapshot;
  for (ProcessReading& reading : MakeReadings(1, 4)) {
    reading.threads = 3;
    snapshot.processes.push_back(MakeRow(std::move(reading)));
  }
  const ProcessCounts processes =
      SystemCounters::Of(snapshot).state.processes.value_or(ProcessCounts{});
  EXPECT_EQ(processes.processes, 4U);
  EXPECT_EQ(processes.threads, 12U);
  EXPECT_THAT(processes.by_state, ElementsAre(Pair('R', 2), Pair('S', 2)));
}

TEST(SystemCounters, KnowHowFullFilesystemsAre) {
  const auto filesystems =
      StateOf(Filesystem("/var", 1000, 300, 200) + Filesystem("/", 100, 100, 100)).filesystems;
  ASSERT_EQ(filesystems.size(), 2U);
  EXPECT_EQ(filesystems[0].mountpoint, "/");
  EXPECT_EQ(filesystems[0].used_ratio, 0);
  EXPECT_EQ(filesystems[1].mountpoint, "/var");
  EXPECT_EQ(filesystems[1].device, "/dev/sda1");
  EXPECT_EQ(filesystems[1].type, "ext4");
  EXPECT_EQ(filesystems[1].size_bytes, 1000);
  EXPECT_EQ(filesystems[1].available_bytes, 200);
  EXPECT_THAT(filesystems[1].used_ratio, Optional(DoubleEq(700.0 / 900.0)));
}

TEST(SystemCounters, HaveNoRatioOfAFilesystemWithoutRoom) {
  const auto filesystems = StateOf(Filesystem("/snap", 0, 0, 0)).filesystems;
  ASSERT_EQ(filesystems.size(), 1U);
  EXPECT_FALSE(filesystems[0].used_ratio);
}

TEST(SystemCounters, LeaveOutAFilesystemThatCannotBeAsked) {
  EXPECT_THAT(StateOf({{"node_filesystem_device_error", {{"mountpoint", "/nfs"}}, 1},
                       {"node_filesystem_size_bytes", {{"mountpoint", "/half"}}, 1}})
                  .filesystems,
              IsEmpty());
}

TEST(SystemCounters, TakeAValueThatIsNoNumberForNone) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(StateOf({{"node_boot_time_seconds", {}, kNan}}).boot_time_seconds);
}

}  // namespace
}  // namespace procmarshal::testing
