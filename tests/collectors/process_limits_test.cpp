#include "collectors/process_limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace procmarshal::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr const char* kLimits =
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max cpu time              1                    101                  seconds   \n"
    "Max file size             2                    102                  bytes     \n"
    "Max data size             3                    103                  bytes     \n"
    "Max stack size            8388608              unlimited            bytes     \n"
    "Max core file size        0                    unlimited            bytes     \n"
    "Max resident set          6                    106                  bytes     \n"
    "Max processes             7                    107                  processes \n"
    "Max open files            1024                 524288               files     \n"
    "Max locked memory         9                    109                  bytes     \n"
    "Max address space         10                   110                  bytes     \n"
    "Max file locks            11                   111                  locks     \n"
    "Max pending signals       12                   112                  signals   \n"
    "Max msgqueue size         13                   113                  bytes     \n"
    "Max nice priority         14                   114                  \n"
    "Max realtime priority     15                   115                  \n"
    "Max realtime timeout      2000000              unlimited            us        \n";

TEST(ParseLimits, ReadsAllInTheOrderOfTheFile) {
  const auto limits = ParseLimits(kLimits);
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->soft,
            (ProcessLimits::Values{1, 2, 3, 8388608, 0, 6, 7, 1024, 9, 10, 11, 12, 13, 14, 15, 2}));
  EXPECT_EQ(limits->hard,
            (ProcessLimits::Values{101, 102, 103, kInfinity, kInfinity, 106, 107, 524288, 109, 110,
                                   111, 112, 113, 114, 115, kInfinity}));
}

TEST(ParseLimits, NamesThem) {
  const auto limits = ParseLimits(kLimits);
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->Soft(Limit::kNofile), 1024);
  EXPECT_EQ(limits->Hard(Limit::kNofile), 524288);
  EXPECT_EQ(kLimitNames.at(static_cast<std::size_t>(Limit::kNofile)), "nofile");
  EXPECT_EQ(limits->Soft(Limit::kRttime), 2);
  EXPECT_EQ(kLimitNames.at(static_cast<std::size_t>(Limit::kRttime)), "rttime");
}

TEST(ParseLimits, KnowsNothingOfLimitsThatAKernelLacks) {
  const auto limits = ParseLimits("Max open files 5 6 files\n");
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->Soft(Limit::kNofile), 5);
  EXPECT_TRUE(std::isnan(limits->Soft(Limit::kRttime)));
  EXPECT_TRUE(std::isnan(limits->Hard(Limit::kRttime)));
}

TEST(ParseLimits, PassesOverLimitsOfLaterKernels) {
  const auto limits = ParseLimits("Max wishes  3  3  wishes\nMax open files  5  6  files\n");
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->Hard(Limit::kNofile), 6);
}

TEST(ParseLimits, RefusesWhatMakesNoSense) {
  const auto f = [](std::string_view text) {
    const auto limits = ParseLimits(text);
    return limits ? "taken" : limits.error().message;
  };
  const std::string bad = "limits: expected two limits behind \"Max open files\"";
  EXPECT_EQ(f("Max open files            many                 524288               files\n"), bad);
  EXPECT_EQ(f("Max open files            1024                 -1                   files\n"), bad);
  EXPECT_EQ(f("Max open files            1024\n"), bad);
  EXPECT_EQ(f("Max open files"), bad);
  EXPECT_EQ(f("Max open files  99999999999999999999  1  files\n"), bad);
  EXPECT_EQ(f(""), "limits: expected lines \"Max ...\"");
  EXPECT_EQ(f("Limit  Soft Limit  Hard Limit  Units\n"), "limits: expected lines \"Max ...\"");
}

ProcessLimits OpenFiles(double count) {
  ProcessLimits limits{};
  limits.soft.fill(std::numeric_limits<double>::quiet_NaN());
  limits.soft.at(static_cast<std::size_t>(Limit::kNofile)) = count;
  return limits;
}

TEST(LimitsCache, GivesOneCopyToAllThatAreAlike) {
  LimitsCache cache;
  const auto first = cache.Intern(OpenFiles(1));
  EXPECT_EQ(cache.Intern(OpenFiles(1)), first);
  EXPECT_EQ(first->Soft(Limit::kNofile), 1);
}

TEST(LimitsCache, TellsDifferentOnesApart) {
  LimitsCache cache;
  const auto first = cache.Intern(OpenFiles(1));
  const auto second = cache.Intern(OpenFiles(2));
  EXPECT_EQ(first->Soft(Limit::kNofile), 1);
  EXPECT_EQ(second->Soft(Limit::kNofile), 2);
}

TEST(LimitsCache, ForgetsWhatNobodyUses) {
  LimitsCache cache;
  for (int i = 0; i < 10000; ++i) (void)cache.Intern(OpenFiles(i));
  EXPECT_LE(cache.Size(), 64U);
}

TEST(LimitsCache, KeepsWhatIsUsed) {
  LimitsCache cache;
  std::vector<std::shared_ptr<const ProcessLimits>> used(1000);
  for (int i = 0; i < 1000; ++i) used.at(i) = cache.Intern(OpenFiles(i));
  EXPECT_EQ(cache.Intern(OpenFiles(0)), used.front());
  EXPECT_EQ(cache.Intern(OpenFiles(999)), used.back());
}

}  // namespace
}  // namespace procmarshal::testing
