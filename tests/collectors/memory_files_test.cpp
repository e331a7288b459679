#include "collectors/memory_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <string_view>

#include "collectors/process_files.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

constexpr ProcessKey kKey{.pid = 7, .start_ticks = 500};
constexpr const char* kLine = "7ffd7bdc7000-7ffd7bde8000 rw-p 00000000 00:00 0      [stack]\n";

// A /proc of one process with two mappings, and what reading its memory gives.
class Memory {
 public:
  Memory() {
    tree_.Write("7/stat",
                "7 (webapp) S 1 7 7 0 -1 64 102 5 3 0 250 150 9 9 20 0 1 0 500 3133440 394 1 2 3 "
                "4 0 0 0\n");
    tree_.Write("7/maps", std::string(kLine) + kLine);
    tree_.Write("7/smaps_rollup", "5601-7fff ---p 0 00:00 0 [rollup]\nPss: 8 kB\nSwapPss: 4 kB\n");
  }
  [[nodiscard]] const ProcTree& Tree() const { return tree_; }
  ReadOutcome Read(bool smaps, ProcessKey key = kKey) {
    return ReadMemory(directory_, key, smaps, buffer_, reading_);
  }
  [[nodiscard]] const MemoryReading& Found() const { return reading_; }

 private:
  ProcTree tree_;
  ProcDirectory directory_ = ProcDirectory::Open(tree_.Fs()).value();
  std::string buffer_;
  MemoryReading reading_;
};

TEST(ReadMemory, CountsMappings) {
  Memory memory;
  EXPECT_EQ(memory.Read(false), ReadOutcome::kOk);
  EXPECT_EQ(memory.Found().mappings, 2);
}

TEST(ReadMemory, CountsMoreMappingsThanFitIntoTheBuffer) {
  constexpr int kMappings = 10'000;
  std::string maps;
  for (int i = 0; i < kMappings; ++i) maps += kLine;
  Memory memory;
  memory.Tree().Write("7/maps", maps);
  EXPECT_EQ(memory.Read(false), ReadOutcome::kOk);
  EXPECT_EQ(memory.Found().mappings, kMappings);
}

TEST(ReadMemory, ReadsSharesOfMemoryIfAsked) {
  Memory memory;
  EXPECT_EQ(memory.Read(true), ReadOutcome::kOk);
  EXPECT_EQ(memory.Found().pss_bytes, 8192);
  EXPECT_EQ(memory.Found().swap_pss_bytes, 4096);
  EXPECT_EQ(memory.Found().mappings, 2);
}

TEST(ReadMemory, ReadsNoSharesIfNotAsked) {
  Memory memory;
  EXPECT_EQ(memory.Read(false), ReadOutcome::kOk);
  EXPECT_TRUE(std::isnan(memory.Found().pss_bytes));
  EXPECT_TRUE(std::isnan(memory.Found().swap_pss_bytes));
}

TEST(ReadMemory, DoesWithoutSharesWhereTheKernelHasNone) {
  Memory memory;
  memory.Tree().Remove("7/smaps_rollup");
  EXPECT_EQ(memory.Read(true), ReadOutcome::kOk);
  EXPECT_TRUE(std::isnan(memory.Found().pss_bytes));
  EXPECT_EQ(memory.Found().mappings, 2);
}

TEST(ReadMemory, RefusesSharesThatMakeNoSense) {
  const auto f = [](std::string_view text) {
    Memory memory;
    memory.Tree().Write("7/smaps_rollup", text);
    return memory.Read(true);
  };
  EXPECT_EQ(f(""), ReadOutcome::kFailed);
  EXPECT_EQ(f("Pss: 8 kB\n"), ReadOutcome::kFailed);
  EXPECT_EQ(f("Pss: -8 kB\nSwapPss: 4 kB\n"), ReadOutcome::kFailed);
  EXPECT_EQ(f(std::string(std::size_t{8} << 20U, 'x')), ReadOutcome::kFailed);
}

TEST(ReadMemory, SeesThatThePidIsAnothersNow) {
  Memory memory;
  EXPECT_EQ(memory.Read(true, {.pid = 7, .start_ticks = 499}), ReadOutcome::kGone);
}

TEST(ReadMemory, TrustsNoPidWithoutItsStartTime) {
  Memory memory;
  memory.Tree().Write("7/stat", "7 (webapp");
  EXPECT_EQ(memory.Read(true), ReadOutcome::kFailed);
  memory.Tree().Remove("7/stat");
  EXPECT_EQ(memory.Read(true), ReadOutcome::kGone);
}

TEST(ReadMemory, TakesAProcessWithoutMemoryForOneThatHasGone) {
  Memory memory;
  memory.Tree().Write("7/maps", "");
  EXPECT_EQ(memory.Read(false), ReadOutcome::kGone);
  memory.Tree().Remove("7/maps");
  EXPECT_EQ(memory.Read(false), ReadOutcome::kGone);
}

TEST(ReadMemory, SaysThatAProcessMayNotBeRead) {
  const auto f = [](const std::string& file) {
    Memory memory;
    memory.Tree().Forbid(file);
    const AsNobody nobody;
    return memory.Read(true);
  };
  EXPECT_EQ(f("7/maps"), ReadOutcome::kDenied);
  EXPECT_EQ(f("7/smaps_rollup"), ReadOutcome::kDenied);
}

// Against the running kernel.
TEST(ReadMemoryLive, ReadsThisProcess) {
  const auto directory = ProcDirectory::Open(PseudoFs("/proc")).value();
  std::string buffer;
  std::string_view text;
  ASSERT_EQ(directory.ReadFile(::getpid(), "stat", buffer, text), ReadOutcome::kOk);
  const ProcessStat stat = ParseStat(text).value();
  MemoryReading reading;
  ASSERT_EQ(ReadMemory(directory, {.pid = ::getpid(), .start_ticks = stat.start_ticks}, true,
                       buffer, reading),
            ReadOutcome::kOk);
  EXPECT_GT(reading.mappings, 10);
  EXPECT_GT(reading.pss_bytes, 100'000);
  EXPECT_LT(reading.pss_bytes, static_cast<double>(stat.virtual_bytes));
  EXPECT_GE(reading.swap_pss_bytes, 0);
}

}  // namespace
}  // namespace procmarshal::testing
