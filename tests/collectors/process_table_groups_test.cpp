// To which groups the table gives processes and their children.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

// Processes with that comm, and maybe what they start.
GroupRule Rule(const std::string& comm, bool children = false) {
  GroupRule rule;
  rule.name = comm;
  rule.match.comm = {comm};
  rule.children = children;
  return rule;
}
GroupRule WithChildren(const std::string& comm) {
  return Rule(comm, true);
}

Process Child(pid_t pid, const std::string& name, pid_t parent) {
  return Changed(Row(pid, name, 0), [parent](auto& reading) { reading.parent = parent; });
}

// Groups without a process go after that.
ProcessSettings KeptFor(seconds time) {
  ProcessSettings settings;
  settings.group_ttl = time;
  return settings;
}

// The groups of the rows, "-" for none.
std::vector<std::string> GroupsOf(const std::vector<Process>& rows) {
  std::vector<std::string> groups;
  groups.reserve(rows.size());
  for (const Process& row : rows) groups.push_back(row.group ? *row.group : "-");
  return groups;
}

// Of a table that sees these for the first time.
std::vector<std::string> Grouped(const std::vector<GroupRule>& rules, std::vector<Process> rows) {
  Table table;
  table.Configure(rules);
  return GroupsOf(table.Update(std::move(rows)));
}

TEST(ProcessTableGroups, AreTheCommsWithoutRules) {
  Table table;
  EXPECT_THAT(GroupsOf(table.Update({Row(1, "a", 0), Row(2, "b", 0)})), ElementsAre("a", "b"));
}

TEST(ProcessTableGroups, AreNoneWhereNoRuleFits) {
  EXPECT_THAT(Grouped({Rule("a")}, {Row(1, "a", 0), Row(2, "b", 0)}), ElementsAre("a", "-"));
}

TEST(ProcessTableGroups, CountNothingOfAProcessInNone) {
  Table table;
  table.Configure({Rule("a")});
  table.Update({Row(1, "a", 0), Row(2, "b", 0)});
  table.Update({Row(1, "a", 1), Row(2, "b", 2)});
  EXPECT_THAT(table.Get().Groups().Shown(), ::testing::SizeIs(1));
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 1);
}

TEST(ProcessTableGroups, ChangeWithTheName) {
  Table table;
  table.Update({Row(1, "sh", 50)});
  table.Update({Row(1, "nginx", 51)});
  EXPECT_EQ(table.Find("sh").processes, 0U);
  EXPECT_EQ(table.Find("nginx").processes, 1U);
  EXPECT_DOUBLE_EQ(table.CpuOf("nginx"), 1);
}

TEST(ProcessTableGroups, ChangeWithAnExec) {
  Table table;
  GroupRule rule;
  rule.name = "new";
  rule.match.cmdline = {"after"};
  table.Configure({rule});
  const Process row = Changed(Row(7, "app", 0), [](auto& reading) { reading.exec_id = 1; });
  table.Tree().Write("7/cmdline", "before");
  EXPECT_THAT(GroupsOf(table.Update({row})), ElementsAre("-"));
  table.Tree().Write("7/cmdline", "after");
  const Process later = Changed(row, [](auto& reading) { reading.exec_id = 2; });
  EXPECT_THAT(GroupsOf(table.Update({later})), ElementsAre("new"));
}

TEST(ProcessTableGroups, ChangeWithTheUser) {
  Table table;
  GroupRule rule;
  rule.name = "roots";
  rule.match.user = {"root"};
  table.Configure({rule});
  EXPECT_THAT(GroupsOf(table.Update({Row(1, "a", 0)})), ElementsAre("roots"));
  const Process later = Changed(Row(1, "a", 0), [](auto& reading) { reading.uid = 54'321; });
  EXPECT_THAT(GroupsOf(table.Update({later})), ElementsAre("-"));
}

TEST(ProcessTableGroups, TakeChildrenAndTheirs) {
  EXPECT_THAT(Grouped({WithChildren("make")},
                      {Row(5, "make", 0), Child(6, "sh", 5), Child(7, "cc", 6), Row(8, "cc", 0)}),
              ElementsAre("make", "make", "make", "-"));
}

TEST(ProcessTableGroups, TakeChildrenWhosePidsAreLower) {
  EXPECT_THAT(
      Grouped({WithChildren("make")}, {Child(2, "cc", 3), Child(3, "sh", 9), Row(9, "make", 0)}),
      ElementsAre("make", "make", "make"));
}

TEST(ProcessTableGroups, TakeNoChildrenUnlessTheRuleSaysSo) {
  EXPECT_THAT(Grouped({Rule("make")}, {Row(5, "make", 0), Child(6, "sh", 5)}),
              ElementsAre("make", "-"));
}

TEST(ProcessTableGroups, DoNotTakeAChildThatHasARule) {
  EXPECT_THAT(Grouped({WithChildren("make"), Rule("sh")},
                      {Row(5, "make", 0), Child(6, "sh", 5), Child(7, "cc", 5)}),
              ElementsAre("make", "sh", "make"));
}

TEST(ProcessTableGroups, DoNotReachPastAChildThatHasARule) {
  EXPECT_THAT(Grouped({WithChildren("make"), Rule("sh")},
                      {Row(5, "make", 0), Child(6, "sh", 5), Child(7, "cc", 6)}),
              ElementsAre("make", "sh", "-"));
}

TEST(ProcessTableGroups, TakeWhatIsNearest) {
  EXPECT_THAT(Grouped({WithChildren("make"), WithChildren("sh")},
                      {Row(5, "make", 0), Child(6, "sh", 5), Child(7, "cc", 6)}),
              ElementsAre("make", "sh", "sh"));
}

TEST(ProcessTableGroups, TakeChildrenThatStartLater) {
  Table table;
  table.Configure({WithChildren("make")});
  table.Update({Row(5, "make", 0)});
  EXPECT_THAT(GroupsOf(table.Update({Row(5, "make", 0), Child(6, "cc", 5)})),
              ElementsAre("make", "make"));
}

TEST(ProcessTableGroups, KeepChildrenWhoseParentEnds) {
  Table table;
  table.Configure({WithChildren("make")});
  table.Update({Row(1, "init", 0), Row(5, "make", 0), Child(6, "cc", 5)});
  EXPECT_THAT(GroupsOf(table.Update({Row(1, "init", 0), Child(6, "cc", 1)})),
              ElementsAre("-", "make"));
}

// A process that does not run is not read again: its parent may be long gone.
TEST(ProcessTableGroups, TakeNobodyWhoseFormerParentHadThePidOfALeader) {
  Table table;
  table.Configure({WithChildren("make")});
  table.Update({Row(1, "init", 0), Row(5, "sh", 0), Child(6, "cc", 5)});
  table.Update({Row(1, "init", 0), Child(6, "cc", 5)});
  const Process reborn =
      Changed(Row(5, "make", 0), [](auto& reading) { reading.key.start_ticks = 9000; });
  EXPECT_THAT(GroupsOf(table.Update({Row(1, "init", 0), reborn, Child(6, "cc", 5)})),
              ElementsAre("-", "make", "-"));
}

TEST(ProcessTableGroups, TakeChildrenOfOrphansToo) {
  Table table;
  table.Configure({WithChildren("make")});
  table.Update({Row(1, "init", 0), Row(5, "make", 0), Child(6, "sh", 5)});
  const auto rows = table.Update({Row(1, "init", 0), Child(6, "sh", 1), Child(7, "cc", 6)});
  EXPECT_THAT(GroupsOf(rows), ElementsAre("-", "make", "make"));
}

TEST(ProcessTableGroups, DoNotTakeTheChildOfAnotherProcessWithThatPid) {
  Table table;
  table.Configure({WithChildren("make")});
  table.Update({Row(5, "make", 0)});
  const Process other = Changed(Row(5, "sh", 0), [](auto& row) { row.key.start_ticks = 900; });
  EXPECT_THAT(GroupsOf(table.Update({other, Child(6, "cc", 5)})), ElementsAre("-", "-"));
}

TEST(ProcessTableGroups, GiveBackAProcessThatARuleNoLongerTakes) {
  Table table;
  table.Configure({WithChildren("make"), Rule("sh")});
  table.Update({Row(5, "make", 0), Child(6, "sh", 5)});
  EXPECT_THAT(GroupsOf(table.Update({Row(5, "make", 0), Child(6, "cc", 5)})),
              ElementsAre("make", "make"));
}

TEST(ProcessTableGroups, KeepWhatTheyCountedOfAProcessThatLeft) {
  Table table;
  table.Update({Row(1, "sh", 50)});
  table.Update({Row(1, "sh", 53)});
  table.Update({Row(1, "nginx", 54)});
  EXPECT_DOUBLE_EQ(table.CpuOf("sh"), 3);
}

TEST(ProcessTableGroups, AreNewUnderNewRules) {
  Table table;
  table.Configure({Rule("a")});
  table.Update({Row(1, "a", 0), Row(2, "b", 0)});
  table.Configure({Rule("b")});
  EXPECT_THAT(GroupsOf(table.Update({Row(1, "a", 0), Row(2, "b", 0)})), ElementsAre("-", "b"));
}

TEST(ProcessTableGroups, AreNewUnderRulesThatAreGivenTwice) {
  Table table;
  table.Update({Row(1, "a", 0)});
  const auto matcher =
      std::make_shared<const GroupMatcher>(GroupMatcher::Make({Rule("b")}).value());
  table.Get().Configure({}, matcher);
  table.Get().Configure({}, matcher);
  EXPECT_THAT(GroupsOf(table.Update({Row(1, "a", 0)})), ElementsAre("-"));
}

TEST(ProcessTableGroups, KeepTheirTotalsUnderNewRules) {
  Table table;
  table.Configure({Rule("a"), Rule("b")});
  table.Update({Row(1, "a", 0), Row(2, "b", 0)});
  table.Update({Row(1, "a", 3), Row(2, "b", 4)});
  table.Configure({Rule("a"), Rule("c")});
  table.Update({Row(1, "a", 4), Row(2, "b", 5)});
  EXPECT_DOUBLE_EQ(table.CpuOf("a"), 4);
  EXPECT_DOUBLE_EQ(table.CpuOf("b"), 4);
}

TEST(ProcessTableGroups, TakeChildrenUnderNewRulesOnly) {
  Table table;
  const std::vector<Process> rows = {Row(5, "make", 0), Child(6, "sh", 5), Child(7, "cc", 6)};
  table.Configure({WithChildren("make")});
  table.Update(rows);
  table.Configure({Rule("make"), WithChildren("sh")});
  EXPECT_THAT(GroupsOf(table.Update(rows)), ElementsAre("make", "sh", "sh"));
  table.Configure({Rule("make")});
  EXPECT_THAT(GroupsOf(table.Update(rows)), ElementsAre("make", "-", "-"));
}

TEST(ProcessTableGroups, KeepOrphansUnderNewRulesThatHaveTheirGroup) {
  Table table;
  table.Configure({WithChildren("make")});
  table.Update({Row(1, "init", 0), Row(5, "make", 0), Child(6, "cc", 5)});
  const std::vector<Process> orphaned = {Row(1, "init", 0), Child(6, "cc", 1)};
  table.Update(orphaned);
  table.Configure({WithChildren("make"), Rule("other")});
  EXPECT_THAT(GroupsOf(table.Update(orphaned)), ElementsAre("-", "make"));
  table.Configure({Rule("other")});
  EXPECT_THAT(GroupsOf(table.Update(orphaned)), ElementsAre("-", "-"));
}

TEST(ProcessTableGroups, AreThereWithoutAProcessIfTheyAreDeclared) {
  Table table;
  table.Configure({Rule("a")});
  table.Update({});
  ASSERT_TRUE(table.Find("a").name);
  EXPECT_EQ(table.Find("a").processes, 0U);
}

TEST(ProcessTableGroups, AreNotDeclaredByARuleThatNamesThemByATemplate) {
  Table table;
  GroupRule rule = Rule("a");
  rule.name = "{{.Comm}}";
  table.Configure({rule});
  table.Update({});
  EXPECT_FALSE(table.Find("a").name);
}

TEST(ProcessTableGroups, StayWithoutAProcess) {
  Table table;
  table.Update({Row(1, "a", 50)});
  table.UpdateAfter(minutes(59), {});
  const Group group = table.Find("a");
  ASSERT_TRUE(group.name);
  EXPECT_EQ(group.processes, 0U);
  EXPECT_EQ(group.oldest_start_time_seconds, 0);
}

TEST(ProcessTableGroups, GoWhenTheyHadNoProcessForLong) {
  Table table;
  table.Configure({}, KeptFor(seconds(60)));
  table.Update({Row(1, "a", 50)});
  table.UpdateAfter(seconds(10), {});
  EXPECT_TRUE(table.Find("a").name);
  table.UpdateAfter(seconds(60), {});
  EXPECT_FALSE(table.Find("a").name);
}

TEST(ProcessTableGroups, NeverGoIfTheyAreDeclared) {
  Table table;
  table.Configure({Rule("a")}, KeptFor(seconds(60)));
  table.Update({Row(1, "a", 50)});
  table.UpdateAfter(hours(1), {});
  table.UpdateAfter(hours(1), {});
  EXPECT_TRUE(table.Find("a").name);
}

TEST(ProcessTableGroups, GoWhenTheyAreNoLongerDeclared) {
  Table table;
  table.Configure({Rule("a")}, KeptFor(seconds(60)));
  table.Update({});
  table.Configure({Rule("b")}, KeptFor(seconds(60)));
  table.UpdateAfter(hours(1), {});
  EXPECT_FALSE(table.Find("a").name);
  EXPECT_TRUE(table.Find("b").name);
}

}  // namespace
}  // namespace procmarshal::testing
