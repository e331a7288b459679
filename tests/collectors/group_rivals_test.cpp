// Which groups have series of their own where there is no room for all, and what those lose that
// have to go.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "collectors/group_table.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Groups that weigh what they are told to, under a budget with room for one beside "other".
struct Rivals {
  GroupTable table;
  BootTime now{hours(1)};

  explicit Rivals(const std::vector<std::string>& declared = {}) { Configure(declared); }
  void Configure(const std::vector<std::string>& declared, seconds ttl = seconds(0)) {
    table.Configure({.series = 2 * GroupTable::kGroupSeries, .ttl = ttl}, declared);
  }
  // The name of the one that is shown.
  std::string Sample(const std::map<std::string, double>& weights) {
    table.Begin(now += seconds(1), true);
    for (const auto& [name, weight] : weights) {
      Process process = MakeRow({});
      process.cpu_ratio = weight;
      table.Add(table.Find(name), process, {}, {.read_bytes = 1});
    }
    const Group* shown = Shown();
    return shown != nullptr ? *shown->name : "";
  }
  // Null: none.
  [[nodiscard]] const Group* Shown() const {
    for (const Group* group : table.Shown()) {
      if (*group->name != GroupTable::kOther) return group;
    }
    return nullptr;
  }
};

TEST(GroupRivals, LetsEqualsTakeNoTurns) {
  Rivals rivals;
  for (int i = 0; i < 100; ++i) {
    const double a = i % 2 == 0 ? 0.8 : 1.2;
    EXPECT_EQ(rivals.Sample({{"a", a}, {"b", 2 - a}}), "a");
  }
}

TEST(GroupRivals, LetsInWhoWeighsClearlyMore) {
  Rivals rivals;
  for (int i = 0; i < 20; ++i) (void)rivals.Sample({{"a", 1}, {"b", 1}});
  for (int i = 0; i < 20; ++i) (void)rivals.Sample({{"a", 1}, {"b", 2}});
  EXPECT_EQ(rivals.Sample({{"a", 1}, {"b", 2}}), "b");
}

TEST(GroupRivals, LetsInNobodyForOneBusyMoment) {
  Rivals rivals;
  for (int i = 0; i < 20; ++i) (void)rivals.Sample({{"a", 1}, {"b", 1}});
  (void)rivals.Sample({{"a", 1}, {"b", 2}});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rivals.Sample({{"a", 1}, {"b", 1}}), "a");
}

TEST(GroupRivals, LetsInTheLightestInPlaceOfOneWithoutProcesses) {
  Rivals rivals;
  for (int i = 0; i < 20; ++i) (void)rivals.Sample({{"a", 0}, {"b", 0}});
  EXPECT_EQ(rivals.Sample({{"b", 0}}), "a");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(rivals.Sample({{"b", 0}}), "a");
  for (int i = 0; i < 20; ++i) (void)rivals.Sample({{"b", 0}});
  EXPECT_EQ(rivals.Sample({{"b", 0}}), "b");
}

TEST(GroupRivals, LetsInNobodyWhoHasNoProcessEither) {
  Rivals rivals;
  for (int i = 0; i < 20; ++i) (void)rivals.Sample({{"a", 0}, {"b", 0}});
  for (int i = 0; i < 200; ++i) EXPECT_EQ(rivals.Sample({}), "a");
}

TEST(GroupRivals, LetsOutNoDeclaredGroup) {
  Rivals rivals({"a"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rivals.Sample({{"b", 100}}), "a");
}

TEST(GroupRivals, IsKeptInTheFirstSampleUnderASmallerOne) {
  GroupTable table;
  for (int i = 0; i < 100; ++i) (void)table.Find(fmt::format("group-{}", i));
  table.Configure({.series = 500}, {});
  table.Begin(BootTime(hours(1)), false);
  EXPECT_LE(table.Series(), 500U);
}

TEST(GroupRivals, LetsInDeclaredGroupsBeforeHeavyOnes) {
  Rivals rivals;
  for (int i = 0; i < 3; ++i) (void)rivals.Sample({{"a", 1}});
  (void)rivals.Sample({{"a", 1}, {"b", 100}});
  rivals.Configure({"web"});
  EXPECT_EQ(rivals.Sample({{"a", 1}, {"b", 100}}), "web");
}

// The counters of those that went for good give their places to those that may come back.
TEST(GroupRivals, GoesOnWhereItWasAfterOthersHaveExpired) {
  Rivals rivals;
  rivals.Configure({}, seconds(3));
  for (int i = 0; i < 5; ++i) {
    const std::string light = fmt::format("light-{}", i);
    const std::string heavy = fmt::format("heavy-{}", i);
    (void)rivals.Sample({{light, 1}});
    EXPECT_EQ(rivals.Shown()->counters.read_bytes, 1U);
    for (int j = 0; j < 9; ++j) (void)rivals.Sample({{light, 1}, {heavy, 100}});
    EXPECT_EQ(*rivals.Shown()->name, heavy);
    for (int j = 0; j < 9; ++j) (void)rivals.Sample({{light, 1000}, {heavy, 1}});
    EXPECT_EQ(*rivals.Shown()->name, light);
    EXPECT_GT(rivals.Shown()->counters.read_bytes, 9U);
    for (int j = 0; j < 9; ++j) (void)rivals.Sample({});
    EXPECT_EQ(rivals.Shown(), nullptr);
  }
}

TEST(GroupRivals, KeepsForItsTtlWhatIsNoLongerDeclared) {
  Rivals rivals;
  (void)rivals.Sample({});
  rivals.Configure({"web"}, seconds(10));
  rivals.Configure({}, seconds(10));
  EXPECT_EQ(rivals.Sample({}), "web");
}

struct Threads {
  GroupTable table;

  void Sample(BootTime now) {
    table.Begin(now, true);
    const GroupId id = table.Find("web");
    table.Add(id, MakeRow({}), {}, {});
    for (int i = 0; i < 9; ++i) {
      ThreadReading thread;
      thread.name = fmt::format("thread-{}", i);
      table.AddThread(id, thread, {.read_bytes = 1});
    }
  }
  [[nodiscard]] const ThreadGroup& First() const {
    return table.Shown().front()->thread_groups.at(1);  // behind "other"
  }
};

// Else its threads would start again at 0 in the middle of their series.
TEST(GroupRivals, LeavesForASampleAtLeast) {
  Threads threads;
  threads.Sample(BootTime(hours(1)));
  threads.table.Configure({.series = 2 * GroupTable::kLeastSeries}, {});
  threads.Sample(BootTime(hours(2)));
  EXPECT_EQ(*threads.table.Shown().back()->name, "other");
  threads.Sample(BootTime(hours(3)));
  EXPECT_EQ(*threads.table.Shown().back()->name, "web");
}

TEST(GroupRivals, KeepsThreadsThatAreAliveHoweverRareSamplesAre) {
  Threads threads;
  threads.table.Configure({.ttl = seconds(1)}, {});
  threads.Sample(BootTime(hours(1)));
  threads.Sample(BootTime(hours(2)));
  EXPECT_EQ(threads.First().name, "thread-0");
  EXPECT_EQ(threads.First().counters.read_bytes, 2U);
}

}  // namespace
}  // namespace procmarshal::testing
