#include "collectors/process_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

// One that started just now.
Process Newborn(const Table& table, pid_t pid, const std::string& name, double cpu) {
  return Changed(Row(pid, name, cpu), [&](auto& row) { row.key.start_ticks = table.TicksNow(); });
}

Process WithBytesRead(const Process& row, std::uint64_t bytes) {
  return Changed(row, [bytes](auto& reading) { reading.counters.read_bytes = bytes; });
}

TEST(ProcessTable, CountsWhatRanBeforeFromZero) {
  Table table;
  table.Update({Row(1, "a", 50)});
  EXPECT_EQ(table.CpuOf("a"), 0);
  table.Update({Row(1, "a", 52.5)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 2.5);
}

TEST(ProcessTable, CountsAllOfWhatStartedLater) {
  Table table;
  table.Update({Row(1, "a", 50)});
  table.Update({Row(1, "a", 50), WithBytesRead(Newborn(table, 2, "a", 3), 4096)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 3);
  EXPECT_EQ(table.Find("a").counters.read_bytes, 4096U);
}

TEST(ProcessTable, CountsFromZeroWhatItSeesLateButWasThereBefore) {
  Table table;
  table.Update({Changed(Row(1, "a", 0), [](auto& row) { row.key.start_ticks = 200; })});
  const Process old = Changed(Row(2, "b", 50), [](auto& row) { row.key.start_ticks = 199; });
  table.Update({Row(1, "a", 0), old});
  EXPECT_EQ(table.CpuOf("b"), 0);
}

TEST(ProcessTable, SumsTheCountersOfAGroup) {
  Table table;
  table.Update({Row(1, "a", 50), Row(2, "a", 10)});
  table.Update({Row(1, "a", 51), Row(2, "a", 12)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 3);
}

TEST(ProcessTable, KeepsWhatAProcessCountedThatEnded) {
  Table table;
  table.Update({Row(1, "a", 50), Row(2, "a", 10)});
  table.Update({Row(1, "a", 51), Row(2, "a", 12)});
  table.Update({Row(1, "a", 51.5)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 3.5);
}

TEST(ProcessTable, TakesAReusedPidForAnotherProcess) {
  Table table;
  table.Update({Row(1, "a", 50)});
  table.Update({Newborn(table, 1, "b", 2)});
  EXPECT_EQ(table.CpuOf("a"), 0);
  EXPECT_EQ(table.Find("a").processes, 0U);
  EXPECT_DOUBLE_EQ(table.CpuOf("b"), 2);
}

TEST(ProcessTable, IoThatBecomesReadableStartsFromThere) {
  Table table;
  const Process row = Row(1, "a", 0);
  table.Update({Changed(row, [](auto& reading) { reading.has_io = false; })});
  table.Update({WithBytesRead(row, 1000)});
  EXPECT_EQ(table.Find("a").counters.read_bytes, 0U);
  table.Update({WithBytesRead(row, 1500)});
  EXPECT_EQ(table.Find("a").counters.read_bytes, 500U);
}

TEST(ProcessTable, HasNoRateBeforeTheSecondSample) {
  Table table;
  EXPECT_TRUE(std::isnan(table.Update({Row(1, "a", 50)})[0].cpu_ratio));
  EXPECT_DOUBLE_EQ(table.UpdateAfter(seconds(10), {Row(1, "a", 55)})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, TakesRatesBetweenScheduledSamplesOnly) {
  Table table;
  table.Update({Row(1, "a", 0)});
  table.Time().Advance(seconds(4));
  EXPECT_DOUBLE_EQ(table.Update({Row(1, "a", 4)}, SampleKind::kOnDemand)[0].cpu_ratio, 1);
  // Over the whole five seconds, not since a reader asked.
  EXPECT_DOUBLE_EQ(table.UpdateAfter(seconds(1), {Row(1, "a", 4)})[0].cpu_ratio, 0.8);
}

TEST(ProcessTable, RatesANewProcessOverItsLife) {
  Table table;
  table.Update({});
  const Process row = Newborn(table, 1, "a", 1);
  EXPECT_DOUBLE_EQ(table.UpdateAfter(seconds(2), {row})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, HasNoRateForALifeOfMilliseconds) {
  Table table;
  table.Update({});
  table.Time().Advance(seconds(10));
  const Process row = Newborn(table, 1, "a", 0.1);
  EXPECT_TRUE(std::isnan(table.Update({row}, SampleKind::kOnDemand)[0].cpu_ratio));
  EXPECT_TRUE(std::isnan(table.Update({row})[0].cpu_ratio));
  const Process later = Changed(row, [](auto& r) { r.counters.cpu_user_seconds = 0.6; });
  EXPECT_DOUBLE_EQ(table.UpdateAfter(seconds(1), {later})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, GivesTheShareOfTheHostsMemory) {
  Table table;
  const Process row = Changed(Row(1, "a", 0), [](auto& r) { r.resident_bytes = 256'000; });
  EXPECT_DOUBLE_EQ(table.Update({row})[0].memory_ratio, 0.25);
}

TEST(ProcessTable, FailsWhenTheMemoryIsUnknown) {
  Table table;
  table.Tree().Write("meminfo", "MemFree: 5 kB\n");
  std::vector<Process> rows;
  const auto updated = table.Get().Update(table.Time().Boot(), SampleKind::kScheduled, rows);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().message, "meminfo: expected a line \"MemTotal: NUMBER kB\"");
}

TEST(ProcessTable, RemembersTheMemory) {
  Table table;
  table.Update({});
  table.Tree().Remove("meminfo");
  const Process row = Changed(Row(1, "a", 0), [](auto& r) { r.resident_bytes = 256'000; });
  EXPECT_DOUBLE_EQ(table.UpdateAfter(ProcessTable::kRefreshInterval, {row})[0].memory_ratio, 0.25);
}

TEST(ProcessTable, CountsTheThreadsOfEachUser) {
  Table table;
  const auto row = [](pid_t pid, uid_t user, std::uint32_t threads) {
    return Changed(Row(pid, "a", 0), [&](auto& reading) {
      reading.real_uid = user;
      reading.threads = threads;
    });
  };
  const auto rows = table.Update({row(1, 0, 1), row(2, 1000, 3), row(3, 1000, 4)});
  EXPECT_EQ(rows[0].user_threads, 1U);
  EXPECT_EQ(rows[1].user_threads, 7U);
  EXPECT_EQ(rows[2].user_threads, 7U);
}

TEST(ProcessTable, ShowsHowManyOfItsMappingsAProcessUses) {
  Table table;
  table.Tree().Write("sys/vm/max_map_count", "1000\n");
  Process row = Row(1, "a", 0);
  row.memory.mappings = 100;
  table.Update({row});
  EXPECT_DOUBLE_EQ(table.Find("a").limits[GroupLimit::kMaxMapCount], 0.1);
}

// A process whose threads have had so much CPU time.
Process WithThreads(Process row, const std::vector<double>& cpu_seconds) {
  auto threads = std::make_shared<ProcessThreads>();
  for (const double cpu : cpu_seconds) {
    ThreadReading thread;
    thread.tid = row->key.pid + static_cast<pid_t>(threads->threads.size());
    thread.start_ticks = row->key.start_ticks;
    thread.name = "worker";
    thread.cpu_user_seconds = cpu;
    threads->threads.push_back(thread);
  }
  return Changed(std::move(row), [&](auto& reading) { reading.thread_rows = threads; });
}

double ThreadCpu(const Table& table) {
  for (const ThreadGroup& threads : table.Find("a").thread_groups) {
    if (threads.name == "worker") return threads.counters.cpu_user_seconds;
  }
  return -1;
}

TEST(ProcessTable, CountsThreadsThatRanBeforeFromZero) {
  Table table;
  table.Update({WithThreads(Row(1, "a", 0), {10, 20})});
  table.Update({WithThreads(Row(1, "a", 0), {11, 22})});
  EXPECT_DOUBLE_EQ(ThreadCpu(table), 3);
}

TEST(ProcessTable, CountsAllOfThreadsOfAProcessThatStartedLater) {
  Table table;
  table.Update({Row(1, "b", 0)});
  table.Update({Row(1, "b", 0), WithThreads(Newborn(table, 2, "a", 0), {1, 2})});
  EXPECT_DOUBLE_EQ(ThreadCpu(table), 3);
}

// The second thread of two calls exec, and becomes the first.
TEST(ProcessTable, DoesNotCountAThreadAnewThatCalledExec) {
  Table table;
  table.Update({WithThreads(Row(1, "a", 0), {10, 500})});
  const Process after = Changed(WithThreads(Row(1, "a", 0), {501, 0}), [](ProcessReading& reading) {
    auto threads = std::make_shared<ProcessThreads>(*reading.thread_rows);
    threads->executed_tid = 2;
    reading.thread_rows = std::move(threads);
  });
  table.Update({after});
  EXPECT_DOUBLE_EQ(ThreadCpu(table), 1);
}

TEST(ProcessTable, CountsNoSwitchesAnewWhenThreadsAreReadFromNowOn) {
  Table table;
  const auto switched = [](Process row, std::uint64_t times) {
    return Changed(std::move(row), [times](ProcessReading& reading) {
      reading.counters.voluntary_switches = times;
    });
  };
  table.Update({switched(Row(1, "a", 0), 5)});
  table.Update({switched(WithThreads(Row(1, "a", 0), {1, 1}), 16'000)});
  table.Update({switched(WithThreads(Row(1, "a", 0), {1, 1}), 16'003)});
  EXPECT_EQ(table.Find("a").counters.voluntary_switches, 3U);
}

TEST(ProcessTable, CountsNoBytesOfAThreadThatNobodyCouldRead) {
  Table table;
  const auto with_io = [](bool has_io, std::uint64_t bytes) {
    return Changed(WithThreads(Row(1, "a", 0), {1, 1}), [=](ProcessReading& reading) {
      auto threads = std::make_shared<ProcessThreads>(*reading.thread_rows);
      threads->threads.front().has_io = has_io;
      threads->threads.front().read_bytes = bytes;
      reading.thread_rows = std::move(threads);
    });
  };
  table.Update({with_io(false, 0)});
  table.Update({with_io(true, 1000)});
  table.Update({with_io(true, 1010)});
  const Group group = table.Find("a");
  const auto threads = std::ranges::find(group.thread_groups, "worker", &ThreadGroup::name);
  ASSERT_NE(threads, group.thread_groups.end());
  EXPECT_EQ(threads->counters.read_bytes, 10U);
}

TEST(ProcessTable, DoesNotCountTheOnlyThreadOfAProcessApart) {
  Table table;
  table.Update({WithThreads(Row(1, "a", 0), {10})});
  EXPECT_EQ(ThreadCpu(table), -1);
}

}  // namespace
}  // namespace procmarshal::testing
