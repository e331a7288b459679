#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

std::string Stat(int pid, std::string_view name, char state, int threads) {
  return fmt::format(
      "{} ({}) {} 1 1 1 0 -1 4194624 335 0 0 0 0 0 0 0 20 0 {} 0 237743 17080320 2611 "
      "18446744073709551615 4321280 7148169 140731580807040 0 0 0 0 16781312 2 1 0 0 17 1 0 0 0 0 "
      "0 9723336 11027064 1071038464 140731580813219 140731580813258 140731580813258 "
      "140731580813287 0\n",
      pid, name, state, threads);
}

TEST(Processes, CountsProcessesThreadsAndTheirStates) {
  EXPECT_EQ(CollectFrom("processes", {{"1/stat", Stat(1, "init", 'S', 1)},
                                      {"7/stat", Stat(7, ") R (", 'S', 3)},
                                      {"7/task/7/stat", Stat(7, ") R (", 'S', 3)},
                                      {"7/task/8/stat", Stat(8, "worker", 'R', 3)},
                                      {"7/task/9/stat", Stat(9, "worker", 'D', 3)},
                                      {"12/stat", Stat(12, "gone", 'Z', 1)},
                                      {"sys/kernel/threads-max", "193009\n"},
                                      {"sys/kernel/pid_max", "4194304\n"}}),
            "node_processes_max_processes 4194304\n"
            "node_processes_max_threads 193009\n"
            "node_processes_pids 3\n"
            "node_processes_state{state=\"S\"} 2\n"
            "node_processes_state{state=\"Z\"} 1\n"
            "node_processes_threads 5\n"
            "node_processes_threads_state{thread_state=\"D\"} 1\n"
            "node_processes_threads_state{thread_state=\"R\"} 1\n"
            "node_processes_threads_state{thread_state=\"S\"} 2\n"
            "node_processes_threads_state{thread_state=\"Z\"} 1\n");
}

TEST(Processes, LeavesOutAProcessThatEndsMeanwhile) {
  EXPECT_THAT(CollectFrom("processes", {{"1/stat", Stat(1, "init", 'S', 1)}, {"7/cmdline", ""}}),
              HasSubstr("node_processes_pids 1\n"));
}

TEST(Processes, LeavesOutAThreadThatEndsMeanwhile) {
  EXPECT_THAT(CollectFrom("processes", {{"7/stat", Stat(7, "sh", 'S', 2)}, {"7/task/8/comm", ""}}),
              HasSubstr("node_processes_threads_state{thread_state=\"S\"} 1\n"));
}

TEST(Processes, KnowsAProcessThatEndsBeforeItsThreadsAreListed) {
  EXPECT_THAT(CollectFrom("processes", {{"7/stat", Stat(7, "sh", 'S', 2)}}),
              HasSubstr("node_processes_threads 2\n"));
}

TEST(Processes, ShowsNoLimitThatTheHostDoesNotTell) {
  EXPECT_EQ(CollectFrom("processes", {{"uptime", ""}}),
            "node_processes_pids 0\n"
            "node_processes_threads 0\n");
}

TEST(Processes, RefusesAShortStat) {
  EXPECT_EQ(CollectFrom("processes", {{"7/stat", "7 (sh) S 1 2\n"}}),
            "error: process 7: stat: expected \"PID (NAME) STATE\" and 25 numbers");
}

TEST(Processes, RefusesALimitThatIsNoNumber) {
  EXPECT_THAT(CollectFrom("processes", {{"sys/kernel/threads-max", "many\n"}}),
              HasSubstr("threads-max: expected a number, found \"many\""));
}

TEST(Processes, SaysWhoseStatItMayNotRead) {
  const ProcTree tree;
  tree.Write("7/stat", Stat(7, "sh", 'S', 1));
  tree.Forbid("7/stat");
  const auto processes = MakeCollector("processes", {.proc = tree.Fs()});
  const AsNobody nobody;
  EXPECT_EQ(CollectOnce(*processes), "error: process 7: stat: permission denied");
}

}  // namespace
}  // namespace procmarshal::testing
