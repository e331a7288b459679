#include "collectors/memory_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "tests/support/fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

// A reader over processes 7 and 8, of two mappings each.
class Reading {
 public:
  Reading() {
    rows_.resize(2);
    for (pid_t pid = 7; Process & row : rows_) {
      ProcessReading reading;
      reading.key = {.pid = pid, .start_ticks = 500};
      reading.virtual_bytes = 5000;
      row = MakeRow(reading);
      tree_.Write(fmt::format("{}/stat", pid),
                  fmt::format("{} (x) S 1 7 7 0 -1 64 102 5 3 0 2 1 9 9 20 0 1 0 500 3 3 1 2 3 4 "
                              "0 0 0\n",
                              pid));
      tree_.Write(fmt::format("{}/maps", pid), "00-10 rw-p\n10-20 rw-p\n");
      tree_.Write(fmt::format("{}/smaps_rollup", pid), "Pss: 8 kB\nSwapPss: 4 kB\n");
      ++pid;
    }
  }
  // After the tree is as it should be.
  void Start() { reader_ = MemoryReader::Start(tree_.Fs(), clock_).value(); }

  // Samples until it is so; false if it never is.
  template <typename Predicate>
  bool Await(Predicate is_so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      reader_->Update(rows_);
      std::this_thread::yield();
    }
    return true;
  }
  // Whether what was read of this row is there some samples later.
  bool IsReadSoon(std::size_t row) {
    for (int sample = 0; sample < 1000; ++sample) {
      reader_->Update(rows_);
      std::this_thread::yield();
    }
    return !std::isnan(rows_[row].memory.mappings);
  }
  MemoryReader& Reader() { return *reader_; }
  ManualClock& Time() { return clock_; }
  [[nodiscard]] const ProcTree& Tree() const { return tree_; }
  [[nodiscard]] const Process& Row(std::size_t i) const { return rows_[i]; }

 private:
  ProcTree tree_;
  ManualClock clock_;
  std::vector<Process> rows_;
  std::unique_ptr<MemoryReader> reader_;
};

// Takes more than a burst to read.
void MakeCostly(const ProcTree& tree, const std::string& file) {
  std::filesystem::resize_file(tree.Fs().Root() / file, std::uintmax_t{64} << 20U);
}

TEST(MemoryReader, HandsOverWhatItReads) {
  Reading reading;
  reading.Start();
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.mappings == 2; }));
  EXPECT_TRUE(reading.Await([&] { return reading.Row(1).memory.mappings == 2; }));
  EXPECT_TRUE(std::isnan(reading.Row(0).memory.pss_bytes));
}

TEST(MemoryReader, ReadsSharesWhenItIsConfiguredTo) {
  Reading reading;
  reading.Start();
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.mappings == 2; }));
  reading.Reader().Configure({.smaps = true});
  reading.Time().Advance(MemoryPlan::kQuietRest);
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.pss_bytes == 8192; }));
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.swap_pss_bytes == 4096; }));
}

TEST(MemoryReader, ReadsAgainLater) {
  Reading reading;
  reading.Start();
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.mappings == 2; }));
  reading.Tree().Write("7/maps", "00-10 rw-p\n");
  reading.Time().Advance(MemoryPlan::kQuietRest);
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.mappings == 1; }));
}

TEST(MemoryReader, CountsWhatMayNotBeRead) {
  Reading reading;
  reading.Tree().Forbid("8/maps");
  const AsNobody nobody;
  reading.Start();
  EXPECT_TRUE(reading.Await([&] { return reading.Reader().Denied() == 1; }));
  EXPECT_TRUE(std::isnan(reading.Row(1).memory.mappings));
}

TEST(MemoryReader, RestsWhenTheBudgetIsUsedUp) {
  Reading reading;
  MakeCostly(reading.Tree(), "7/maps");
  reading.Start();
  reading.Reader().Configure({.cpu_share = 1});
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.mappings == 2; }));
  EXPECT_FALSE(reading.IsReadSoon(1));  // time stands still
  reading.Time().Advance(std::chrono::minutes(1));
  EXPECT_TRUE(reading.Await([&] { return reading.Row(1).memory.mappings == 2; }));
}

TEST(MemoryReader, EndsWhileItRests) {
  Reading reading;
  MakeCostly(reading.Tree(), "7/maps");
  reading.Start();
  reading.Reader().Configure({.cpu_share = 0});
  EXPECT_TRUE(reading.Await([&] { return reading.Row(0).memory.mappings == 2; }));
  EXPECT_FALSE(reading.IsReadSoon(1));
}

TEST(MemoryReader, FailsWhenThereIsNoProc) {
  const ManualClock clock;
  const auto reader = MemoryReader::Start(PseudoFs("/nonexistent"), clock);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message, "open /nonexistent: No such file or directory");
}

}  // namespace
}  // namespace procmarshal::testing
