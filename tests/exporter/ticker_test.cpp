#include "exporter/ticker.h"

#include <gtest/gtest.h>

#include <latch>

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Ticker, CallsAtOnce) {
  std::latch called(1);
  const Ticker ticker(hours(1), [&] { called.count_down(); });
  called.wait();
  EXPECT_TRUE(called.try_wait());
}

TEST(Ticker, CallsAgainAndAgain) {
  std::latch called(4);
  int count = 0;
  const Ticker ticker(milliseconds(1), [&] {
    if (++count <= 4) called.count_down();
  });
  called.wait();
  EXPECT_TRUE(called.try_wait());
}

TEST(Ticker, TakesANewIntervalWhileItWaits) {
  std::latch first(1);
  std::latch second(1);
  int count = 0;
  Ticker ticker(hours(1), [&] {
    ++count;
    if (count == 1) first.count_down();
    if (count == 2) second.count_down();
  });
  first.wait();
  ticker.SetInterval(milliseconds(1));
  second.wait();
  EXPECT_TRUE(second.try_wait());
}

TEST(Ticker, EndsWhileItWaits) {
  std::latch called(1);
  {
    const Ticker ticker(hours(1), [&] { called.count_down(); });
    called.wait();
  }
  EXPECT_TRUE(called.try_wait());  // and not an hour later
}

}  // namespace
}  // namespace procmarshal::testing
