#include "collectors/thread_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <latch>
#include <stdexcept>
#include <thread>

#include "collectors/procfs_source.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// One thread, as the kernel shows it.
struct Thread {
  pid_t tid = 7;
  std::string name = "worker";
  int start_ticks = 500;
  std::string schedstat = "1000 20 3\n";
  int voluntary = 5;
  int nonvoluntary = 2;
  std::string wchan = "futex_wait_queue";
};

// The threads of process 7 in an empty /proc, and what a reader makes of them, pass by pass.
class Threads {
 public:
  static std::string Path(pid_t tid, const std::string& file) {
    return fmt::format("7/task/{}/{}", tid, file);
  }
  void Write(const Thread& thread) const {
    const auto write = [&](const std::string& file, const std::string& content) {
      tree_.Write(Path(thread.tid, file), content);
    };
    write("stat", fmt::format("{} ({}) S 1 7 7 0 -1 64 102 0 3 0 250 150 0 0 20 0 2 0 {} 3133440 "
                              "394 1 2 3 4 0 0 0\n",
                              thread.tid, thread.name, thread.start_ticks));
    write("status", fmt::format("Uid:\t0\t0\t0\t0\nVmSwap:\t 0 kB\nvoluntary_ctxt_switches:\t{}\n"
                                "nonvoluntary_ctxt_switches:\t{}\n",
                                thread.voluntary, thread.nonvoluntary));
    write("io",
          "rchar: 1\nwchar: 1\nsyscr: 1\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: "
          "8192\ncancelled_write_bytes: 0\n");
    write("schedstat", thread.schedstat);
    write("wchan", thread.wchan);
  }
  void Remove(pid_t tid) const { tree_.Remove(fmt::format("7/task/{}", tid)); }
  [[nodiscard]] const ProcTree& Tree() const { return tree_; }

  ReadOutcome Read(seconds later = seconds(1)) {
    now_ += later;
    return reader_.Read(7, now_, false, threads_);
  }
  ReadOutcome ReadAfterExec() {
    now_ += seconds(1);
    return reader_.Read(7, now_, true, threads_);
  }
  [[nodiscard]] const std::shared_ptr<const ProcessThreads>& Found() const { return threads_; }
  [[nodiscard]] const ThreadReading& Of(pid_t tid) const {
    const auto found = std::ranges::find(threads_->threads, tid, &ThreadReading::tid);
    if (found == threads_->threads.end()) throw std::runtime_error(fmt::format("no {}", tid));
    return *found;
  }
  [[nodiscard]] std::vector<pid_t> Tids() const {
    std::vector<pid_t> tids;
    for (const ThreadReading& thread : threads_->threads) tids.push_back(thread.tid);
    return tids;
  }
  // Voluntary and nonvoluntary ones of all threads that there are and were.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> Switches() const {
    std::pair sum(threads_->ended_voluntary_switches, threads_->ended_nonvoluntary_switches);
    for (const ThreadReading& thread : threads_->threads) {
      sum.first += thread.voluntary_switches;
      sum.second += thread.nonvoluntary_switches;
    }
    return sum;
  }

 private:
  ProcTree tree_;
  ThreadReader reader_ = ThreadReader::Open(tree_.Fs()).value();
  BootTime now_{hours(2)};
  std::shared_ptr<const ProcessThreads> threads_;
};

using Switches = std::pair<std::uint64_t, std::uint64_t>;

TEST(ThreadReader, GivesAThreadInBaseUnits) {
  Threads threads;
  threads.Write({.tid = 8, .name = "a ) S \xff"});
  ASSERT_EQ(threads.Read(), ReadOutcome::kOk);
  const ThreadReading& thread = threads.Of(8);
  EXPECT_EQ(thread.start_ticks, 500U);
  EXPECT_EQ(thread.name, "a ) S \uFFFD");
  EXPECT_EQ(thread.state, 'S');
  EXPECT_DOUBLE_EQ(thread.cpu_user_seconds, 2.5);
  EXPECT_DOUBLE_EQ(thread.cpu_system_seconds, 1.5);
  EXPECT_EQ(thread.minor_faults, 102U);
  EXPECT_EQ(thread.major_faults, 3U);
  EXPECT_TRUE(thread.has_io);
  EXPECT_EQ(thread.read_bytes, 4096U);
  EXPECT_EQ(thread.write_bytes, 8192U);
  EXPECT_EQ(thread.voluntary_switches, 5U);
  EXPECT_EQ(thread.nonvoluntary_switches, 2U);
  EXPECT_EQ(thread.wchan, "futex_wait_queue");
}

TEST(ThreadReader, ListsThreadsByNumberNotByText) {
  Threads threads;
  for (const pid_t tid : {7, 100, 20}) threads.Write({.tid = tid});
  threads.Read();
  EXPECT_THAT(threads.Tids(), ::testing::ElementsAre(7, 20, 100));
}

TEST(ThreadReader, GivesTheSameObjectWhenNothingHasChanged) {
  Threads threads;
  threads.Write({.tid = 7});
  threads.Write({.tid = 8, .schedstat = "0 0 0\n"});  // read each time, to no avail
  threads.Read();
  const auto before = threads.Found();
  threads.Read();
  EXPECT_EQ(threads.Found(), before);
}

TEST(ThreadReader, NeverChangesWhatItHasGiven) {
  Threads threads;
  threads.Write({.name = "before"});
  threads.Read();
  const auto before = threads.Found();
  threads.Write({.name = "after", .schedstat = "1001 20 4\n"});
  threads.Read();
  EXPECT_EQ(before->threads.at(0).name, "before");
  EXPECT_EQ(threads.Of(7).name, "after");
}

TEST(ThreadReader, DoesNotReadAgainWhatHasNotRun) {
  Threads threads;
  threads.Write({.name = "before"});
  threads.Read();
  threads.Write({.name = "after"});
  threads.Read();
  EXPECT_EQ(threads.Of(7).name, "before");
}

TEST(ThreadReader, ReadsOnlyTheThreadsThatHaveRun) {
  Threads threads;
  for (const pid_t tid : {7, 8, 9}) threads.Write({.tid = tid, .name = "before"});
  threads.Read();
  for (const pid_t tid : {7, 8, 9}) threads.Write({.tid = tid, .name = "after"});
  threads.Write({.tid = 8, .name = "after", .schedstat = "1000 20 4\n"});
  threads.Read();
  EXPECT_EQ(threads.Of(7).name, "before");
  EXPECT_EQ(threads.Of(8).name, "after");
  EXPECT_EQ(threads.Of(9).name, "before");
}

TEST(ThreadReader, AlwaysReadsWhereTheKernelKeepsNoStatistics) {
  const auto f = [](const std::string& schedstat) {
    Threads threads;
    threads.Write({.name = "before", .schedstat = schedstat});
    threads.Read();
    threads.Write({.name = "after", .schedstat = schedstat});
    threads.Read();
    return threads.Of(7).name;
  };
  EXPECT_EQ(f("0 0 0\n"), "after");
  EXPECT_EQ(f(""), "after");
  EXPECT_EQ(f("ran\n"), "after");
  EXPECT_EQ(f("1 2 3\n"), "before");
}

TEST(ThreadReader, ReadsEveryThreadOnceInTheInterval) {
  Threads threads;
  for (pid_t tid = 7; tid < 27; ++tid) threads.Write({.tid = tid, .name = "before"});
  threads.Read();
  for (pid_t tid = 7; tid < 27; ++tid) threads.Write({.tid = tid, .name = "after"});
  for (seconds passed{0}; passed < kFullReadInterval; passed += seconds(5)) {
    threads.Read(seconds(5));
  }
  for (pid_t tid = 7; tid < 27; ++tid) EXPECT_EQ(threads.Of(tid).name, "after") << tid;
}

TEST(ThreadReader, DoesNotReadAllOfThemInTheSamePass) {
  Threads threads;
  for (pid_t tid = 7; tid < 127; tid += 5) threads.Write({.tid = tid, .name = "before"});
  threads.Read();
  for (pid_t tid = 7; tid < 127; tid += 5) threads.Write({.tid = tid, .name = "after"});
  threads.Read(seconds(5));
  const auto renewed = std::ranges::count(threads.Found()->threads, "after", &ThreadReading::name);
  EXPECT_EQ(renewed, 1);
}

TEST(ThreadReader, FollowsThreadsThatComeAndGo) {
  Threads threads;
  for (const pid_t tid : {7, 8, 9}) threads.Write({.tid = tid});
  threads.Read();
  threads.Remove(8);
  threads.Write({.tid = 10});
  threads.Read();
  EXPECT_THAT(threads.Tids(), ::testing::ElementsAre(7, 9, 10));
}

TEST(ThreadReader, KeepsTheSwitchesOfThreadsThatHaveEnded) {
  Threads threads;
  threads.Write({.tid = 7, .voluntary = 1, .nonvoluntary = 2});
  threads.Write({.tid = 8, .voluntary = 10, .nonvoluntary = 20});
  threads.Write({.tid = 9, .voluntary = 100, .nonvoluntary = 200});
  threads.Read();
  threads.Remove(9);
  threads.Read();
  EXPECT_EQ(threads.Found()->ended_voluntary_switches, 100U);
  EXPECT_EQ(threads.Found()->ended_nonvoluntary_switches, 200U);
  threads.Remove(8);
  threads.Read();
  EXPECT_EQ(threads.Tids().size(), 1U);
  EXPECT_EQ(threads.Switches(), Switches(111, 222));
}

TEST(ThreadReader, CountsAThreadThatVanishesWhileItIsReadAsEnded) {
  const auto f = [](const std::string& file) {
    Threads threads;
    threads.Write({.tid = 7});
    threads.Write({.tid = 8, .voluntary = 100, .nonvoluntary = 200});
    threads.Read();
    threads.Write({.tid = 8, .schedstat = "1001 20 4\n"});
    threads.Tree().Remove(Threads::Path(8, file));
    EXPECT_EQ(threads.Read(), ReadOutcome::kOk);
    EXPECT_EQ(threads.Tids().size(), 1U);
    return threads.Switches();
  };
  EXPECT_EQ(f("stat"), Switches(105, 202));
  EXPECT_EQ(f("status"), Switches(105, 202));
}

TEST(ThreadReader, TakesATidThatIsUsedAgainForAnotherThread) {
  Threads threads;
  threads.Write({.tid = 7, .voluntary = 0, .nonvoluntary = 0});
  threads.Write({.tid = 8, .voluntary = 10, .nonvoluntary = 20});
  threads.Read();
  threads.Write(
      {.tid = 8, .start_ticks = 900, .schedstat = "5 0 1\n", .voluntary = 30, .nonvoluntary = 40});
  threads.Read();
  EXPECT_EQ(threads.Of(8).start_ticks, 900U);
  EXPECT_EQ(threads.Switches(), Switches(40, 60));
}

// The kernel gives the thread that calls exec the tid and the start time of the first one.
TEST(ThreadReader, CountsNothingBackWhenAnotherThanTheFirstThreadCallsExec) {
  Threads threads;
  threads.Write({.tid = 7, .voluntary = 1000, .nonvoluntary = 10});
  threads.Write({.tid = 8, .voluntary = 5, .nonvoluntary = 2});
  threads.Read();
  threads.Remove(8);
  threads.Write({.tid = 7, .schedstat = "5 0 1\n", .voluntary = 5, .nonvoluntary = 20});
  threads.Read();
  EXPECT_EQ(threads.Switches(), Switches(1010, 32));
}

TEST(ThreadReader, FollowsTheThreadThatCalledExec) {
  Threads threads;
  threads.Write({.tid = 7, .voluntary = 10, .nonvoluntary = 1});
  threads.Write({.tid = 8, .voluntary = 8000, .nonvoluntary = 100});
  threads.Write({.tid = 9, .voluntary = 4, .nonvoluntary = 3});
  threads.Read();
  threads.Remove(8);
  threads.Remove(9);
  threads.Write({.tid = 7, .schedstat = "2000 20 3\n", .voluntary = 8005, .nonvoluntary = 100});
  threads.Write({.tid = 11, .voluntary = 1, .nonvoluntary = 0});
  EXPECT_EQ(threads.ReadAfterExec(), ReadOutcome::kOk);
  EXPECT_EQ(threads.Found()->executed_tid, 8);
  EXPECT_EQ(threads.Tids(), (std::vector<pid_t>{7, 11}));
  EXPECT_EQ(threads.Switches(), std::pair(8005UL + 10 + 4 + 1, 100UL + 1 + 3));
  threads.Write({.tid = 7, .schedstat = "3000 20 3\n", .voluntary = 8006, .nonvoluntary = 100});
  threads.Read();
  EXPECT_EQ(threads.Found()->executed_tid, 0);
  EXPECT_EQ(threads.Switches(), std::pair(8006UL + 10 + 4 + 1, 100UL + 1 + 3));
}

TEST(ThreadReader, FollowsTheFirstThreadWhereThatCalledExec) {
  Threads threads;
  threads.Write({.tid = 7, .voluntary = 10, .nonvoluntary = 1});
  threads.Write({.tid = 8, .voluntary = 8000, .nonvoluntary = 100});
  threads.Read();
  threads.Remove(8);
  threads.Write({.tid = 7, .schedstat = "2000 20 3\n", .voluntary = 12, .nonvoluntary = 1});
  threads.ReadAfterExec();
  EXPECT_EQ(threads.Found()->executed_tid, 7);
  EXPECT_EQ(threads.Switches(), std::pair(8012UL, 101UL));
}

TEST(ThreadReader, KeepsTheBytesOfAThreadWhoseIoMayNotBeReadForOnce) {
  Threads threads;
  threads.Write({});
  threads.Read();
  threads.Write({.schedstat = "2000 20 3\n"});
  threads.Tree().Remove(Threads::Path(7, "io"));
  threads.Read();
  EXPECT_FALSE(threads.Of(7).has_io);
  EXPECT_EQ(threads.Of(7).read_bytes, 4096U);
  EXPECT_EQ(threads.Of(7).write_bytes, 8192U);
}

TEST(ThreadReader, SaysThatAProcessHasGone) {
  Threads threads;
  threads.Write({.tid = 7});
  threads.Read();
  threads.Tree().Remove("7/task/7/stat");
  EXPECT_EQ(threads.Read(hours(1)), ReadOutcome::kGone);
  threads.Remove(7);
  EXPECT_EQ(threads.Read(), ReadOutcome::kGone);
  threads.Tree().Remove("7");
  EXPECT_EQ(threads.Read(), ReadOutcome::kGone);
  EXPECT_EQ(threads.Tids().size(), 1U);
}

TEST(ThreadReader, SaysThatAProcessMayNotBeRead) {
  Threads threads;
  threads.Write({.tid = 7});
  threads.Tree().Forbid("7/task");
  const AsNobody nobody;
  EXPECT_EQ(threads.Read(), ReadOutcome::kDenied);
  EXPECT_EQ(threads.Found(), nullptr);
}

TEST(ThreadReader, DoesWithoutIoThatMayNotBeRead) {
  Threads threads;
  threads.Write({.tid = 7});
  threads.Tree().Forbid("7/task/7/io");
  const AsNobody nobody;
  EXPECT_EQ(threads.Read(), ReadOutcome::kOk);
  EXPECT_FALSE(threads.Of(7).has_io);
  EXPECT_EQ(threads.Of(7).read_bytes, 0U);
  EXPECT_EQ(threads.Of(7).voluntary_switches, 5U);
}

TEST(ThreadReader, DoesWithoutFilesThatTheKernelLacks) {
  Threads threads;
  threads.Write({.tid = 7});
  for (const char* file : {"io", "wchan", "schedstat"}) {
    threads.Tree().Remove(Threads::Path(7, file));
  }
  EXPECT_EQ(threads.Read(), ReadOutcome::kOk);
  EXPECT_FALSE(threads.Of(7).has_io);
  EXPECT_EQ(threads.Of(7).wchan, "");
  EXPECT_EQ(threads.Of(7).name, "worker");
}

TEST(ThreadReader, KeepsAThreadThatCannotBeReadForOnce) {
  const auto f = [](const std::string& file, const std::string& content) {
    Threads threads;
    threads.Write({.tid = 7});
    threads.Write({.tid = 8, .name = "known"});
    threads.Read();
    threads.Write({.tid = 8, .name = "hostile", .schedstat = "1001 20 4\n"});
    threads.Tree().Write(Threads::Path(8, file), content);
    EXPECT_EQ(threads.Read(), ReadOutcome::kOk);
    EXPECT_EQ(threads.Switches(), Switches(10, 4));
    return threads.Of(8).name;
  };
  EXPECT_EQ(f("stat", ""), "known");
  EXPECT_EQ(f("stat", "8 (hostile"), "known");
  EXPECT_EQ(f("status", "Name:\thostile\n"), "known");
  EXPECT_EQ(f("status", std::string(std::size_t{8} << 20U, 'x')), "known");
  EXPECT_EQ(f("io", "read_bytes: NaN\n"), "known");
}

TEST(ThreadReader, LeavesOutANewThreadWhoseFilesMakeNoSense) {
  Threads threads;
  threads.Write({.tid = 7});
  threads.Write({.tid = 8});
  threads.Tree().Write("7/task/8/stat", "8 (hostile");
  EXPECT_EQ(threads.Read(), ReadOutcome::kOk);
  EXPECT_THAT(threads.Tids(), ::testing::ElementsAre(7));
}

TEST(ThreadReader, FailsWhenNoThreadMakesSense) {
  Threads threads;
  threads.Write({.tid = 7});
  threads.Tree().Write("7/task/7/stat", "7 (hostile");
  EXPECT_EQ(threads.Read(), ReadOutcome::kFailed);
  EXPECT_EQ(threads.Found(), nullptr);
}

TEST(ThreadReader, ReadsWhatTheFirstThreadWaitsIn) {
  const ProcTree tree;
  tree.Write("7/wchan", "do_sys_poll");
  auto reader = ThreadReader::Open(tree.Fs()).value();
  std::string wchan = "old";
  EXPECT_EQ(reader.ReadWchan(7, wchan), ReadOutcome::kOk);
  EXPECT_EQ(wchan, "do_sys_poll");
  tree.Write("7/wchan", "\xff\n");
  EXPECT_EQ(reader.ReadWchan(7, wchan), ReadOutcome::kOk);
  EXPECT_EQ(wchan, "\uFFFD");
  tree.Write("7/wchan", "0");
  EXPECT_EQ(reader.ReadWchan(7, wchan), ReadOutcome::kOk);
  EXPECT_EQ(wchan, "");
}

TEST(ThreadReader, LeavesWhatIsKnownWhenItCannotRead) {
  const ProcTree tree;
  auto reader = ThreadReader::Open(tree.Fs()).value();
  std::string wchan = "old";
  EXPECT_EQ(reader.ReadWchan(7, wchan), ReadOutcome::kGone);
  EXPECT_EQ(wchan, "old");
}

TEST(ThreadReader, FailsWhenThereIsNoProc) {
  const auto reader = ThreadReader::Open(PseudoFs("/nonexistent"));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message, "open /nonexistent: No such file or directory");
}

// Against the running kernel.
TEST(ThreadReaderLive, FollowsAThreadOfThisProcess) {
  std::latch has_begun(1);
  std::latch may_end(1);
  pid_t tid = 0;
  std::jthread thread([&] {
    tid = static_cast<pid_t>(::syscall(SYS_gettid));
    has_begun.count_down();
    may_end.wait();
  });
  has_begun.wait();
  auto reader = ThreadReader::Open(PseudoFs("/proc")).value();
  std::shared_ptr<const ProcessThreads> found;
  ASSERT_EQ(reader.Read(::getpid(), BootTime(seconds(1)), false, found), ReadOutcome::kOk);
  const auto has = [&](pid_t wanted) {
    return std::ranges::count(found->threads, wanted, &ThreadReading::tid) == 1;
  };
  EXPECT_TRUE(has(::getpid()));
  EXPECT_TRUE(has(tid));
  may_end.count_down();
  thread.join();
  // The kernel wakes whoever joins a thread a moment before it takes it off the list.
  while (has(tid)) reader.Read(::getpid(), BootTime(seconds(2)), false, found);
  EXPECT_TRUE(has(::getpid()));
}

}  // namespace
}  // namespace procmarshal::testing
