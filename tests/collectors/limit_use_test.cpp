#include "collectors/limit_use.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// One whose soft limits all are this, and its hard limits twice that.
Process Limited(double soft) {
  Process process = MakeRow({});
  ProcessLimits limits{};
  limits.soft.fill(soft);
  limits.hard.fill(2 * soft);
  ProcessInfo info;
  info.limits = std::make_shared<const ProcessLimits>(limits);
  process.info = std::make_shared<const ProcessInfo>(std::move(info));
  return process;
}

struct Case {
  Limit limit;
  void (*use)(ProcessReading&);
};

class LimitUseOf : public ::testing::TestWithParam<Case> {};

TEST_P(LimitUseOf, IsTheShareOfTheSoftLimit) {
  const Process process = Changed(Limited(100), GetParam().use);
  EXPECT_EQ(LimitUsedRatio(process, GetParam().limit), 0.25);
}

void UseCpu(ProcessReading& reading) {
  reading.counters.cpu_user_seconds = 20;
  reading.counters.cpu_system_seconds = 5;
}

void UseFiles(ProcessReading& reading) {
  reading.has_fds = true;
  reading.open_fds = 25;
}

void UseAddresses(ProcessReading& reading) {
  reading.virtual_bytes = 25;
}

INSTANTIATE_TEST_SUITE_P(
    EachThatCanBeSeen, LimitUseOf,
    ::testing::Values(
        Case{Limit::kCpu, &UseCpu}, Case{Limit::kNofile, &UseFiles},
        Case{Limit::kAs, &UseAddresses},
        Case{Limit::kData, [](ProcessReading& reading) { reading.data_bytes = 25; }},
        Case{Limit::kStack, [](ProcessReading& reading) { reading.stack_bytes = 25; }},
        Case{Limit::kMemlock, [](ProcessReading& reading) { reading.locked_bytes = 25; }},
        Case{Limit::kSigpending, [](ProcessReading& reading) { reading.pending_signals = 25; }}));

TEST(LimitUse, OfProcessesCountsAllThreadsOfTheUser) {
  Process process = Limited(100);
  process.user_threads = 50;
  EXPECT_EQ(LimitUsedRatio(process, Limit::kNproc), 0.5);
}

TEST(LimitUse, MayBeMoreThanAll) {
  EXPECT_EQ(LimitUsedRatio(Changed(Limited(10), &UseAddresses), Limit::kAs), 2.5);
}

TEST(LimitUse, OfNothingIsZero) {
  EXPECT_EQ(LimitUsedRatio(Limited(100), Limit::kAs), 0);
}

TEST(LimitUse, IsNotKnownOfFilesThatMayNotBeCounted) {
  EXPECT_EQ(LimitUsedRatio(Limited(100), Limit::kNofile), std::nullopt);
}

TEST(LimitUse, IsNotKnownWhereTheKernelShowsNoUse) {
  const Process process = Limited(100);
  for (const Limit limit : {Limit::kFsize, Limit::kCore, Limit::kRss, Limit::kLocks,
                            Limit::kMsgqueue, Limit::kNice, Limit::kRtprio, Limit::kRttime}) {
    EXPECT_EQ(LimitUsedRatio(process, limit), std::nullopt);
  }
}

TEST(LimitUse, NeedsALimit) {
  for (const double none : {kInfinity, kUnknown, 0.0}) {
    EXPECT_EQ(LimitUsedRatio(Changed(Limited(none), &UseAddresses), Limit::kAs), std::nullopt);
  }
}

TEST(LimitUse, NeedsToKnowTheLimits) {
  EXPECT_EQ(LimitUsedRatio(Changed(MakeRow({}), &UseAddresses), Limit::kAs), std::nullopt);
}

TEST(LimitUse, OfAGroupIsUnknownAtFirst) {
  LimitUse use;
  for (const double ratio : use.ratios) EXPECT_TRUE(std::isnan(ratio));
  use[GroupLimit::kMemoryMax] = 0.5;
  EXPECT_EQ(use.ratios.back(), 0.5);
}

}  // namespace
}  // namespace procmarshal::testing
