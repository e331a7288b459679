// To which groups a ProcessTable counts processes.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

GroupRule Rule(const std::string& name, const std::string& comm, bool children = false) {
  GroupRule rule;
  rule.name = name;
  rule.match.comm = {comm};
  rule.children = children;
  return rule;
}

Process ChildOf(pid_t parent, Process row) {
  return Changed(std::move(row), [parent](ProcessReading& reading) { reading.parent = parent; });
}

// The group of the row of that pid, "none" if it is in none.
std::string GroupOf(const std::vector<Process>& rows, pid_t pid) {
  for (const Process& row : rows) {
    if (row->key.pid == pid) return row.group ? *row.group : "none";
  }
  return "no such process";
}

TEST(ProcessTableGroups, HoldOnlyWhatARuleTakes) {
  Table table;
  table.Configure({Rule("web", "nginx")});
  const auto rows = table.Update({Row(5, "nginx", 0), Row(6, "bash", 0)});
  EXPECT_EQ(GroupOf(rows, 5), "web");
  EXPECT_EQ(GroupOf(rows, 6), "none");
  EXPECT_EQ(table.Find("web").processes, 1U);
}

TEST(ProcessTableGroups, ThatAreDeclaredAreThereWithoutAProcess) {
  Table table;
  table.Configure({Rule("web", "nginx"), Rule("{{.Comm}}", "bash")});
  table.Update({Row(6, "sh", 0)});
  ASSERT_TRUE(table.Find("web").name);
  EXPECT_EQ(table.Find("web").processes, 0U);
  EXPECT_FALSE(table.Find("bash").name);
}

TEST(ProcessTableGroups, ThatWereFoundGoWhenTheirTimeIsOver) {
  Table table;
  ProcessSettings settings;
  settings.group_ttl = std::chrono::minutes(1);
  table.Configure({Rule("web", "nginx"), Rule("{{.Comm}}", "bash")}, settings);
  table.Update({Row(5, "nginx", 0), Row(6, "bash", 0)});
  table.UpdateAfter(seconds(59), {});
  EXPECT_TRUE(table.Find("bash").name);
  table.UpdateAfter(seconds(1), {});
  EXPECT_FALSE(table.Find("bash").name);
  EXPECT_TRUE(table.Find("web").name);
}

TEST(ProcessTableGroups, TakeAProcessThatChangesItsName) {
  Table table;
  table.Configure({Rule("before", "sh"), Rule("after", "nginx")});
  EXPECT_EQ(GroupOf(table.Update({Row(5, "sh", 1)}), 5), "before");
  EXPECT_EQ(GroupOf(table.Update({Row(5, "nginx", 2)}), 5), "after");
  EXPECT_EQ(GroupOf(table.Update({Row(5, "other", 3)}), 5), "none");
  EXPECT_DOUBLE_EQ(table.CpuOf("before"), 0);
  EXPECT_DOUBLE_EQ(table.CpuOf("after"), 1);
}

TEST(ProcessTableGroups, HaveTheDescendantsThatNoRuleTakes) {
  Table table;
  table.Configure({Rule("web", "nginx", true), Rule("db", "postgres")});
  const auto rows = table.Update({Row(5, "nginx", 0), ChildOf(5, Row(6, "sh", 0)),
                                  ChildOf(6, Row(7, "gzip", 0)), ChildOf(6, Row(8, "postgres", 0)),
                                  ChildOf(8, Row(9, "gzip", 0)), Row(10, "gzip", 0)});
  EXPECT_EQ(GroupOf(rows, 6), "web");
  EXPECT_EQ(GroupOf(rows, 7), "web");
  EXPECT_EQ(GroupOf(rows, 8), "db");
  EXPECT_EQ(GroupOf(rows, 9), "none");  // of a process whose children do not follow
  EXPECT_EQ(GroupOf(rows, 10), "none");
}

TEST(ProcessTableGroups, KeepADescendantWhoseParentEnds) {
  Table table;
  table.Configure({Rule("web", "nginx", true)});
  table.Update({Row(5, "nginx", 0), ChildOf(5, Row(6, "sh", 0))});
  const auto rows = table.Update({Row(6, "sh", 1), ChildOf(6, Row(7, "gzip", 0))});
  EXPECT_EQ(GroupOf(rows, 6), "web");
  EXPECT_EQ(GroupOf(rows, 7), "web");
  EXPECT_DOUBLE_EQ(table.CpuOf("web"), 1);
}

TEST(ProcessTableGroups, FollowNewRules) {
  Table table;
  table.Configure({Rule("kept", "a"), Rule("old", "b")});
  table.Update({Row(5, "a", 0), Row(6, "b", 0)});
  table.Update({Row(5, "a", 1), Row(6, "b", 1)});
  table.Configure({Rule("kept", "a"), Rule("new", "b")});
  const auto rows = table.Update({Row(5, "a", 2), Row(6, "b", 3)});
  EXPECT_EQ(GroupOf(rows, 6), "new");
  EXPECT_DOUBLE_EQ(table.CpuOf("kept"), 2);
  EXPECT_DOUBLE_EQ(table.CpuOf("old"), 1);
  EXPECT_DOUBLE_EQ(table.CpuOf("new"), 2);
  EXPECT_EQ(table.Find("old").processes, 0U);
}

TEST(ProcessTableGroups, KeepOrphansUnderNewRulesWhileTheyAreDeclared) {
  Table table;
  table.Configure({Rule("web", "nginx", true)});
  table.Update({Row(5, "nginx", 0), ChildOf(5, Row(6, "sh", 0))});
  table.Update({Row(6, "sh", 0)});
  table.Configure({Rule("web", "nginx", true), Rule("db", "postgres")});
  EXPECT_EQ(GroupOf(table.Update({Row(6, "sh", 0)}), 6), "web");
  table.Configure({Rule("db", "postgres")});
  EXPECT_EQ(GroupOf(table.Update({Row(6, "sh", 0)}), 6), "none");
}

TEST(ProcessTableGroups, AreAskedForNothingByTheSameRules) {
  Table table;
  table.Update({Row(1001, "webapp", 0)});
  table.Tree().Write("1001/cgroup", "0::/changed\n");
  EXPECT_NE(table.Update({Row(1001, "webapp", 0)})[0].info->cgroup, "/changed");
}

}  // namespace
}  // namespace procmarshal::testing
