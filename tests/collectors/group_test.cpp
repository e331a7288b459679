#include "collectors/group.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

LimitUse Using(GroupLimit limit, double ratio) {
  LimitUse use;
  use[limit] = ratio;
  return use;
}

TEST(AddProcess, SumsUp) {
  const Process first = Changed(MakeRow({}), [](ProcessReading& r) {
    r.threads = 2;
    r.resident_bytes = 100;
    r.virtual_bytes = 1000;
    r.swap_bytes = 10;
    r.open_fds = 5;
  });
  const Process second = Changed(MakeRow({}), [](ProcessReading& r) {
    r.threads = 3;
    r.resident_bytes = 200;
    r.virtual_bytes = 2000;
    r.swap_bytes = 20;
    r.open_fds = 6;
  });
  Group group;
  AddProcess(first, {}, group);
  AddProcess(second, {}, group);
  EXPECT_EQ(group.processes, 2U);
  EXPECT_EQ(group.threads, 5U);
  EXPECT_EQ(group.resident_bytes, 300U);
  EXPECT_EQ(group.virtual_bytes, 3000U);
  EXPECT_EQ(group.swap_bytes, 30U);
  EXPECT_EQ(group.open_fds, 11U);
}

TEST(AddProcess, FindsTheLargest) {
  Group group;
  AddProcess(Changed(MakeRow({}),
                     [](ProcessReading& r) {
                       r.resident_bytes = 100;
                       r.open_fds = 7;
                     }),
             {}, group);
  AddProcess(Changed(MakeRow({}),
                     [](ProcessReading& r) {
                       r.resident_bytes = 300;
                       r.open_fds = 5;
                     }),
             {}, group);
  AddProcess(Changed(MakeRow({}),
                     [](ProcessReading& r) {
                       r.resident_bytes = 200;
                       r.open_fds = 6;
                     }),
             {}, group);
  EXPECT_EQ(group.resident_max_bytes, 300U);
  EXPECT_EQ(group.open_fds_max, 7U);
}

TEST(AddProcess, FindsTheBusiest) {
  Group group;
  for (const double ratio : {0.25, 1.5, kUnknown, 0.5}) {
    Process process = MakeRow({});
    process.cpu_ratio = ratio;
    AddProcess(process, {}, group);
  }
  EXPECT_EQ(group.cpu_ratio, 2.25);
  EXPECT_EQ(group.cpu_max_ratio, 1.5);
}

TEST(AddProcess, CountsNoCpuWhereNoRateIsKnown) {
  Group group;
  AddProcess(MakeRow({}), {}, group);
  EXPECT_EQ(group.cpu_ratio, 0);
  EXPECT_EQ(group.cpu_max_ratio, 0);
}

TEST(AddProcess, FindsTheOldest) {
  Group group;
  for (const double start : {50.0, 30.0, 40.0}) {
    AddProcess(Changed(MakeRow({}), [start](ProcessReading& r) { r.start_time_seconds = start; }),
               {}, group);
  }
  EXPECT_EQ(group.oldest_start_time_seconds, 30);
  EXPECT_EQ(group.start_time_seconds_sum, 120);
}

TEST(AddProcess, CountsEachProcessInOneState) {
  Group group;
  for (const char state : {'R', 'S', 'D', 'Z', 'I', 'T', 't', 'X', '?', '\xff'}) {
    AddProcess(Changed(MakeRow({}), [state](ProcessReading& r) { r.state = state; }), {}, group);
  }
  EXPECT_EQ(group.states, (std::array<std::uint64_t, 5>{1, 1, 1, 1, 6}));
}

TEST(AddProcess, SumsTheMemorySharesThatWereRead) {
  Process read = MakeRow({});
  read.memory = {.pss_bytes = 10, .swap_pss_bytes = 4};
  Group group;
  AddProcess(read, {}, group);
  AddProcess(MakeRow({}), {}, group);
  AddProcess(read, {}, group);
  EXPECT_EQ(group.pss_bytes, 20);
  EXPECT_EQ(group.swap_pss_bytes, 8);
}

TEST(AddProcess, KeepsTheWorstUseOfEachLimit) {
  Group group;
  AddProcess(MakeRow({}), Using(GroupLimit::kNproc, 0.5), group);
  AddProcess(MakeRow({}), Using(GroupLimit::kNproc, 0.75), group);
  AddProcess(MakeRow({}), Using(GroupLimit::kNproc, 0.25), group);
  AddProcess(MakeRow({}), Using(GroupLimit::kMemoryMax, 0.125), group);
  EXPECT_EQ(group.limits[GroupLimit::kNproc], 0.75);
  EXPECT_EQ(group.limits[GroupLimit::kMemoryMax], 0.125);
  EXPECT_TRUE(std::isnan(group.limits[GroupLimit::kAs]));
}

TEST(AddProcess, TakesTheWorstFdRatioFromTheLimitOfOpenFiles) {
  Group group;
  AddProcess(MakeRow({}), Using(GroupLimit::kNofile, 0.5), group);
  AddProcess(MakeRow({}), Using(GroupLimit::kNproc, 0.75), group);
  EXPECT_EQ(group.worst_fd_ratio, 0.5);
}

TEST(AddProcess, HasNoWorstFdRatioWithoutALimit) {
  Group group;
  AddProcess(Changed(MakeRow({}), [](ProcessReading& r) { r.open_fds = 10; }), {}, group);
  EXPECT_EQ(group.worst_fd_ratio, 0);
}

TEST(Grow, AddsEachCounter) {
  ProcessCounters total{1, 2, 3, 4, 5, 6, 7, 8};
  Grow({10, 20, 30, 40, 50, 60, 70, 80}, total);
  EXPECT_EQ(total, (ProcessCounters{11, 22, 33, 44, 55, 66, 77, 88}));
}

// One of which nothing is as in a new one.
Group Used() {
  Group group;
  group.name = std::make_shared<const std::string>("web");
  Process process = Changed(MakeRow({}), [](ProcessReading& r) {
    r.state = 'R';
    r.threads = 1;
    r.start_time_seconds = 9;
    r.resident_bytes = 1;
    r.virtual_bytes = 1;
    r.swap_bytes = 1;
    r.open_fds = 1;
  });
  process.memory = {.pss_bytes = 1, .swap_pss_bytes = 1};
  process.cpu_ratio = 1;
  AddProcess(process, Using(GroupLimit::kNofile, 0.5), group);
  group.counters = {1, 2, 3, 4, 5, 6, 7, 8};
  ThreadGroup& worker = group.thread_groups.emplace_back();
  worker.name = "worker";
  worker.threads = 2;
  worker.counters = group.counters;
  group.wait_channels.push_back({"do_wait", 1});
  group.places.push_back({"nginx.service", "system.slice", "", "", 1});
  return group;
}

TEST(ClearProcesses, KeepsTheNameAndWhatOnlyGrows) {
  Group group = Used();
  ClearProcesses(group);
  EXPECT_EQ(*group.name, "web");
  EXPECT_EQ(group.counters, (ProcessCounters{1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_EQ(group.thread_groups.size(), 1U);
  EXPECT_EQ(group.thread_groups.front().name, "worker");
  EXPECT_EQ(group.thread_groups.front().counters, group.counters);
}

TEST(ClearProcesses, ForgetsWhoIsThere) {
  Group group = Used();
  ClearProcesses(group);
  EXPECT_EQ(group.processes, 0U);
  EXPECT_EQ(group.threads, 0U);
  EXPECT_EQ(group.states, (std::array<std::uint64_t, 5>{}));
  EXPECT_EQ(group.oldest_start_time_seconds, 0);
  EXPECT_EQ(group.start_time_seconds_sum, 0);
  EXPECT_EQ(group.thread_groups.front().threads, 0U);
  EXPECT_TRUE(group.wait_channels.empty());
  EXPECT_TRUE(group.places.empty());
}

TEST(ClearProcesses, ForgetsWhatTheyUse) {
  Group group = Used();
  ClearProcesses(group);
  EXPECT_EQ(group.resident_bytes + group.resident_max_bytes, 0U);
  EXPECT_EQ(group.virtual_bytes + group.swap_bytes, 0U);
  EXPECT_EQ(group.open_fds + group.open_fds_max, 0U);
  EXPECT_EQ(group.pss_bytes + group.swap_pss_bytes, 0);
  EXPECT_EQ(group.cpu_ratio + group.cpu_max_ratio, 0);
  EXPECT_EQ(group.worst_fd_ratio, 0);
  EXPECT_TRUE(std::isnan(group.limits[GroupLimit::kNofile]));
}

}  // namespace
}  // namespace procmarshal::testing
