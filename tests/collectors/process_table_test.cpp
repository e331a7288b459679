#include "collectors/process_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "tests/support/fixture.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

// A table over an empty host; each test says what the source has read.
class Table {
 public:
  explicit Table(const char* tree = "linux-6.18") : tree_(tree) {
    tree_.Write("meminfo", "MemTotal: 1000 kB\n");
  }

  std::vector<Process> Update(std::vector<Process> rows, SampleKind kind = SampleKind::kScheduled) {
    const auto updated = table_.Update(clock_.Boot(), kind, rows);
    if (!updated) throw std::runtime_error(updated.error().message);
    return rows;
  }
  void Wait(seconds time) { clock_.Advance(time); }
  [[nodiscard]] Group Find(const std::string& name) const {
    const auto& groups = table_.Groups();
    const auto found = std::ranges::find(groups, name, &Group::name);
    return found == groups.end() ? Group{} : *found;
  }
  [[nodiscard]] std::uint64_t TicksNow() const {
    return static_cast<std::uint64_t>(Seconds(clock_.Boot().time_since_epoch()) * 100);
  }
  const ProcTree& Tree() { return tree_; }
  ProcessTable& Get() { return table_; }
  ManualClock& Time() { return clock_; }

 private:
  ManualClock clock_;
  ProcTree tree_;
  ProcessTable table_ = ProcessTable::Open(tree_.Fs()).value();
};

Process Row(pid_t pid, const std::string& name, double cpu) {
  Process row;
  row.key = {pid, 100};
  row.name = name;
  row.state = 'S';
  row.threads = 1;
  row.cpu_user_seconds = cpu;
  row.has_io = true;
  return row;
}

TEST(ProcessTable, CountsWhatRanBeforeFromZero) {
  Table table;
  table.Update({Row(1, "a", 50)});
  EXPECT_EQ(table.Find("a").counters.cpu_user_seconds, 0);
  table.Update({Row(1, "a", 52.5)});
  EXPECT_DOUBLE_EQ(table.Find("a").counters.cpu_user_seconds, 2.5);
}

TEST(ProcessTable, CountsAllOfWhatStartedLater) {
  Table table;
  table.Update({Row(1, "a", 50)});
  Process later = Row(2, "a", 3);
  later.key.start_ticks = table.TicksNow();
  later.read_bytes = 4096;
  table.Update({Row(1, "a", 50), later});
  EXPECT_DOUBLE_EQ(table.Find("a").counters.cpu_user_seconds, 3);
  EXPECT_EQ(table.Find("a").counters.read_bytes, 4096U);
}

TEST(ProcessTable, NeverLetsAGroupsCounterFall) {
  Table table;
  table.Update({Row(1, "a", 50), Row(2, "a", 10)});
  table.Update({Row(1, "a", 51), Row(2, "a", 12)});
  EXPECT_DOUBLE_EQ(table.Find("a").counters.cpu_user_seconds, 3);
  table.Update({Row(1, "a", 50.5)});  // one has ended, the other shows less than before
  EXPECT_DOUBLE_EQ(table.Find("a").counters.cpu_user_seconds, 3);
  table.Update({Row(1, "a", 51.5)});
  EXPECT_DOUBLE_EQ(table.Find("a").counters.cpu_user_seconds, 3.5);
}

TEST(ProcessTable, TakesAReusedPidForAnotherProcess) {
  Table table;
  table.Update({Row(1, "a", 50)});
  Process successor = Row(1, "b", 2);
  successor.key.start_ticks = table.TicksNow();
  table.Update({successor});
  EXPECT_EQ(table.Find("a").counters.cpu_user_seconds, 0);
  EXPECT_EQ(table.Find("a").processes, 0U);
  EXPECT_DOUBLE_EQ(table.Find("b").counters.cpu_user_seconds, 2);
}

TEST(ProcessTable, MovesAProcessThatChangesItsName) {
  Table table;
  table.Update({Row(1, "sh", 50)});
  table.Update({Row(1, "nginx", 51)});
  EXPECT_EQ(table.Find("sh").processes, 0U);
  EXPECT_EQ(table.Find("nginx").processes, 1U);
  EXPECT_DOUBLE_EQ(table.Find("nginx").counters.cpu_user_seconds, 1);
}

TEST(ProcessTable, KeepsAGroupWithoutProcesses) {
  Table table;
  table.Update({Row(1, "a", 50)});
  table.Update({});
  const Group group = table.Find("a");
  EXPECT_EQ(group.name, "a");
  EXPECT_EQ(group.processes, 0U);
  EXPECT_EQ(group.oldest_start_time_seconds, 0);
}

TEST(ProcessTable, IoThatBecomesReadableStartsFromThere) {
  Table table;
  Process row = Row(1, "a", 0);
  row.has_io = false;
  table.Update({row});
  row.has_io = true;
  row.read_bytes = 1000;
  table.Update({row});
  EXPECT_EQ(table.Find("a").counters.read_bytes, 0U);
  row.read_bytes = 1500;
  table.Update({row});
  EXPECT_EQ(table.Find("a").counters.read_bytes, 500U);
}

TEST(ProcessTable, HasNoRateBeforeTheSecondSample) {
  Table table;
  EXPECT_TRUE(std::isnan(table.Update({Row(1, "a", 50)})[0].cpu_ratio));
  table.Wait(seconds(10));
  EXPECT_DOUBLE_EQ(table.Update({Row(1, "a", 55)})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, TakesRatesBetweenScheduledSamplesOnly) {
  Table table;
  table.Update({Row(1, "a", 0)});
  table.Wait(seconds(4));
  EXPECT_DOUBLE_EQ(table.Update({Row(1, "a", 4)}, SampleKind::kOnDemand)[0].cpu_ratio, 1);
  table.Wait(seconds(1));
  // Over the whole five seconds, not since a reader asked.
  EXPECT_DOUBLE_EQ(table.Update({Row(1, "a", 4)})[0].cpu_ratio, 0.8);
}

TEST(ProcessTable, RatesANewProcessOverItsLife) {
  Table table;
  table.Update({});
  table.Wait(seconds(10));
  Process row = Row(1, "a", 1);
  row.key.start_ticks = table.TicksNow() - 200;  // two seconds old
  EXPECT_DOUBLE_EQ(table.Update({row})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, HasNoRateForALifeOfMilliseconds) {
  Table table;
  table.Update({});
  table.Wait(seconds(10));
  Process row = Row(1, "a", 0.1);
  row.key.start_ticks = table.TicksNow();
  EXPECT_TRUE(std::isnan(table.Update({row}, SampleKind::kOnDemand)[0].cpu_ratio));
  EXPECT_TRUE(std::isnan(table.Update({row})[0].cpu_ratio));
  table.Wait(seconds(1));
  row.cpu_user_seconds = 0.6;
  EXPECT_DOUBLE_EQ(table.Update({row})[0].cpu_ratio, 0.5);
}

TEST(ProcessTable, PutsAKernelWorkersTasksInOneGroup) {
  Table table;
  const auto f = [&](const std::string& name) {
    return table.Update({Row(1, name, 0)})[0].info->group;
  };
  EXPECT_EQ(f("kworker/0:1-events"), "kworker/0:1");
  EXPECT_EQ(f("kworker/u8:0+flush-254:0"), "kworker/u8:0");
  EXPECT_EQ(f("kworker/1:0H"), "kworker/1:0H");
  EXPECT_EQ(f("my-app+1"), "my-app+1");
}

TEST(ProcessTable, GivesTheShareOfTheHostsMemory) {
  Table table;
  Process row = Row(1, "a", 0);
  row.resident_bytes = 256000;
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
  table.Wait(ProcessTable::kRefreshInterval);
  Process row = Row(1, "a", 0);
  row.resident_bytes = 256000;
  EXPECT_DOUBLE_EQ(table.Update({row})[0].memory_ratio, 0.25);
}

TEST(ProcessTable, ReadsDetails) {
  Table table;
  const auto info = table.Update({Row(1001, "webapp", 0)})[0].info;
  EXPECT_EQ(info->command_line, "/usr/bin/python3 capture.py linux-6.18");
  EXPECT_THAT(info->executable, ::testing::StartsWith("/usr/bin/python3"));
  EXPECT_EQ(info->unit, "fixture.service");
  EXPECT_EQ(info->cgroup, "/system.slice/fixture.service");
  EXPECT_EQ(info->container, "");
  EXPECT_EQ(info->user, "root");
  EXPECT_EQ(info->group, "webapp");
  EXPECT_EQ(info->slice, "system.slice");
  EXPECT_EQ(info->pod, "");
  ASSERT_TRUE(info->limits);
  EXPECT_GT(info->limits->Soft(Limit::kNofile), 0);
}

TEST(ProcessTable, KnowsAnEmptyCommandLine) {
  Table table;
  const auto rows = table.Update({Row(2, "kthreadd", 0), Row(1005, "wiped", 0)});
  EXPECT_EQ(rows[0].info->command_line, "");
  EXPECT_EQ(rows[1].info->command_line, "");
}

TEST(ProcessTable, DetailsThatMayNotBeReadStayEmpty) {
  Table table("linux-6.18-hidepid1");
  const AsNobody nobody;
  const auto info = table.Update({Row(1001, "webapp", 0)})[0].info;
  EXPECT_EQ(info->command_line, "");
  EXPECT_EQ(info->executable, "");
  EXPECT_FALSE(info->limits);
}

// Whether the details are read again when `change` happened to the row and `wait` went by.
bool IsReadAgain(const std::function<void(Process&)>& change, seconds wait) {
  Table table;
  Process row = Row(1001, "webapp", 0);
  row.exec_id = 7;
  table.Update({row});
  table.Tree().Write("1001/cmdline", "changed");
  table.Wait(wait);
  change(row);
  return table.Update({row})[0].info->command_line == "changed";
}

TEST(ProcessTable, ReadsDetailsAgainOnlyWhenTheyCanHaveChanged) {
  EXPECT_FALSE(IsReadAgain([](Process&) {}, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](Process& row) { row.exec_id = 8; }, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](Process& row) { row.name = "other"; }, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](Process& row) { row.uid = 1; }, seconds(5)));
  EXPECT_TRUE(IsReadAgain([](Process&) {}, ProcessTable::kRefreshInterval));
}

TEST(ProcessTable, DoesNotReadAllDetailsAgainAtOnce) {
  Table table;
  std::vector<Process> rows;
  for (pid_t pid = 1001; pid <= 1008; ++pid) rows.push_back(Row(pid, "a", 0));
  auto before = table.Update(rows);
  std::size_t times = 0;
  for (int i = 0; i < 60; ++i) {
    table.Wait(seconds(5));
    const auto after = table.Update(rows);
    std::size_t again = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) again += before[k].info != after[k].info ? 1 : 0;
    EXPECT_LE(again, 3U);
    times += again;
    before = after;
  }
  EXPECT_GE(times, rows.size());
}

TEST(ProcessTable, ReadsTheDetailsOfANewProcessTwice) {
  Table table;
  table.Update({});
  Process row = Row(1001, "webapp", 0);
  row.key.start_ticks = table.TicksNow();
  table.Update({row});
  table.Tree().Write("1001/cgroup", "0::/system.slice/moved.service\n");
  table.Wait(seconds(5));
  EXPECT_EQ(table.Update({row})[0].info->unit, "moved.service");
}

}  // namespace
}  // namespace procmarshal::testing
