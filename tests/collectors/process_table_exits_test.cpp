// What processes did between their last sample and their end, as those tell who waited for them.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

// Every process of these tests has so many page faults when it is first seen.
constexpr std::uint64_t kFaults = 10;

Process Child(pid_t pid, const std::string& name, pid_t parent, double cpu) {
  return Changed(Row(pid, name, cpu), [parent](auto& reading) { reading.parent = parent; });
}

// The process after it waited for children that had used that.
Process Waited(Process row, double cpu, std::uint64_t faults) {
  return Changed(std::move(row), [&](auto& reading) {
    reading.children.cpu_user_seconds += cpu;
    reading.children.minor_faults += faults;
  });
}

Process WithThreads(Process row, std::uint32_t threads) {
  return Changed(std::move(row), [threads](auto& reading) { reading.threads = threads; });
}

Process WithBytesRead(Process row, std::uint64_t bytes) {
  return Changed(std::move(row), [bytes](auto& reading) { reading.counters.read_bytes = bytes; });
}

Process StartedAt(Process row, std::uint64_t ticks) {
  return Changed(std::move(row), [ticks](auto& reading) { reading.key.start_ticks = ticks; });
}

Process Zombie(Process row) {
  return Changed(std::move(row), [](auto& reading) { reading.state = 'Z'; });
}

const Process kInit = Row(1, "init", 0);
const Process kMake = Child(10, "make", 1, 0);

// Two samples, a second apart.
void Sample(Table& table, std::vector<Process> before, std::vector<Process> after) {
  table.Update(std::move(before));
  table.UpdateAfter(seconds(1), std::move(after));
}

TEST(ProcessTableExits, GiveTheLastIntervalOfAChildToItsGroup) {
  Table table;
  Sample(table, {kMake, Child(11, "cc", 10, 5)}, {Waited(kMake, 5.2, kFaults + 3)});
  EXPECT_NEAR(table.CpuOf("cc"), 0.2, 1e-9);
  EXPECT_EQ(table.Find("cc").counters.minor_faults, 3U);
  EXPECT_NEAR(table.CpuOf("make"), 0, 1e-9);
}

TEST(ProcessTableExits, GiveTheLastIntervalOfAChildWithALowerPidToItsGroup) {
  Table table;
  Sample(table, {Child(9, "cc", 10, 5), kMake}, {Waited(kMake, 5.2, kFaults)});
  EXPECT_NEAR(table.CpuOf("cc"), 0.2, 1e-9);
}

TEST(ProcessTableExits, GiveWhatNobodySawToTheParentsGroup) {
  Table table;
  Sample(table, {kMake}, {Waited(kMake, 0.2, kFaults)});
  EXPECT_NEAR(table.CpuOf("make"), 0.2, 1e-9);
  EXPECT_EQ(table.Find("make").counters.minor_faults, kFaults);
}

TEST(ProcessTableExits, CountAChildThatStartedLaterOnce) {
  Table table;
  table.Update({kMake});
  table.UpdateAfter(seconds(1), {kMake, StartedAt(Child(11, "cc", 10, 0.75), table.TicksNow())});
  table.UpdateAfter(seconds(1), {Waited(kMake, 1, kFaults)});
  EXPECT_NEAR(table.CpuOf("cc"), 1, 1e-9);
  EXPECT_NEAR(table.CpuOf("make"), 0, 1e-9);
}

TEST(ProcessTableExits, CountTheChildrenOfAChildOnce) {
  const Process shell = Child(11, "sh", 10, 1);
  Table table;
  Sample(table, {kMake, Waited(shell, 4, 100)}, {Waited(kMake, 5.25, 100 + kFaults)});
  EXPECT_NEAR(table.CpuOf("sh") + table.CpuOf("make"), 0.25, 1e-9);
}

TEST(ProcessTableExits, CountAllChildrenOfAProcessThatStartedLater) {
  Table table;
  table.Update({kInit});
  const Process make = StartedAt(kMake, table.TicksNow());
  table.UpdateAfter(seconds(1), {kInit, Waited(make, 0.5, kFaults)});
  EXPECT_NEAR(table.CpuOf("make"), 0.5, 1e-9);
}

TEST(ProcessTableExits, TellNothingWhereTheParentDoesNotWait) {
  Table table;
  Sample(table, {kInit, kMake, Child(11, "cc", 10, 5)}, {kInit, kMake});
  EXPECT_EQ(table.CpuOf("cc"), 0);
  EXPECT_EQ(table.CpuOf("make"), 0);
}

TEST(ProcessTableExits, CountWhatInitWaitedForWhenTheParentEndedFirst) {
  Table table;
  Sample(table, {kInit, Child(10, "make", 1, 2), Child(11, "cc", 10, 5)},
         {Waited(kInit, 7.4, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("make"), 0.2, 1e-9);
  EXPECT_NEAR(table.CpuOf("cc"), 0.2, 1e-9);
  EXPECT_NEAR(table.CpuOf("init"), 0, 1e-9);
}

TEST(ProcessTableExits, CountWhatASubreaperWaitedFor) {
  const Process shim = Child(20, "shim", 1, 0);
  Table table;
  Sample(table, {kInit, Child(10, "sh", 20, 0), Child(11, "cc", 10, 5), shim},
         {kInit, Waited(shim, 5.4, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("sh") + table.CpuOf("cc"), 0.4, 1e-9);
  EXPECT_NEAR(table.CpuOf("shim"), 0, 1e-9);
}

TEST(ProcessTableExits, CountAGrandchildThatItsParentWaitedFor) {
  Table table;
  Sample(table, {kMake, Child(11, "sh", 10, 1), Child(12, "cc", 11, 5)},
         {Waited(kMake, 6.6, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("sh") + table.CpuOf("cc"), 0.6, 1e-9);
  EXPECT_NEAR(table.CpuOf("make"), 0, 1e-9);
}

TEST(ProcessTableExits, CountAnOrphanWhoseParentIsAZombie) {
  Table table;
  Sample(table, {kInit, kMake, Child(11, "cc", 10, 5)},
         {Waited(kInit, 5.5, kFaults), Zombie(kMake)});
  EXPECT_NEAR(table.CpuOf("cc"), 0.5, 1e-9);
  EXPECT_NEAR(table.CpuOf("init"), 0, 1e-9);
}

// A process that does not run is not read again, so its reading has the parent of before.
TEST(ProcessTableExits, CountAnOrphanWhoseParentEndedLongAgo) {
  const Process shim = Child(5, "shim", 1, 0);
  const Process orphan = Child(11, "cc", 10, 5);
  const Process waited = Waited(shim, 0, kFaults);
  Table table;
  table.Update({kInit, shim, Child(10, "sh", 5, 0), orphan});
  table.UpdateAfter(seconds(1), {kInit, waited, orphan});
  table.UpdateAfter(seconds(1), {kInit, waited, orphan});
  table.UpdateAfter(seconds(1), {kInit, Waited(waited, 5.5, kFaults)});
  EXPECT_NEAR(table.CpuOf("cc"), 0.5, 1e-9);
  EXPECT_NEAR(table.CpuOf("shim"), 0, 1e-9);
}

TEST(ProcessTableExits, ShareWhatIsLeftByTheThreadsOfThoseThatEnded) {
  Table table;
  Sample(table, {kMake, Child(11, "cc", 10, 5), WithThreads(Child(12, "ld", 10, 1), 3)},
         {Waited(kMake, 6.4, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("cc"), 0.1, 1e-9);
  EXPECT_NEAR(table.CpuOf("ld"), 0.3, 1e-9);
}

TEST(ProcessTableExits, LoseNoFaultByRounding) {
  Table table;
  Sample(table, {kMake, Child(11, "cc", 10, 5), Child(12, "ld", 10, 1)},
         {Waited(kMake, 6, (2 * kFaults) + 5)});
  EXPECT_EQ(table.Find("cc").counters.minor_faults, 2U);
  EXPECT_EQ(table.Find("ld").counters.minor_faults, 2U);
  EXPECT_EQ(table.Find("make").counters.minor_faults, 1U);
}

TEST(ProcessTableExits, GiveWhatAChildCannotHaveDoneToTheParentsGroup) {
  Table table;
  Sample(table, {kMake, Child(11, "cc", 10, 5)}, {Waited(kMake, 5 + 4, kFaults)});
  EXPECT_NEAR(table.CpuOf("cc"), 1, 1e-9);
  EXPECT_NEAR(table.CpuOf("make"), 3, 1e-9);
}

TEST(ProcessTableExits, CountTheBytesOfAChildOnce) {
  Table table;
  Sample(table, {WithBytesRead(kMake, 1000), WithBytesRead(Child(11, "cc", 10, 5), 500)},
         {WithBytesRead(Waited(kMake, 5, kFaults), 1000 + 700 + 50)});
  EXPECT_EQ(table.Find("make").counters.read_bytes, 250U);
  EXPECT_EQ(table.Find("cc").counters.read_bytes, 0U);
}

TEST(ProcessTableExits, CountTheBytesOfAParentThatDoesNotWait) {
  Table table;
  Sample(table, {kMake, WithBytesRead(Child(11, "cc", 10, 5), 500)}, {WithBytesRead(kMake, 300)});
  EXPECT_EQ(table.Find("make").counters.read_bytes, 300U);
}

TEST(ProcessTableExits, TakeAProcessWithThePidOfTheParentForAnother) {
  Table table;
  table.Update({kInit, kMake, Child(11, "cc", 10, 5)});
  const Process other = StartedAt(Child(10, "sh", 1, 0), table.TicksNow());
  table.UpdateAfter(seconds(1), {Waited(kInit, 5.4, 2 * kFaults), Waited(other, 3, kFaults)});
  EXPECT_NEAR(table.CpuOf("cc") + table.CpuOf("make"), 0.4, 1e-9);
  EXPECT_NEAR(table.CpuOf("sh"), 3, 1e-9);
  EXPECT_NEAR(table.CpuOf("init"), 0, 1e-9);
}

TEST(ProcessTableExits, CountAZombieOnce) {
  Table table;
  Sample(table, {kMake, Child(11, "cc", 10, 5)}, {kMake, Zombie(Child(11, "cc", 10, 6))});
  table.UpdateAfter(seconds(1), {Waited(kMake, 6, kFaults)});
  EXPECT_NEAR(table.CpuOf("cc"), 1, 1e-9);
  EXPECT_NEAR(table.CpuOf("make"), 0, 1e-9);
}

// The parent is read, waits for the child, and then it is the child's turn.
TEST(ProcessTableExits, CountOnceWhatEndsAfterItsParentWasRead) {
  Table table;
  Sample(table, {kMake, Child(11, "cc", 10, 5)}, {kMake});
  table.UpdateAfter(seconds(1), {Waited(kMake, 5.25, kFaults)});
  EXPECT_NEAR(table.CpuOf("make") + table.CpuOf("cc"), 0.25, 1e-9);
}

TEST(ProcessTableExits, CountOnceWhatEndsAfterItsParentWasReadThatEndsLikewise) {
  Table table;
  Sample(table, {kMake, Child(11, "sh", 10, 2), Child(12, "cc", 11, 5)},
         {kMake, Child(11, "sh", 10, 2)});
  table.UpdateAfter(seconds(1), {kMake});
  table.UpdateAfter(seconds(1), {Waited(kMake, 7.25, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("make") + table.CpuOf("sh") + table.CpuOf("cc"), 0.25, 1e-9);
}

// The child is read, the parent waits for it, and then it is the parent's turn.
TEST(ProcessTableExits, CountOnceWhatEndsBeforeItsParentIsRead) {
  const Process child = Child(9, "cc", 10, 5);
  Table table;
  Sample(table, {child, kMake}, {child, Waited(kMake, 5.25, kFaults)});
  EXPECT_EQ(table.CpuOf("make") + table.CpuOf("cc"), 0);
  table.UpdateAfter(seconds(1), {Waited(kMake, 5.25, kFaults)});
  EXPECT_NEAR(table.CpuOf("make") + table.CpuOf("cc"), 0.25, 1e-9);
}

TEST(ProcessTableExits, CountBytesOnceOfWhatEndsBeforeItsParentIsRead) {
  const Process child = WithBytesRead(Child(9, "cc", 10, 5), 500);
  const Process parent = WithBytesRead(Waited(kMake, 5, kFaults), 600);
  Table table;
  Sample(table, {child, kMake}, {child, parent});
  table.UpdateAfter(seconds(1), {parent});
  EXPECT_EQ(table.Find("make").counters.read_bytes, 100U);
}

TEST(ProcessTableExits, DoNotWithholdForLongWhatAChildWithALowerPidLeavesOpen) {
  const Process child = Child(9, "cc", 10, 5);
  Table table;
  Sample(table, {child, kMake}, {child, Waited(kMake, 1, kFaults)});
  table.UpdateAfter(seconds(1), {child, Waited(kMake, 3, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("make"), 1, 1e-9);
  table.UpdateAfter(seconds(1), {child, Waited(kMake, 3, 2 * kFaults)});
  EXPECT_NEAR(table.CpuOf("make"), 3, 1e-9);
}

TEST(ProcessTableExits, GiveWhatWasLeftOpenToTheGroupOfAParentThatHasEndedSince) {
  const Process child = Child(9, "cc", 10, 0);
  Table table;
  Sample(table, {kInit, child, kMake}, {kInit, child, Waited(kMake, 1, kFaults)});
  table.UpdateAfter(seconds(1), {Waited(kInit, 1, 2 * kFaults), child});
  EXPECT_NEAR(table.CpuOf("make"), 1, 1e-9);
  EXPECT_NEAR(table.CpuOf("init"), 0, 1e-9);
}

TEST(ProcessTableExits, CountNothingOfAProcessThatIsInNoGroup) {
  GroupRule rule;
  rule.name = "make";
  rule.match.comm = {"make"};
  Table table;
  table.Configure({rule});
  table.Update({kMake, Child(11, "cc", 10, 5)});
  table.UpdateAfter(seconds(1), {Waited(kMake, 5.2, kFaults)});
  EXPECT_NEAR(table.CpuOf("make"), 0, 1e-9);
}

TEST(ProcessTableExits, CountForReadersToo) {
  Table table;
  table.Update({kMake, Child(11, "cc", 10, 5)});
  table.Time().Advance(seconds(1));
  table.Update({Waited(kMake, 5.2, kFaults)}, SampleKind::kOnDemand);
  EXPECT_NEAR(table.CpuOf("cc"), 0.2, 1e-9);
}

}  // namespace
}  // namespace procmarshal::testing
