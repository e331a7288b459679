// What a ProcfsSource says of one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <string>

#include "collectors/thread_reader.h"
#include "tests/support/fixture.h"
#include "tests/support/source_reading.h"

namespace procmarshal::testing {
namespace {

constexpr const char* kIo =
    "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\n"
    "cancelled_write_bytes: 5\n";

// A process 7, of which the numbers that a test changes are in the texts.
class One {
 public:
  explicit One(int threads = 1) {
    tree_.Write("stat", "btime 1000000\n");
    Stat("102 11 3 12 250 150 21 22", threads);
    Status("");
    tree_.Write("7/io", kIo);
    for (const char* fd : {"7/fd/0", "7/fd/1", "7/fd/17"}) tree_.Write(fd, "");
    tree_.Write("7/oom_score", "667\n");
    tree_.Write("7/oom_score_adj", "-500\n");
  }
  // minflt cminflt majflt cmajflt utime stime cutime cstime.
  void Stat(const std::string& counters, int threads = 1) const {
    tree_.Write("7/stat", "7 (webapp) S 1 7 7 0 -1 4194304 " + counters + " 20 -5 " +
                              std::to_string(threads) +
                              " 0 87150 3133440 394 1 2 3 4 0 0 0 0 0 0 0 0 0 17 1 50 2 0 0 0\n");
  }
  void Status(const std::string& more) const {
    tree_.Write(
        "7/status",
        "Uid:\t1000\t33\t0\t0\nVmLck:\t 12 kB\nVmRSS:\t 100 kB\nRssAnon:\t 1 kB\nRssFile:\t "
        "40 kB\nRssShmem:\t 3 kB\nVmData:\t 16 kB\nVmStk:\t 132 kB\nVmSwap:\t 8 kB\nSigQ:\t"
        "6/95\n" +
            more);
  }
  [[nodiscard]] const ProcTree& Tree() const { return tree_; }

 private:
  ProcTree tree_{"linux-6.18"};
};

TEST(ProcfsSourceFields, AreInBaseUnits) {
  const One one;
  Reading reading(one.Tree().Fs());
  reading.Read();
  const ProcessReading& row = reading.Row(7);
  EXPECT_EQ(row.name, "webapp");
  EXPECT_EQ(row.parent, 1);
  EXPECT_EQ(row.uid, 33U);
  EXPECT_EQ(row.real_uid, 1000U);
  EXPECT_EQ(row.state, 'S');
  EXPECT_EQ(row.nice, -5);
  EXPECT_EQ(row.policy, SCHED_RR);
  EXPECT_EQ(row.realtime_priority, 50);
  EXPECT_EQ(row.threads, 1U);
  EXPECT_EQ(row.pending_signals, 6U);
  EXPECT_DOUBLE_EQ(row.start_time_seconds, 1000871.5);
  EXPECT_EQ(row.open_fds, 3U);
  EXPECT_TRUE(row.has_fds);
  EXPECT_EQ(row.oom_score, 667);
  EXPECT_EQ(row.oom_score_adj, -500);
  EXPECT_TRUE(row.has_oom_score);
}

TEST(ProcfsSourceFields, SayHowMuchMemory) {
  const One one;
  Reading reading(one.Tree().Fs());
  reading.Read();
  const ProcessReading& row = reading.Row(7);
  EXPECT_EQ(row.resident_bytes, 102400U);
  EXPECT_EQ(row.shared_bytes, 43U * 1024);
  EXPECT_EQ(row.swap_bytes, 8192U);
  EXPECT_EQ(row.virtual_bytes, 3133440U);
  EXPECT_EQ(row.locked_bytes, 12U * 1024);
  EXPECT_EQ(row.data_bytes, 16U * 1024);
  EXPECT_EQ(row.stack_bytes, 132U * 1024);
}

TEST(ProcfsSourceFields, SayWhatOnlyGrows) {
  const One one;
  one.Status("voluntary_ctxt_switches:\t70\nnonvoluntary_ctxt_switches:\t20\n");
  Reading reading(one.Tree().Fs());
  reading.Read();
  const ProcessReading& row = reading.Row(7);
  const ProcessCounters expected{.cpu_user_seconds = 2.5,
                                 .cpu_system_seconds = 1.5,
                                 .minor_faults = 102,
                                 .major_faults = 3,
                                 .voluntary_switches = 70,
                                 .nonvoluntary_switches = 20,
                                 .read_bytes = 4096,
                                 .write_bytes = 8192};
  EXPECT_EQ(row.counters, expected);
  const ChildCounters children{
      .cpu_user_seconds = 0.21, .cpu_system_seconds = 0.22, .minor_faults = 11, .major_faults = 12};
  EXPECT_EQ(row.children, children);
  const IoCounters io{.read_chars = 1,
                      .write_chars = 2,
                      .read_syscalls = 3,
                      .write_syscalls = 4,
                      .cancelled_write_bytes = 5};
  EXPECT_EQ(row.io, io);
}

TEST(ProcfsSourceFields, NeverFall) {
  const One one;
  one.Status("voluntary_ctxt_switches:\t70\nnonvoluntary_ctxt_switches:\t20\n");
  Reading reading(one.Tree().Fs());
  reading.Read();
  one.Stat("101 10 2 11 249 151 20 23");
  one.Status("voluntary_ctxt_switches:\t60\nnonvoluntary_ctxt_switches:\t21\n");
  reading.Read();
  const ProcessReading& row = reading.Row(7);
  EXPECT_DOUBLE_EQ(row.counters.cpu_user_seconds, 2.5);
  EXPECT_DOUBLE_EQ(row.counters.cpu_system_seconds, 1.51);
  EXPECT_EQ(row.counters.minor_faults, 102U);
  EXPECT_EQ(row.counters.major_faults, 3U);
  EXPECT_EQ(row.counters.voluntary_switches, 70U);
  EXPECT_EQ(row.counters.nonvoluntary_switches, 21U);
  EXPECT_DOUBLE_EQ(row.children.cpu_user_seconds, 0.21);
  EXPECT_DOUBLE_EQ(row.children.cpu_system_seconds, 0.23);
  EXPECT_EQ(row.children.minor_faults, 11U);
  EXPECT_EQ(row.children.major_faults, 12U);
}

TEST(ProcfsSourceFields, KeepTheirIoWhenItMayNotBeReadAnyMore) {
  const One one;
  Reading reading(one.Tree().Fs());
  reading.Read();
  one.Tree().Remove("7/io");
  reading.Read();
  EXPECT_FALSE(reading.Row(7).has_io);
  EXPECT_EQ(reading.Row(7).counters.read_bytes, 4096U);
}

TEST(ProcfsSourceFields, AreSharedByPassesWhileNothingChanges) {
  const One one;
  Reading reading(one.Tree().Fs());
  reading.Read();
  const ProcessReading* before = &reading.Row(7);
  reading.Read();
  EXPECT_EQ(&reading.Row(7), before);
  one.Stat("103 11 3 12 250 150 21 22");
  reading.Read();
  EXPECT_NE(&reading.Row(7), before);
}

TEST(ProcfsSourceFields, LackTheScoreThatAKernelDoesNotTell) {
  const One one;
  one.Tree().Remove("7/oom_score");
  Reading reading(one.Tree().Fs());
  reading.Read();
  EXPECT_FALSE(reading.Row(7).has_oom_score);
}

// Two threads of process 7, with their switches.
void WriteThreads(const ProcTree& tree, int first, int second) {
  for (const int tid : {7, 8}) {
    const std::string folder = "7/task/" + std::to_string(tid) + "/";
    tree.Write(folder + "stat",
               std::to_string(tid) +
                   " (pool) S 1 7 7 0 -1 64 1 0 2 0 30 40 0 0 20 0 2 0 87150 3 3 1 2 3 4 0 0 0\n");
    tree.Write(folder + "status", "Uid:\t0\t0\t0\t0\nvoluntary_ctxt_switches:\t" +
                                      std::to_string(tid == 7 ? first : second) +
                                      "\nnonvoluntary_ctxt_switches:\t1\n");
    tree.Write(folder + "io", kIo);
    tree.Write(folder + "wchan", "futex_wait");
  }
}

TEST(ProcfsSourceThreads, AreReadOnlyIfWanted) {
  const One one(2);
  WriteThreads(one.Tree(), 100, 50);
  Reading reading(one.Tree().Fs());
  reading.Read();
  EXPECT_EQ(reading.Row(7).thread_rows, nullptr);
  reading.Source().ReadThreads(true);
  reading.Read();
  ASSERT_NE(reading.Row(7).thread_rows, nullptr);
  EXPECT_EQ(reading.Row(7).thread_rows->threads.size(), 2U);
  EXPECT_EQ(reading.Row(7).thread_rows->threads[1].name, "pool");
  reading.Source().ReadThreads(false);
  reading.Read();
  EXPECT_EQ(reading.Row(7).thread_rows, nullptr);
}

TEST(ProcfsSourceThreads, GiveAProcessTheSwitchesOfAllEndedOnesIncluded) {
  const One one(2);
  WriteThreads(one.Tree(), 100, 50);
  Reading reading(one.Tree().Fs());
  reading.Source().ReadThreads(true);
  reading.Read();
  EXPECT_EQ(reading.Row(7).counters.voluntary_switches, 150U);
  EXPECT_EQ(reading.Row(7).counters.nonvoluntary_switches, 2U);
  one.Tree().Remove("7/task/8");
  one.Stat("102 11 3 12 251 150 21 22", 1);
  reading.Read();
  EXPECT_EQ(reading.Row(7).counters.voluntary_switches, 150U);
}

TEST(ProcfsSourceThreads, SayWhatTheOnlyOneWaitsIn) {
  const One one;
  one.Tree().Write("7/wchan", "do_epoll_wait");
  Reading reading(one.Tree().Fs());
  reading.Source().ReadThreads(true);
  reading.Read();
  ASSERT_NE(reading.Row(7).thread_rows, nullptr);
  EXPECT_EQ(reading.Row(7).thread_rows->threads.at(0).wchan, "do_epoll_wait");
}

}  // namespace
}  // namespace procmarshal::testing
