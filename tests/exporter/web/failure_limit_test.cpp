#include "exporter/web/failure_limit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace procmarshal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BootTime kStart{std::chrono::hours(2)};
constexpr BootClock::duration kNone{};

Address Client(std::size_t number) {
  return Address::Parse("10.0." + std::to_string(number / 256) + '.' + std::to_string(number % 256))
      .value_or(Address());
}

// A limit from which client 1 has taken `count` tokens.
FailureLimit AfterFailures(int count) {
  FailureLimit limit;
  for (int i = 0; i < count; ++i) limit.Take(Client(1), kStart);
  return limit;
}

TEST(FailureLimit, AllowsTenInARow) {
  EXPECT_EQ(AfterFailures(0).Wait(Client(1), kStart), kNone);
  EXPECT_EQ(AfterFailures(9).Wait(Client(1), kStart), kNone);
  EXPECT_EQ(AfterFailures(10).Wait(Client(1), kStart), seconds(1));
}

TEST(FailureLimit, ThenAllowsOneASecond) {
  FailureLimit limit = AfterFailures(10);
  EXPECT_EQ(limit.Wait(Client(1), kStart + milliseconds(999)), milliseconds(1));
  EXPECT_EQ(limit.Wait(Client(1), kStart + seconds(1)), kNone);
  limit.Take(Client(1), kStart + seconds(1));
  EXPECT_EQ(limit.Wait(Client(1), kStart + seconds(1)), seconds(1));
}

TEST(FailureLimit, AllowsTenAgainAfterAWhileAndNoMore) {
  FailureLimit limit = AfterFailures(10);
  const BootTime later = kStart + std::chrono::hours(1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(limit.Wait(Client(1), later), kNone);
    limit.Take(Client(1), later);
  }
  EXPECT_EQ(limit.Wait(Client(1), later), seconds(1));
}

TEST(FailureLimit, LeavesOthersAlone) {
  EXPECT_EQ(AfterFailures(10).Wait(Client(2), kStart), kNone);
  EXPECT_EQ(AfterFailures(10).Wait(Address(), kStart), kNone);
}

TEST(FailureLimit, GivesATokenBack) {
  FailureLimit limit = AfterFailures(10);
  limit.GiveBack(Client(1), kStart);
  EXPECT_EQ(limit.Wait(Client(1), kStart), kNone);
  limit.Take(Client(1), kStart);
  EXPECT_EQ(limit.Wait(Client(1), kStart), seconds(1));
}

TEST(FailureLimit, NeverHoldsMoreThanTen) {
  FailureLimit limit = AfterFailures(1);
  for (int i = 0; i < 5; ++i) limit.GiveBack(Client(1), kStart);
  for (int i = 0; i < 10; ++i) limit.Take(Client(1), kStart);
  EXPECT_EQ(limit.Wait(Client(1), kStart), seconds(1));
}

TEST(FailureLimit, ForgetsWhoHasAllTokensAgain) {
  FailureLimit limit = AfterFailures(3);
  limit.Take(Client(2), kStart + milliseconds(2999));
  EXPECT_EQ(limit.Clients(), 2);
  limit.Take(Client(3), kStart + seconds(3));
  EXPECT_EQ(limit.Clients(), 2);
  limit.GiveBack(Client(3), kStart + seconds(3));
  EXPECT_EQ(limit.Clients(), 1);
}

TEST(FailureLimit, RemembersABoundedNumberOfClients) {
  FailureLimit limit;
  for (std::size_t i = 0; i < 2 * FailureLimit::kMostClients; ++i) limit.Take(Client(i), kStart);
  EXPECT_EQ(limit.Clients(), FailureLimit::kMostClients);
}

TEST(FailureLimit, ACrowdDoesNotPushOutTheWorst) {
  FailureLimit limit = AfterFailures(10);
  for (std::size_t i = 2; i < 2 * FailureLimit::kMostClients; ++i) limit.Take(Client(i), kStart);
  EXPECT_EQ(limit.Wait(Client(1), kStart), seconds(1));
}

TEST(FailureLimit, AKnownClientPushesNobodyOut) {
  FailureLimit limit;
  for (std::size_t i = 0; i < FailureLimit::kMostClients; ++i) {
    for (int j = 0; j < 9; ++j) limit.Take(Client(i), kStart);
  }
  limit.Take(Client(1), kStart);
  limit.Take(Client(2), kStart);
  EXPECT_EQ(limit.Wait(Client(1), kStart), seconds(1));
  EXPECT_EQ(limit.Wait(Client(2), kStart), seconds(1));
  EXPECT_EQ(limit.Clients(), FailureLimit::kMostClients);
}

}  // namespace
}  // namespace procmarshal
