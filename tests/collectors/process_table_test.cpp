#include "collectors/process_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

// The row of a process that started just now.
Process Newborn(const Table& table, const Process& row) {
  return Changed(row, [&](ProcessReading& reading) { reading.key.start_ticks = table.TicksNow(); });
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
  const Process later = Changed(Newborn(table, Row(2, "a", 3)), [](ProcessReading& reading) {
    reading.counters.read_bytes = 4096;
  });
  table.Update({Row(1, "a", 50), later});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 3);
  EXPECT_EQ(table.Find("a").counters.read_bytes, 4096U);
}

TEST(ProcessTable, LosesNothingOfAGroupWhenAProcessEnds) {
  Table table;
  table.Update({Row(1, "a", 50), Row(2, "a", 10)});
  table.Update({Row(1, "a", 51), Row(2, "a", 12)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 3);
  table.Update({Row(1, "a", 51.5)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 3.5);
}

TEST(ProcessTable, TakesAReusedPidForAnotherProcess) {
  Table table;
  table.Update({Row(1, "a", 50)});
  table.Update({Newborn(table, Row(1, "b", 2))});
  EXPECT_EQ(table.CpuOf("a"), 0);
  EXPECT_EQ(table.Find("a").processes, 0U);
  EXPECT_DOUBLE_EQ(table.CpuOf("b"), 2);
}

TEST(ProcessTable, MovesAProcessThatChangesItsName) {
  Table table;
  table.Update({Row(1, "sh", 50)});
  const auto rows = table.Update({Row(1, "nginx", 51)});
  EXPECT_EQ(*rows[0].group, "nginx");
  EXPECT_EQ(table.Find("sh").processes, 0U);
  EXPECT_EQ(table.Find("nginx").processes, 1U);
  EXPECT_DOUBLE_EQ(table.CpuOf("nginx"), 1);
}

TEST(ProcessTable, IoThatBecomesReadableStartsFromThere) {
  Table table;
  const auto row = [](bool has_io, std::uint64_t bytes) {
    return Changed(Row(1, "a", 0), [=](ProcessReading& reading) {
      reading.has_io = has_io;
      reading.counters.read_bytes = bytes;
    });
  };
  table.Update({row(false, 0)});
  table.Update({row(true, 1000)});
  EXPECT_EQ(table.Find("a").counters.read_bytes, 0U);
  table.Update({row(true, 1500)});
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
  table.Time().Advance(seconds(10));
  const Process row = Changed(Newborn(table, Row(1, "a", 1)), [](ProcessReading& reading) {
    reading.key.start_ticks -= 200;  // two seconds old
  });
  EXPECT_DOUBLE_EQ(table.Update({row})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, HasNoRateForALifeOfMilliseconds) {
  Table table;
  table.Update({});
  table.Time().Advance(seconds(10));
  const Process row = Newborn(table, Row(1, "a", 0.1));
  EXPECT_TRUE(std::isnan(table.Update({row}, SampleKind::kOnDemand)[0].cpu_ratio));
  EXPECT_TRUE(std::isnan(table.Update({row})[0].cpu_ratio));
  const Process later =
      Changed(row, [](ProcessReading& reading) { reading.counters.cpu_user_seconds = 0.6; });
  EXPECT_DOUBLE_EQ(table.UpdateAfter(seconds(1), {later})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, GivesTheShareOfTheHostsMemory) {
  Table table;
  const Process row =
      Changed(Row(1, "a", 0), [](ProcessReading& reading) { reading.resident_bytes = 256000; });
  EXPECT_DOUBLE_EQ(table.Update({row})[0].memory_ratio, 0.25);
  table.Tree().Remove("meminfo");  // it is remembered
  EXPECT_DOUBLE_EQ(table.UpdateAfter(ProcessTable::kRefreshInterval, {row})[0].memory_ratio, 0.25);
}

TEST(ProcessTable, FailsWhenTheMemoryIsUnknown) {
  Table table;
  table.Tree().Write("meminfo", "MemFree: 5 kB\n");
  const auto updated = table.Get().Update(table.Time().Boot(), SampleKind::kScheduled, {});
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().message, "meminfo: expected a line \"MemTotal: NUMBER kB\"");
}

TEST(ProcessTable, CountsTheThreadsOfEachUser) {
  Table table;
  const auto row = [](pid_t pid, uid_t user, std::uint32_t threads) {
    return Changed(Row(pid, "a", 0), [=](ProcessReading& reading) {
      reading.real_uid = user;
      reading.threads = threads;
    });
  };
  const auto rows = table.Update({row(1, 5, 3), row(2, 6, 10), row(3, 5, 4)});
  EXPECT_EQ(rows[0].user_threads, 7U);
  EXPECT_EQ(rows[1].user_threads, 10U);
  EXPECT_EQ(rows[2].user_threads, 7U);
}

TEST(ProcessTable, ReadsDetails) {
  Table table;
  const auto info = table.Update({Row(1001, "webapp", 0)})[0].info;
  EXPECT_EQ(info->unit, "fixture.service");
  EXPECT_EQ(info->cgroup, "/system.slice/fixture.service");
  EXPECT_EQ(info->slice, "system.slice");
  EXPECT_EQ(info->container, "");
  EXPECT_EQ(info->user, "root");
  ASSERT_TRUE(info->limits);
  EXPECT_GT(info->limits->Soft(Limit::kNofile), 0);
}

TEST(ProcessTable, DetailsThatMayNotBeReadStayEmpty) {
  Table table("linux-6.18-hidepid1");
  const AsNobody nobody;
  EXPECT_FALSE(table.Update({Row(1001, "webapp", 0)})[0].info->limits);
}

// Whether the details are read again when `change` happened to the row and `wait` went by.
bool IsReadAgain(const std::function<void(ProcessReading&)>& change, seconds wait) {
  Table table;
  const Process row =
      Changed(Row(1001, "webapp", 0), [](ProcessReading& reading) { reading.exec_id = 7; });
  table.Update({row});
  table.Tree().Write("1001/cgroup", "0::/changed\n");
  return table.UpdateAfter(wait, {Changed(row, change)})[0].info->cgroup == "/changed";
}

TEST(ProcessTable, ReadsDetailsAgainOnlyWhenTheyCanHaveChanged) {
  EXPECT_FALSE(IsReadAgain([](ProcessReading&) {}, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](ProcessReading& row) { row.exec_id = 8; }, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](ProcessReading& row) { row.name = "other"; }, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](ProcessReading& row) { row.uid = 1; }, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](ProcessReading&) {}, ProcessTable::kRefreshInterval));
}

TEST(ProcessTable, DoesNotReadAllDetailsAgainAtOnce) {
  Table table;
  std::vector<Process> rows;
  for (pid_t pid = 1001; pid <= 1008; ++pid) rows.push_back(Row(pid, "a", 0));
  table.Update(rows);
  for (pid_t pid = 1001; pid <= 1008; ++pid) {
    table.Tree().Write(std::to_string(pid) + "/cgroup", "0::/changed\n");
  }
  std::ptrdiff_t changed = 0;
  for (int i = 0; i < 60; ++i) {
    const auto after = table.UpdateAfter(seconds(5), rows);
    const auto now = std::ranges::count_if(
        after, [](const Process& row) { return row.info->cgroup == "/changed"; });
    EXPECT_LE(now - changed, 3);
    changed = now;
  }
  EXPECT_EQ(changed, 8);
}

TEST(ProcessTable, ReadsTheDetailsOfANewProcessTwice) {
  Table table;
  table.Update({});
  const Process row = Newborn(table, Row(1001, "webapp", 0));
  table.Update({row});
  table.Tree().Write("1001/cgroup", "0::/system.slice/moved.service\n");
  EXPECT_EQ(table.UpdateAfter(seconds(5), {row})[0].info->unit, "moved.service");
}

}  // namespace
}  // namespace procmarshal::testing
