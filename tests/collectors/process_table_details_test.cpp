// When the table reads again what changes rarely.

#include <gtest/gtest.h>

#include <cstddef>

#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using std::chrono::seconds;

constexpr const char* kMoved = "0::/system.slice/moved.service\n";

// Whether the details are read again when `change` happened to the process and `wait` went by.
template <typename Change>
bool IsReadAgain(Change change, seconds wait) {
  Table table;
  const Process row = Changed(Row(1001, "webapp", 0), [](auto& reading) { reading.exec_id = 7; });
  table.Update({row});
  table.Tree().Write("1001/cgroup", kMoved);
  return table.UpdateAfter(wait, {Changed(row, change)})[0].info->unit == "moved.service";
}

constexpr auto kNothing = [](ProcessReading&) {};

TEST(ProcessTableDetails, AreReadOnce) {
  EXPECT_FALSE(IsReadAgain(kNothing, seconds(5)));
}

TEST(ProcessTableDetails, AreReadAgainAfterAnExec) {
  EXPECT_TRUE(IsReadAgain([](auto& reading) { reading.exec_id = 8; }, seconds(5)));
}

TEST(ProcessTableDetails, AreReadAgainAfterARename) {
  EXPECT_TRUE(IsReadAgain([](auto& reading) { reading.name = "other"; }, seconds(5)));
}

TEST(ProcessTableDetails, AreReadAgainAfterAChangeOfUser) {
  EXPECT_TRUE(IsReadAgain([](auto& reading) { reading.uid = 1; }, seconds(5)));
}

TEST(ProcessTableDetails, AreReadAgainWhenTheyAreOld) {
  EXPECT_TRUE(IsReadAgain(kNothing, ProcessTable::kRefreshInterval));
}

TEST(ProcessTableDetails, AreReadAgainUnderNewRules) {
  Table table;
  table.Update({Row(1001, "webapp", 0)});
  table.Tree().Write("1001/cgroup", kMoved);
  table.Configure({{.name = "all", .match = {}, .exclude = {}, .children = false}});
  EXPECT_EQ(table.Update({Row(1001, "webapp", 0)})[0].info->unit, "moved.service");
}

TEST(ProcessTableDetails, AreSharedBySamples) {
  Table table;
  const auto before = table.Update({Row(1001, "webapp", 0)})[0].info;
  EXPECT_EQ(table.Update({Row(1001, "webapp", 0)})[0].info, before);
}

// They would be one and the same if they had not changed: how many processes share tells nothing.
TEST(ProcessTableDetails, AreNotReadAgainAllAtOnce) {
  constexpr pid_t kFirst = 1001;
  constexpr std::size_t kProcesses = 8;
  constexpr std::size_t kMostAtOnce = 3;
  Table table;
  std::vector<Process> rows;
  rows.reserve(kProcesses);
  for (std::size_t i = 0; i < kProcesses; ++i) {
    rows.push_back(Row(kFirst + static_cast<pid_t>(i), "a", 0));
  }
  auto before = table.Update(rows);
  std::size_t times = 0;
  for (int round = 0; round < 60; ++round) {
    for (const Process& row : rows) {
      table.Tree().Write(std::to_string(row->key.pid) + "/cgroup",
                         "0::/system.slice/" + std::to_string(round) + ".service\n");
    }
    const auto after = table.UpdateAfter(seconds(5), rows);
    std::size_t again = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) again += before[i].info != after[i].info ? 1 : 0;
    EXPECT_LE(again, kMostAtOnce);
    times += again;
    before = after;
  }
  EXPECT_GE(times, rows.size());
}

TEST(ProcessTableDetails, OfANewProcessAreReadTwice) {
  Table table;
  table.Update({});
  const Process row = Changed(Row(1001, "webapp", 0),
                              [&](auto& reading) { reading.key.start_ticks = table.TicksNow(); });
  table.Update({row});
  table.Tree().Write("1001/cgroup", kMoved);
  EXPECT_EQ(table.UpdateAfter(seconds(5), {row})[0].info->unit, "moved.service");
  table.Tree().Write("1001/cgroup", "0::/system.slice/again.service\n");
  EXPECT_EQ(table.UpdateAfter(seconds(5), {row})[0].info->unit, "moved.service");
}

}  // namespace
}  // namespace procmarshal::testing
