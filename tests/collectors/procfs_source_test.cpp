#include "collectors/procfs_source.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "tests/support/fixture.h"
#include "tests/support/source_reading.h"

namespace procmarshal::testing {
namespace {

TEST(ProcfsSource, ReadsEveryProcessOfATree) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  const ReadReport report = reading.Read();
  std::vector<pid_t> pids;
  for (const Process& row : reading.Rows()) pids.push_back(row->key.pid);
  EXPECT_THAT(pids, ::testing::ElementsAre(2, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008));
  EXPECT_EQ(report.vanished + report.malformed + report.denied, 0U);
}

TEST(ProcfsSource, TakesTheNamesThatRealProcessesGaveThemselves) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  EXPECT_EQ(reading.Row(1002).name, "a ) S ( b");
  EXPECT_EQ(reading.Row(1002).state, 'S');
  EXPECT_EQ(reading.Row(1003).name, "new\nline\"\\");
  EXPECT_EQ(reading.Row(1004).name, "\uFFFD\uFFFDbytes");
}

TEST(ProcfsSource, ReadsAKernelThread) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  const ProcessReading& kthreadd = reading.Row(2);
  EXPECT_EQ(kthreadd.name, "kthreadd");
  EXPECT_EQ(kthreadd.resident_bytes, 0U);
  EXPECT_EQ(kthreadd.virtual_bytes, 0U);
  EXPECT_EQ(kthreadd.open_fds, 0U);
}

TEST(ProcfsSource, ReadsAZombie) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  const ProcessReading& zombie = reading.Row(1006);
  EXPECT_EQ(zombie.state, 'Z');
  EXPECT_EQ(zombie.resident_bytes, 0U);
  EXPECT_EQ(zombie.open_fds, 0U);
}

TEST(ProcfsSource, CountsThreadsAndFiles) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  EXPECT_EQ(reading.Row(1007).threads, 4U);
  EXPECT_EQ(reading.Row(1008).uid, 65534U);
  EXPECT_EQ(reading.Row(1008).open_fds, reading.Row(1001).open_fds + 5);
}

TEST(ProcfsSource, DoesWithoutIoThatMayNotBeRead) {
  const ProcTree tree("linux-6.18-nobody");
  const AsNobody nobody;
  Reading reading(tree.Fs());
  const ReadReport report = reading.Read();
  EXPECT_EQ(report.without_io, 2U);
  EXPECT_EQ(report.without_fds, 2U);
  EXPECT_EQ(reading.Row(1001).name, "webapp");
  EXPECT_GT(reading.Row(1001).resident_bytes, 0U);
  EXPECT_FALSE(reading.Row(1001).has_io);
  EXPECT_FALSE(reading.Row(1001).has_fds);
}

TEST(ProcfsSource, LeavesOutAndCountsWhatHidepidHides) {
  const ProcTree tree("linux-6.18-hidepid1");
  const AsNobody nobody;
  Reading reading(tree.Fs());
  EXPECT_EQ(reading.Read().denied, 2U);
  EXPECT_TRUE(reading.Rows().empty());
}

TEST(ProcfsSource, LeavesOutAndCountsAProcessThatVanishes) {
  const auto f = [](const std::string& file) {
    const ProcTree tree("linux-6.18");
    tree.Remove("1001/" + file);
    Reading reading(tree.Fs());
    const auto vanished = reading.Read().vanished;
    return std::pair(vanished, reading.Rows().size());
  };
  EXPECT_EQ(f("stat"), std::pair(std::uint64_t{1}, std::size_t{8}));
  EXPECT_EQ(f("status"), std::pair(std::uint64_t{1}, std::size_t{8}));
  EXPECT_EQ(f("fd"), std::pair(std::uint64_t{1}, std::size_t{8}));
}

TEST(ProcfsSource, LeavesOutAndCountsANewProcessWhoseFilesMakeNoSense) {
  const auto f = [](const std::string& file, const std::string& content) {
    const ProcTree tree("linux-6.18");
    tree.Write("1001/" + file, content);
    Reading reading(tree.Fs());
    const auto malformed = reading.Read().malformed;
    return std::pair(malformed, reading.Rows().size());
  };
  const std::pair one_less(std::uint64_t{1}, std::size_t{8});
  EXPECT_EQ(f("stat", ""), one_less);
  EXPECT_EQ(f("stat", "1001 (webapp"), one_less);
  EXPECT_EQ(f("status", "Name:\twebapp\n"), one_less);
  EXPECT_EQ(f("status", std::string(std::size_t{8} << 20U, 'x')), one_less);
  EXPECT_EQ(f("io", "read_bytes: NaN\n"), one_less);
}

TEST(ProcfsSource, DoesWithoutIoWhereTheKernelHasNone) {
  const ProcTree tree("linux-6.18");
  tree.Remove("1001/io");
  Reading reading(tree.Fs());
  EXPECT_EQ(reading.Read().without_io, 1U);
  EXPECT_FALSE(reading.Row(1001).has_io);
}

TEST(ProcfsSource, KeepsAKnownProcessThatCannotBeReadForOnce) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs(), 0);
  reading.Read();
  tree.Edit("1001/io", "read_bytes: ", "read_bytes: 7");
  const std::uint64_t read_bytes = reading.Row(1001).counters.read_bytes;
  tree.Write("1001/schedstat", "999999999 5 42\n");
  tree.Edit("1001/status", "Uid:", "Vid:");
  EXPECT_EQ(reading.Read().malformed, 1U);
  EXPECT_EQ(reading.Row(1001).name, "webapp");
  EXPECT_EQ(reading.Row(1001).counters.read_bytes, read_bytes);
  tree.Edit("1001/status", "Vid:", "Uid:");
  reading.Read();  // schedstat is as it was: what was missed is read all the same
  EXPECT_GT(reading.Row(1001).counters.read_bytes, read_bytes);
}

TEST(ProcfsSource, KeepsAKnownProcessThatIsHiddenForAWhile) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs(), 0);
  reading.Read();
  tree.Forbid("1007/stat");
  const AsNobody nobody;
  EXPECT_EQ(reading.Read().denied, 1U);
  EXPECT_EQ(reading.Row(1007).name, "threads");
}

TEST(ProcfsSource, DoesNotReadAgainWhatHasNotRun) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  tree.Edit("1001/status", "VmSwap:\t       0 kB", "VmSwap:\t       8 kB");
  EXPECT_GE(reading.Read().unchanged, 1U);
  EXPECT_EQ(reading.Row(1001).swap_bytes, 0U);
}

TEST(ProcfsSource, ReadsAgainWhatHasRun) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  tree.Edit("1001/status", "VmSwap:\t       0 kB", "VmSwap:\t       8 kB");
  tree.Write("1001/schedstat", "999999999 5 42\n");
  reading.Read();
  EXPECT_EQ(reading.Row(1001).swap_bytes, 8192U);
}

TEST(ProcfsSource, ReadsEverythingAgainAfterAWhile) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  tree.Edit("1001/status", "VmSwap:\t       0 kB", "VmSwap:\t       8 kB");
  reading.Time().Advance(kFullReadInterval);
  EXPECT_EQ(reading.Read().unchanged, 0U);
  EXPECT_EQ(reading.Row(1001).swap_bytes, 8192U);
}

TEST(ProcfsSource, AlwaysReadsProcessesWithThreads) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs());
  reading.Read();
  tree.Edit("1007/status", "VmSwap:\t       0 kB", "VmSwap:\t       8 kB");
  reading.Read();
  EXPECT_EQ(reading.Row(1007).swap_bytes, 8192U);
}

TEST(ProcfsSource, AlwaysReadsWhereTheKernelKeepsNoStatistics) {
  const ProcTree tree("linux-6.18");
  tree.Write("1001/schedstat", "0 0 0\n");
  Reading reading(tree.Fs());
  reading.Read();
  tree.Edit("1001/status", "VmSwap:\t       0 kB", "VmSwap:\t       8 kB");
  reading.Read();
  EXPECT_EQ(reading.Row(1001).swap_bytes, 8192U);
}

TEST(ProcfsSource, SeesThatAPidIsAnothersNow) {
  const ProcTree tree("linux-6.18");
  Reading reading(tree.Fs(), 0);
  reading.Read();
  const ProcessKey before = reading.Row(1007).key;
  tree.Remove("1007");
  tree.Renumber(1008, 1007);
  tree.Edit("1007/stat", fmt::format(" {} ", reading.Row(1008).key.start_ticks), " 99999999 ");
  reading.Read();
  EXPECT_EQ(reading.Row(1007).name, "other");
  EXPECT_NE(reading.Row(1007).key, before);
}

TEST(ProcfsSource, FailsWhenThereIsNothingToList) {
  const ManualClock clock;
  const auto source = OpenProcfsSource(PseudoFs("/nonexistent"), 0, clock);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().message, "open /nonexistent: No such file or directory");
}

TEST(ProcfsSource, FailsWhenTheBootTimeIsUnknown) {
  const ProcTree tree("linux-6.18");
  tree.Write("stat", "cpu 1 2 3\n");
  const ManualClock clock;
  const auto source = OpenProcfsSource(tree.Fs(), 0, clock).value();
  std::vector<Process> rows;
  EXPECT_EQ(source->Read(rows).error().message, "stat: expected a line \"btime SECONDS\"");
  tree.Write("stat", "btime 1000000\n");
  ASSERT_TRUE(source->Read(rows));
  EXPECT_GT(rows.at(0)->start_time_seconds, 1000000);
}

// The rest is against the running kernel.

TEST(ProcfsSourceLive, FindsThisProcess) {
  Reading reading(PseudoFs("/proc"));
  reading.Read();
  const ProcessReading& self = reading.Row(::getpid());
  EXPECT_EQ(self.parent, ::getppid());
  EXPECT_EQ(self.uid, ::geteuid());
  EXPECT_GT(self.resident_bytes, 1'000'000U);
  EXPECT_TRUE(self.has_io);
  EXPECT_TRUE(self.has_fds);
  EXPECT_GE(self.open_fds, 3U);
  EXPECT_TRUE(
      std::ranges::is_sorted(reading.Rows(), {}, [](const Process& row) { return row->key; }));
}

// A child that waits, and is ended and reaped with this object.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { End(); }
  void End() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }
  [[nodiscard]] pid_t Pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(ProcfsSourceLive, CountsFilesAsAListingDoes) {
  const Child child;
  Reading reading(PseudoFs("/proc"));
  reading.Read();
  const std::filesystem::directory_iterator listing("/proc/" + std::to_string(child.Pid()) + "/fd");
  EXPECT_EQ(reading.Row(child.Pid()).open_fds,
            static_cast<std::uint64_t>(std::distance(begin(listing), end(listing))));
}

TEST(ProcfsSourceLive, TakesAtMostHalfOfTheFilesItMayOpen) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{.rlim_cur = 100, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(DefaultKeptFiles(), 50U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_LE(DefaultKeptFiles() * 4600, std::size_t{64} << 20U);
}

TEST(ProcfsSourceLive, FollowsAProcessToItsEnd) {
  Child child;
  const pid_t pid = child.Pid();
  Reading reading(PseudoFs("/proc"));
  reading.Read();
  EXPECT_EQ(reading.Row(pid).parent, ::getpid());
  for (int i = 0; i < 3; ++i) reading.Read();  // files stay open now
  EXPECT_EQ(reading.Row(pid).parent, ::getpid());
  child.End();
  reading.Read();
  EXPECT_THROW((void)reading.Row(pid), std::runtime_error);
}

// How many files of /proc this process has open; of one process, if a pid is given.
std::size_t OpenFiles(const std::string& of = "") {
  std::size_t count = 0;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(fd.path(), gone);
    if (target.starts_with("/proc/" + of)) ++count;
  }
  return count;
}

TEST(ProcfsSourceLive, KeepsNoMoreFilesOpenThanAllowed) {
  const std::array<Child, 5> children;
  const std::size_t before = OpenFiles();
  Reading reading(PseudoFs("/proc"), 3);
  for (int i = 0; i < 4; ++i) reading.Read();
  EXPECT_EQ(OpenFiles(), before + 3);
}

TEST(ProcfsSourceLive, GivesFilesBackWhenProcessesEnd) {
  Reading reading(PseudoFs("/proc"), 10'000);
  Child child;
  const std::string of = std::to_string(child.Pid()) + "/";
  for (int i = 0; i < 4; ++i) reading.Read();
  EXPECT_GE(OpenFiles(of), 1U);
  child.End();
  reading.Read();
  EXPECT_EQ(OpenFiles(of), 0U);
}

}  // namespace
}  // namespace procmarshal::testing
