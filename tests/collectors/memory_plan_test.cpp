#include "collectors/memory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr BootTime kNow{hours(2)};
constexpr MemoryReading kReading{.pss_bytes = 1, .swap_pss_bytes = 2, .mappings = 3};

Process MakeProcess(pid_t pid, std::uint64_t resident_bytes = 1000) {
  ProcessReading reading;
  reading.key = {.pid = pid, .start_ticks = 100};
  reading.resident_bytes = resident_bytes;
  reading.virtual_bytes = 5000;
  return MakeRow(reading);
}

// A plan and the processes that it knows.
class Plan {
 public:
  explicit Plan(std::vector<Process> processes) { See(std::move(processes)); }

  void See(std::vector<Process> processes) {
    processes_ = std::move(processes);
    plan_.Update(processes_);
  }
  [[nodiscard]] std::vector<pid_t> Choose(BootTime now = kNow, std::size_t most = 100) const {
    std::vector<pid_t> pids;
    for (const ProcessKey key : plan_.Choose(now, most)) pids.push_back(key.pid);
    return pids;
  }
  void Record(pid_t pid, BootTime now, ReadOutcome outcome = ReadOutcome::kOk,
              nanoseconds cost = nanoseconds(0)) {
    plan_.Record(Row(pid)->key, now, {.outcome = outcome, .reading = kReading, .cost = cost});
  }
  [[nodiscard]] const Process& Row(pid_t pid) {
    plan_.Update(processes_);
    return *std::ranges::find(processes_, pid, [](const Process& row) { return row->key.pid; });
  }
  MemoryPlan& Inner() { return plan_; }

 private:
  MemoryPlan plan_;
  std::vector<Process> processes_;
};

TEST(MemoryPlan, ChoosesWhatWasNeverRead) {
  const Plan plan({MakeProcess(1), MakeProcess(2)});
  EXPECT_THAT(plan.Choose(), ElementsAre(1, 2));
}

TEST(MemoryPlan, LeavesYoungProcessesAlone) {
  // A second old, as a second has 100 ticks.
  const Process young = Changed(
      MakeProcess(1), [](ProcessReading& reading) { reading.key.start_ticks = 720'000 - 100; });
  const Plan plan({young, MakeProcess(2)});
  EXPECT_THAT(plan.Choose(), ElementsAre(2));
  EXPECT_THAT(plan.Choose(kNow + MemoryPlan::kYoung), ElementsAre(1, 2));
}

TEST(MemoryPlan, LeavesWhatHasNoMemoryAlone) {
  const Process kernel_thread =
      Changed(MakeProcess(1), [](ProcessReading& reading) { reading.virtual_bytes = 0; });
  const Plan plan({kernel_thread, MakeProcess(2)});
  EXPECT_THAT(plan.Choose(), ElementsAre(2));
}

TEST(MemoryPlan, ForgetsTheMemoryOfAZombie) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow);
  EXPECT_EQ(plan.Row(1).memory.mappings, 3);
  std::vector<Process> rows{Changed(MakeProcess(1), [](ProcessReading& reading) {
    reading.state = 'Z';
    reading.virtual_bytes = reading.resident_bytes = 0;
  })};
  plan.Inner().Update(rows);
  EXPECT_TRUE(std::isnan(rows.front().memory.mappings));
}

TEST(MemoryPlan, LeavesAProcessAloneForAWhile) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow);
  EXPECT_THAT(plan.Choose(kNow + MemoryPlan::kQuietRest - nanoseconds(1)), IsEmpty());
  EXPECT_THAT(plan.Choose(kNow + MemoryPlan::kQuietRest), ElementsAre(1));
}

TEST(MemoryPlan, ReadsSharesOfAProcessThatChangesSooner) {
  Plan plan({MakeProcess(1), MakeProcess(2)});
  plan.Inner().UseSmaps(true);
  for (const pid_t pid : {1, 2}) plan.Record(pid, kNow);
  plan.See({MakeProcess(1), MakeProcess(2, 2000)});
  EXPECT_THAT(plan.Choose(kNow + MemoryPlan::kRest - nanoseconds(1)), IsEmpty());
  EXPECT_THAT(plan.Choose(kNow + MemoryPlan::kRest), ElementsAre(2));
}

TEST(MemoryPlan, LeavesACostlyProcessAloneForLong) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow, ReadOutcome::kOk, milliseconds(1001));
  EXPECT_THAT(plan.Choose(kNow + minutes(10) - nanoseconds(1)), IsEmpty());
  EXPECT_THAT(plan.Choose(kNow + minutes(10)), ElementsAre(1));
}

TEST(MemoryPlan, ChoosesTheOldestReadingFirst) {
  Plan plan({MakeProcess(1), MakeProcess(2), MakeProcess(3)});
  plan.Record(1, kNow - hours(1));
  plan.Record(3, kNow - minutes(90));
  EXPECT_THAT(plan.Choose(), ElementsAre(2, 3, 1));
}

TEST(MemoryPlan, ChoosesTheGreatestChangeFirst) {
  Plan plan({MakeProcess(1, 1000), MakeProcess(2, 1000), MakeProcess(3, 1000)});
  for (const pid_t pid : {1, 2, 3}) plan.Record(pid, kNow - hours(1));
  plan.See({MakeProcess(1, 1010), MakeProcess(2, 1020), MakeProcess(3, 100)});
  EXPECT_EQ(plan.Choose(kNow, 1), std::vector{3});  // shrinking is a change too
  plan.Record(3, kNow);
  EXPECT_EQ(plan.Choose(kNow, 1), std::vector{2});
}

TEST(MemoryPlan, TakesTurnsBetweenChangeAndAge) {
  Plan plan({MakeProcess(1), MakeProcess(2), MakeProcess(3), MakeProcess(4)});
  for (const pid_t pid : {1, 2, 3, 4}) plan.Record(pid, kNow - hours(1) + seconds(pid));
  plan.See({MakeProcess(1), MakeProcess(2), MakeProcess(3, 2000), MakeProcess(4, 3000)});
  EXPECT_THAT(plan.Choose(), ElementsAre(4, 1, 3, 2));
}

TEST(MemoryPlan, ChoosesEachOnlyOnce) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow - hours(1));
  plan.See({MakeProcess(1, 2000)});
  EXPECT_THAT(plan.Choose(), ElementsAre(1));
}

TEST(MemoryPlan, ChoosesNoMoreThanAsked) {
  const Plan plan({MakeProcess(1), MakeProcess(2), MakeProcess(3)});
  EXPECT_THAT(plan.Choose(kNow, 2), ElementsAre(1, 2));
  EXPECT_THAT(plan.Choose(kNow, 0), IsEmpty());
}

TEST(MemoryPlan, FillsInWhatWasRead) {
  Plan plan({MakeProcess(1), MakeProcess(2)});
  plan.Inner().UseSmaps(true);
  plan.Record(2, kNow);
  EXPECT_EQ(plan.Row(2).memory.pss_bytes, 1);
  EXPECT_EQ(plan.Row(2).memory.swap_pss_bytes, 2);
  EXPECT_EQ(plan.Row(2).memory.mappings, 3);
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.pss_bytes));
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.mappings));
}

TEST(MemoryPlan, TakesAPidThatIsUsedAgainForAnotherProcess) {
  Plan plan({MakeProcess(1)});
  const ProcessKey before = plan.Row(1)->key;
  plan.Record(1, kNow);
  const Process other =
      Changed(MakeProcess(1), [](ProcessReading& reading) { reading.key.start_ticks = 200; });
  plan.See({other});
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.mappings));
  plan.Inner().Record(before, kNow, {.outcome = ReadOutcome::kOk, .reading = kReading});
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.mappings));
  EXPECT_THAT(plan.Choose(), ElementsAre(1));
}

TEST(MemoryPlan, FollowsProcessesThatComeAndGo) {
  Plan plan({MakeProcess(1), MakeProcess(3)});
  plan.Record(3, kNow);
  plan.See({MakeProcess(2), MakeProcess(3), MakeProcess(4)});
  EXPECT_THAT(plan.Choose(), ElementsAre(2, 4));
  EXPECT_EQ(plan.Row(3).memory.mappings, 3);
}

TEST(MemoryPlan, DoesNotTryAgainWhatMayNotBeRead) {
  Plan plan({MakeProcess(1), MakeProcess(2)});
  plan.Record(1, kNow, ReadOutcome::kDenied);
  EXPECT_THAT(plan.Choose(kNow + hours(1)), ElementsAre(2));
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.mappings));
  EXPECT_EQ(plan.Inner().Denied(), 1U);
}

TEST(MemoryPlan, TriesADeniedProcessAgainWhenItIsSeenAnew) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow, ReadOutcome::kDenied);
  plan.See({});
  plan.See({MakeProcess(1)});
  EXPECT_THAT(plan.Choose(), ElementsAre(1));
  EXPECT_EQ(plan.Inner().Denied(), 0U);
}

TEST(MemoryPlan, ForgetsWhatWasReadOnceItIsDenied) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow);
  plan.Record(1, kNow, ReadOutcome::kDenied);
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.mappings));
}

TEST(MemoryPlan, KeepsWhatWasReadWhenAReadingFails) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow - minutes(1));
  plan.Record(1, kNow, ReadOutcome::kFailed);
  EXPECT_EQ(plan.Row(1).memory.mappings, 3);
  EXPECT_THAT(plan.Choose(), IsEmpty());
}

TEST(MemoryPlan, ReadsAllAgainWhenSmapsAreTurnedOn) {
  Plan plan({MakeProcess(1)});
  plan.Record(1, kNow);
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.pss_bytes));
  plan.Inner().UseSmaps(true);
  EXPECT_THAT(plan.Choose(), ElementsAre(1));
  EXPECT_EQ(plan.Row(1).memory.mappings, 3);
}

TEST(MemoryPlan, ForgetsSharesWhenSmapsAreTurnedOff) {
  Plan plan({MakeProcess(1)});
  plan.Inner().UseSmaps(true);
  plan.Record(1, kNow);
  plan.Inner().UseSmaps(false);
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.pss_bytes));
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.swap_pss_bytes));
  EXPECT_EQ(plan.Row(1).memory.mappings, 3);
  plan.Record(1, kNow);  // was under way
  EXPECT_TRUE(std::isnan(plan.Row(1).memory.pss_bytes));
}

constexpr double kShare = 0.02;

TEST(CpuBudget, AllowsABurst) {
  CpuBudget budget;
  EXPECT_EQ(budget.Rest(kNow, milliseconds(0), kShare).count(), 0);
  EXPECT_EQ(budget.Rest(kNow, milliseconds(9), kShare).count(), 0);
}

TEST(CpuBudget, RestsUntilTheDebtIsPaid) {
  CpuBudget budget;
  (void)budget.Rest(kNow, milliseconds(0), kShare);
  EXPECT_DOUBLE_EQ(budget.Rest(kNow, milliseconds(20), kShare).count(), 1);
  EXPECT_NEAR(budget.Rest(kNow + milliseconds(900), milliseconds(20), kShare).count(), 0.1, 1e-9);
  EXPECT_EQ(budget.Rest(kNow + milliseconds(1001), milliseconds(20), kShare).count(), 0);
}

TEST(CpuBudget, SavesNothingUp) {
  CpuBudget budget;
  (void)budget.Rest(kNow, milliseconds(0), kShare);
  EXPECT_EQ(budget.Rest(kNow + hours(1), milliseconds(0), kShare).count(), 0);
  EXPECT_DOUBLE_EQ(budget.Rest(kNow + hours(1), milliseconds(20), kShare).count(), 1);
}

TEST(CpuBudget, FollowsTheShare) {
  CpuBudget budget;
  (void)budget.Rest(kNow, milliseconds(0), 0.1);
  EXPECT_DOUBLE_EQ(budget.Rest(kNow, milliseconds(20), 0.1).count(), 0.2);
  EXPECT_DOUBLE_EQ(budget.Rest(kNow, milliseconds(20), 0.2).count(), 0.1);
  EXPECT_TRUE(std::isinf(budget.Rest(kNow + hours(1), milliseconds(50'000'000), 0).count()));
}

TEST(CpuBudget, KeepsItsShareOverTime) {
  CpuBudget budget;
  nanoseconds used{0};
  BootTime now = kNow;
  for (int reading = 0; reading < 10'000; ++reading) {
    now += std::chrono::ceil<nanoseconds>(budget.Rest(now, used, kShare));
    used += milliseconds(1);
    now += milliseconds(1);
  }
  EXPECT_NEAR(Seconds(used) / Seconds(now - kNow), kShare, 0.0001);
}

}  // namespace
}  // namespace procmarshal::testing
