#include "collectors/cgroup_limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A /sys and what is read from it, one sample after the other.
class Host {
 public:
  // Starts to read what was written so far.
  void Open() {
    auto opened = CgroupLimits::Open(tree_.Fs());
    ASSERT_TRUE(opened) << opened.error().message;
    limits_ = std::make_unique<CgroupLimits>(std::move(*opened));
    Sample(seconds(0));
  }
  void Sample(std::chrono::nanoseconds after = seconds(5)) {
    now_ += after;
    limits_->Begin(now_);
  }
  void Write(const std::string& path, const std::string& text) const {
    tree_.Write("fs/cgroup/" + path, text + "\n");
  }
  [[nodiscard]] CgroupUse Use(std::string_view path) { return limits_->Use(path); }
  [[nodiscard]] CgroupLimits& Limits() { return *limits_; }
  [[nodiscard]] const ProcTree& Tree() const { return tree_; }

 private:
  ProcTree tree_;
  std::unique_ptr<CgroupLimits> limits_;
  BootTime now_{std::chrono::hours(1)};
};

void WritePids(const Host& host, const std::string& folder, const std::string& current,
               const std::string& max) {
  host.Write(folder + "/pids.current", current);
  host.Write(folder + "/pids.max", max);
}

void WriteMemory(const Host& host, const std::string& folder, const std::string& current,
                 const std::string& max) {
  host.Write(folder + "/memory.current", current);
  host.Write(folder + "/memory.max", max);
}

void WriteMemoryOfV1(const Host& host, const std::string& folder, const std::string& usage,
                     const std::string& limit) {
  host.Write("memory/" + folder + "/memory.usage_in_bytes", usage);
  host.Write("memory/" + folder + "/memory.limit_in_bytes", limit);
}

class CgroupLimitsV2 : public ::testing::Test {
 protected:
  void SetUp() override {
    host_.Write("cgroup.controllers", "cpuset cpu io memory hugetlb pids");
    WritePids(host_, "a.slice", "30", "max");
    WriteMemory(host_, "a.slice", "3000", "max");
    WritePids(host_, "a.slice/b.service", "20", "100");
    WriteMemory(host_, "a.slice/b.service", "300", "400");
    host_.Open();
  }
  Host host_;
};

TEST_F(CgroupLimitsV2, ReadsTheSharesInUse) {
  const CgroupUse use = host_.Use("/a.slice/b.service");
  EXPECT_DOUBLE_EQ(use.pids, 0.2);
  EXPECT_DOUBLE_EQ(use.memory, 0.75);
}

TEST_F(CgroupLimitsV2, KnowsNoShareWithoutALimit) {
  const CgroupUse use = host_.Use("/a.slice");
  EXPECT_TRUE(std::isnan(use.pids));
  EXPECT_TRUE(std::isnan(use.memory));
}

TEST_F(CgroupLimitsV2, KnowsNothingOfTheRootAndWhatIsNotThere) {
  EXPECT_TRUE(std::isnan(host_.Use("/").pids));
  EXPECT_TRUE(std::isnan(host_.Use("/gone.service").memory));
}

TEST_F(CgroupLimitsV2, CountsTheWorstAbove) {
  WritePids(host_, "c.slice", "90", "100");
  WritePids(host_, "c.slice/d.slice", "10", "100");
  WriteMemory(host_, "c.slice/d.slice", "50", "100");
  WriteMemory(host_, "c.slice/d.slice/e.scope", "10", "100");
  const CgroupUse use = host_.Use("/c.slice/d.slice/e.scope");
  EXPECT_DOUBLE_EQ(use.pids, 0.9);
  EXPECT_DOUBLE_EQ(use.memory, 0.5);
}

TEST_F(CgroupLimitsV2, CountsTheRootOfANamespace) {
  WritePids(host_, ".", "60", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/").pids, 0.6);
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.6);
}

TEST_F(CgroupLimitsV2, CountsWhatIsAboveOneThatIsGone) {
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service/gone").pids, 0.2);
}

TEST_F(CgroupLimitsV2, MayExceedALimitThatWasLowered) {
  WriteMemory(host_, "c.slice", "150", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/c.slice").memory, 1.5);
}

TEST_F(CgroupLimitsV2, TakesNoShareOfZeroOrNonsense) {
  WritePids(host_, "zero", "5", "0");
  WritePids(host_, "minus", "5", "-1");
  WritePids(host_, "word", "5", "lots");
  WritePids(host_, "empty", "", "100");
  for (const char* path : {"/zero", "/minus", "/word", "/empty"}) {
    EXPECT_TRUE(std::isnan(host_.Use(path).pids)) << path;
  }
}

TEST_F(CgroupLimitsV2, ReadsUseOnceASample) {
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.2);
  WritePids(host_, "a.slice/b.service", "40", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.2);
  host_.Sample();
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.4);
}

TEST_F(CgroupLimitsV2, ReadsSharedAncestorsOnceASample) {
  WritePids(host_, "c.slice", "10", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/c.slice/one").pids, 0.1);
  WritePids(host_, "c.slice", "90", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/c.slice/two").pids, 0.1);
}

TEST_F(CgroupLimitsV2, ReadsLimitsAgainAfterAMinute) {
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.2);
  WritePids(host_, "a.slice/b.service", "20", "200");
  host_.Sample(CgroupLimits::kRecheckInterval - seconds(1));
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.2);
  host_.Sample(CgroupLimits::kRecheckInterval / 2 + seconds(1));
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service").pids, 0.1);
}

TEST_F(CgroupLimitsV2, DoesNotReadAllLimitsAgainAtOnce) {
  constexpr int kCgroups = 64;
  const auto count_low = [this] {
    int low = 0;
    for (int i = 0; i < kCgroups; ++i) low += host_.Use("/" + std::to_string(i)).pids < 0.3;
    return low;
  };
  for (int i = 0; i < kCgroups; ++i) WritePids(host_, std::to_string(i), "5", "10");
  EXPECT_EQ(count_low(), 0);
  for (int i = 0; i < kCgroups; ++i) WritePids(host_, std::to_string(i), "5", "20");
  host_.Sample(CgroupLimits::kRecheckInterval + CgroupLimits::kRecheckInterval / 4);
  const int low = count_low();
  EXPECT_GT(low, kCgroups / 8);
  EXPECT_LT(low, kCgroups * 7 / 8);
}

TEST_F(CgroupLimitsV2, ForgetsCgroupsThatNobodyAsksFor) {
  (void)host_.Use("/a.slice/b.service");
  EXPECT_EQ(host_.Limits().Size(), 3U);  // with the root
  host_.Sample(minutes(3));
  (void)host_.Use("/a.slice");
  host_.Sample(minutes(3));
  EXPECT_EQ(host_.Limits().Size(), 2U);
}

TEST_F(CgroupLimitsV2, StaysBoundedWhateverIsAskedFor) {
  const auto flood = [this](const std::string& prefix) {
    for (std::size_t i = 0; i < CgroupLimits::kMaxCgroups + 10; ++i) {
      (void)host_.Use("/a.slice/b.service/" + prefix + std::to_string(i));
    }
  };
  flood("x");
  EXPECT_EQ(host_.Limits().Size(), CgroupLimits::kMaxCgroups);
  EXPECT_DOUBLE_EQ(host_.Use("/a.slice/b.service/no-room").pids, 0.2);
  host_.Sample();
  flood("y");
  EXPECT_EQ(host_.Limits().Size(), CgroupLimits::kMaxCgroups);
  host_.Sample();  // none of "x" was asked for in the sample before
  WritePids(host_, "c.slice", "90", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/c.slice").pids, 0.9);
}

TEST_F(CgroupLimitsV2, CountsTheAncestorsOfPathsTooLongToKeep) {
  std::string path = "/a.slice/b.service";
  while (path.size() < 4 * CgroupLimits::kMaxPath) path += "/" + std::string(200, 'x');
  EXPECT_DOUBLE_EQ(host_.Use(path).pids, 0.2);
  EXPECT_LE(host_.Limits().Size(), 10U);
}

TEST_F(CgroupLimitsV2, NeverLeavesTheTree) {
  host_.Tree().Write("fs/pids.max", "100\n");
  host_.Tree().Write("fs/pids.current", "50\n");
  WritePids(host_, "a", "20", "100");
  using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): a NUL
  for (const auto path : {"/.."sv, "/../../x"sv, "/a/.."sv, "/a/../.."sv, "a"sv, ".."sv, ""sv,
                          "/../a"sv, "/a/../a"sv, "/a\0b"sv, "/..\0"sv}) {
    EXPECT_TRUE(std::isnan(host_.Use(path).pids)) << path;
  }
  EXPECT_DOUBLE_EQ(host_.Use("/a").pids, 0.2);
  EXPECT_EQ(host_.Limits().Size(), 2U);
}

TEST_F(CgroupLimitsV2, TakesNamesWithDotsAndControlCharacters) {
  WritePids(host_, "..a\x01\n b", "20", "100");
  EXPECT_DOUBLE_EQ(host_.Use("/..a\x01\n b").pids, 0.2);
}

TEST(CgroupLimitsV1, ReadsEachControllersTree) {
  Host host;
  WritePids(host, "pids/a/b", "20", "100");
  WriteMemoryOfV1(host, "a/b", "300", "400");
  host.Open();
  EXPECT_DOUBLE_EQ(host.Use("/a/b").pids, 0.2);
  EXPECT_DOUBLE_EQ(host.Use("/a/b").memory, 0.75);
}

TEST(CgroupLimitsV1, TakesTheLargestNumberOfPagesAsNoLimit) {
  Host host;
  WriteMemoryOfV1(host, ".", "900", "9223372036854771712");  // pages of 4 KiB
  WriteMemoryOfV1(host, "a", "300", "9223372036854710272");  // pages of 64 KiB
  host.Open();
  EXPECT_TRUE(std::isnan(host.Use("/a").memory));
}

TEST(CgroupLimitsHybrid, TakesEachControllerFromWhereItIs) {
  Host host;
  host.Write("unified/cgroup.controllers", "hugetlb pids");
  WritePids(host, "unified/a", "20", "100");
  WritePids(host, "pids/a", "70", "100");  // left over, of no controller
  WriteMemoryOfV1(host, "a", "300", "400");
  WriteMemory(host, "unified/a", "100", "400");
  host.Open();
  EXPECT_DOUBLE_EQ(host.Use("/a").pids, 0.2);
  EXPECT_DOUBLE_EQ(host.Use("/a").memory, 0.75);
}

TEST(CgroupLimitsHybrid, ManagesWithoutAController) {
  Host host;
  host.Write("unified/cgroup.controllers", "");
  WriteMemoryOfV1(host, "a", "300", "400");
  host.Open();
  EXPECT_TRUE(std::isnan(host.Use("/a").pids));
  EXPECT_DOUBLE_EQ(host.Use("/a").memory, 0.75);
}

TEST(CgroupLimits, TakesAHostWithoutCgroups) {
  Host host;
  host.Open();
  EXPECT_TRUE(std::isnan(host.Use("/a").pids));
}

TEST(CgroupLimits, RefusesATreeThatIsNoFolder) {
  const ProcTree tree;
  tree.Write("fs/cgroup", "");
  const auto limits = CgroupLimits::Open(tree.Fs());
  ASSERT_FALSE(limits);
  EXPECT_TRUE(limits.error().message.ends_with("/fs/cgroup/pids: Not a directory"))
      << limits.error().message;
}

}  // namespace
}  // namespace procmarshal::testing
