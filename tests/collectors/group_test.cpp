#include "collectors/group.h"

#include <gtest/gtest.h>

#include <limits>

namespace procmarshal::testing {
namespace {

Process Member(char state, double start, std::uint64_t fds, double max_fds) {
  Process process;
  process.state = state;
  process.start_time_seconds = start;
  process.threads = 2;
  process.resident_bytes = 100;
  process.has_fds = true;
  process.open_fds = fds;
  auto info = std::make_shared<ProcessInfo>();
  ProcessLimits limits{};
  limits.soft.at(static_cast<std::size_t>(Limit::kNofile)) = max_fds;
  info->limits = std::make_shared<const ProcessLimits>(limits);
  process.info = std::move(info);
  return process;
}

TEST(GroupTable, SumsItsProcesses) {
  GroupTable table;
  const std::size_t index = table.Find("a");
  table.Clear();
  table.Add(index, Member('S', 50, 10, 100), {.cpu_user_seconds = 1});
  table.Add(index, Member('R', 30, 10, 20), {.cpu_user_seconds = 2});
  const Group& group = table.All()[index];
  EXPECT_EQ(group.processes, 2U);
  EXPECT_EQ(group.threads, 4U);
  EXPECT_EQ(group.resident_bytes, 200U);
  EXPECT_EQ(group.open_fds, 20U);
  EXPECT_EQ(group.counters.cpu_user_seconds, 3);
  EXPECT_EQ(group.worst_fd_ratio, 0.5);
  EXPECT_EQ(group.oldest_start_time_seconds, 30);
}

TEST(GroupTable, CountsEachProcessInOneState) {
  GroupTable table;
  const std::size_t index = table.Find("a");
  table.Clear();
  for (const char state : {'R', 'S', 'D', 'Z', 'I', 'T', 't', 'X'}) {
    table.Add(index, Member(state, 1, 0, 1), {});
  }
  EXPECT_EQ(table.All()[index].states, (std::array<std::uint64_t, 5>{1, 1, 1, 1, 4}));
}

TEST(GroupTable, TakesNoRatioFromALimitThatIsNotKnownOrNotThere) {
  GroupTable table;
  const std::size_t index = table.Find("a");
  table.Clear();
  table.Add(index, Member('S', 1, 10, std::numeric_limits<double>::quiet_NaN()), {});
  table.Add(index, Member('S', 1, 10, 0), {});
  table.Add(index, Member('S', 1, 10, std::numeric_limits<double>::infinity()), {});
  EXPECT_EQ(table.All()[index].worst_fd_ratio, 0);
}

TEST(GroupTable, ClearKeepsWhatOnlyGrows) {
  GroupTable table;
  const std::size_t index = table.Find("a");
  table.Add(index, Member('S', 1, 10, 100), {.read_bytes = 7});
  table.Clear();
  EXPECT_EQ(table.All()[index].name, "a");
  EXPECT_EQ(table.All()[index].counters.read_bytes, 7U);
  EXPECT_EQ(table.All()[index].processes, 0U);
  EXPECT_EQ(table.Find("a"), index);
}

}  // namespace
}  // namespace procmarshal::testing
