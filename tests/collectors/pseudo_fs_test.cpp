#include "collectors/pseudo_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::size_t OpenFiles() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

// While it lives, this program may have so many files open.
class FileLimit {
 public:
  explicit FileLimit(rlim_t most) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit low{.rlim_cur = most, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

constexpr rlim_t kLowLimit = 160;
constexpr std::size_t kMostKept = kLowLimit / 8;

// Rereads the files "0", "1", ... of a folder.
void RereadFiles(const ProcTree& tree, const PseudoFs& fs, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    tree.Write(std::to_string(i), "old");
    EXPECT_EQ(fs.Reread(std::to_string(i)), "old");
  }
}

// A file that is kept open is still the old one after another took its name.
bool IsKept(const ProcTree& tree, const PseudoFs& fs, const std::string& file) {
  tree.Remove(file);
  tree.Write(file, "new");
  return fs.Reread(file) == "old";
}

TEST(PseudoFs, ReadsAWholeFile) {
  const ProcTree tree;
  const std::string content(100'000, 'x');
  tree.Write("a/b", content);
  EXPECT_EQ(tree.Fs().Read("a/b"), content);
  EXPECT_EQ(tree.Fs().Reread("a/b"), content);
}

TEST(PseudoFs, SaysWhichFileIsNotThere) {
  const ProcTree tree;
  for (const auto& result : {tree.Fs().Read("a/b"), tree.Fs().Reread("a/b")}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(result.error().message, HasSubstr("/a/b: No such file or directory"));
  }
}

TEST(PseudoFs, KeepsAFileOpenAndReadsWhatItHoldsNow) {
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  tree.Write("a", "a long text");
  EXPECT_EQ(fs.Reread("a"), "a long text");
  const std::size_t open = OpenFiles();
  tree.Write("a", "short");
  EXPECT_EQ(fs.Reread("a"), "short");
  EXPECT_EQ(OpenFiles(), open);
}

TEST(PseudoFs, SharesOpenFilesWithItsCopies) {
  const ProcTree tree;
  tree.Write("a", "1");
  const PseudoFs fs = tree.Fs();
  (void)fs.Reread("a");
  const std::size_t open = OpenFiles();
  (void)PseudoFs(fs).Reread("a");
  EXPECT_EQ(OpenFiles(), open);
}

TEST(PseudoFs, KeepsABoundedNumberOfFilesOpen) {
  constexpr std::size_t kFiles = 1100;
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  const std::size_t before = OpenFiles();
  for (std::size_t i = 0; i < kFiles; ++i) {
    tree.Write(std::to_string(i), "1");
    (void)fs.Reread(std::to_string(i));
  }
  EXPECT_LE(OpenFiles(), before + 1024);
}

TEST(PseudoFs, KeepsNoMoreThanAnEighthOfTheFilesThatMayBeOpen) {
  const FileLimit limit(kLowLimit);
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  const std::size_t before = OpenFiles();
  RereadFiles(tree, fs, kMostKept + 10);
  EXPECT_EQ(OpenFiles(), before + kMostKept);
}

TEST(PseudoFs, GoesOnKeepingTheFirstFilesWhenThereAreTooMany) {
  const FileLimit limit(kLowLimit);
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  RereadFiles(tree, fs, kMostKept + 1);
  EXPECT_TRUE(IsKept(tree, fs, "0"));
  EXPECT_TRUE(IsKept(tree, fs, std::to_string(kMostKept - 1)));
  EXPECT_FALSE(IsKept(tree, fs, std::to_string(kMostKept)));
}

TEST(PseudoFs, KeepsOtherFilesInsteadOfThoseThatNobodyReadsAnyMore) {
  constexpr int kManyPasses = 66'000;
  const FileLimit limit(kLowLimit);
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  RereadFiles(tree, fs, kMostKept);
  const std::size_t open = OpenFiles();
  tree.Write("another", "old");
  for (int pass = 0; pass < kManyPasses; ++pass) (void)fs.Reread("another");
  EXPECT_TRUE(IsKept(tree, fs, "another"));
  EXPECT_EQ(OpenFiles(), open - kMostKept + 1);
}

TEST(PseudoFs, GivesUpTheFilesItKeepsWhenNoMoreCanBeOpened) {
  const FileLimit limit(kLowLimit);
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  RereadFiles(tree, fs, kMostKept);
  tree.Write("another", "old");
  std::vector<UniqueFd> others;
  do {
    others.emplace_back(::dup(STDERR_FILENO));
  } while (others.back());
  EXPECT_EQ(fs.Reread("another"), "old");
  others.clear();
  EXPECT_FALSE(IsKept(tree, fs, "0"));
}

// An entry of /proc stands for a device that goes: reading its open file then fails.
TEST(PseudoFs, OpensAFileAnewWhenTheOldOneFails) {
  const ProcTree tree;
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto link = tree.Fs().Root() / "comm";
  std::filesystem::create_symlink("/proc/" + std::to_string(child) + "/comm", link);
  const PseudoFs fs = tree.Fs();
  EXPECT_TRUE(fs.Reread("comm"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(fs.Reread("comm").error().code, ErrorCode::kNotFound);
  std::filesystem::remove(link);
  tree.Write("comm", "another");
  EXPECT_EQ(fs.Reread("comm"), "another");
}

// As that of the speed of a link that is down.
TEST(PseudoFs, KeepsAFileOpenThatHasNoValueNow) {
  const ProcTree tree;
  tree.Write("folder/file", "");
  const PseudoFs fs = tree.Fs();
  const std::size_t before = OpenFiles();
  EXPECT_EQ(fs.Reread("folder").error().code, ErrorCode::kInternal);  // EISDIR
  EXPECT_EQ(fs.Reread("folder").error().code, ErrorCode::kInternal);
  EXPECT_EQ(OpenFiles(), before + 1);
}

TEST(PseudoFs, ListsWhatIsInAFolder) {
  const ProcTree tree;
  tree.Write("net/eth1/mtu", "1500");
  tree.Write("net/eth0/mtu", "1500");
  tree.Write("net/bonding_masters", "");
  EXPECT_THAT(tree.Fs().List("net").value(), ElementsAre("bonding_masters", "eth0", "eth1"));
  EXPECT_EQ(tree.Fs().List("nonesuch").error().code, ErrorCode::kNotFound);
}

TEST(PseudoFs, RefusesATableThatEndsWithinALine) {
  const ProcTree tree;
  tree.Write("net/dev", "a 1\nb 17");
  const auto cut = tree.Fs().RereadLines("net/dev");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(cut.error().message, "net/dev: the file ends within a line");
  tree.Write("net/dev", "a 1\nb 17\n");
  EXPECT_EQ(tree.Fs().RereadLines("net/dev").value_or(""), "a 1\nb 17\n");
  tree.Write("net/dev", "");
  EXPECT_EQ(tree.Fs().RereadLines("net/dev").value_or("x"), "");
}

// The network of a process that has ended can be opened, but not listed.
TEST(PseudoFs, SaysThatAFolderCanNotBeListed) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  const auto names = PseudoFs("/proc/" + std::to_string(child)).List("net");
  ::waitpid(child, nullptr, 0);
  if (names) GTEST_SKIP() << "this kernel lists it";
  EXPECT_THAT(names.error().message, HasSubstr("/net: Invalid argument"));
}

}  // namespace
}  // namespace procmarshal::testing
