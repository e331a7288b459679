// What a sampler says of collectors that fail.

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "tests/support/fake_host.h"
#include "tests/support/log.h"

namespace procmarshal::testing {
namespace {

// A collector whose outcome the test sets.
class Fickle final : public Collector {
 public:
  explicit Fickle(const Status& outcome) : outcome_(outcome) {}
  Status Collect(FamilyWriter& /*out*/) override { return outcome_; }

 private:
  const Status& outcome_;
};

class SamplerReport : public ::testing::Test {
 protected:
  SamplerReport() {
    Sampler::Plan plan;
    plan.collectors.push_back({"fickle", std::make_shared<Fickle>(outcome_)});
    host_.sampler->Configure(std::move(plan));
  }

  std::string LogOf(Status outcome) {
    const Log log;
    outcome_ = std::move(outcome);
    (void)host_.sampler->Sample(SampleKind::kScheduled);
    return log.Text();
  }

  FakeHost host_;

 private:
  Status outcome_;
};

TEST_F(SamplerReport, IsOneLineWhenAFailureBeginsAndOneWhenItEnds) {
  EXPECT_EQ(LogOf({}), "");
  EXPECT_EQ(LogOf(Fail(ErrorCode::kInvalid, "stat: expected a number")),
            "warning collector fickle failed: stat: expected a number\n");
  EXPECT_EQ(LogOf(Fail(ErrorCode::kInvalid, "stat: expected a number")), "");
  EXPECT_EQ(LogOf({}), "info collector fickle works again\n");
}

TEST_F(SamplerReport, IsOneMoreLineForAnotherFailureButNotMoreThanOneAMinute) {
  (void)LogOf(Fail(ErrorCode::kInvalid, "a.prom: line 1"));
  EXPECT_EQ(LogOf(Fail(ErrorCode::kInvalid, "b.prom: line 1")), "");
  host_.clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(LogOf(Fail(ErrorCode::kInvalid, "b.prom: line 1")),
            "warning collector fickle failed: b.prom: line 1\n");
  host_.clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(LogOf(Fail(ErrorCode::kInvalid, "b.prom: line 1")), "");
}

TEST_F(SamplerReport, DoesNotCallNothingWell) {
  (void)LogOf(Fail(ErrorCode::kInvalid, "stat: expected a number"));
  EXPECT_EQ(LogOf(Fail(ErrorCode::kNotFound, "open stat: No such file")),
            "info collector fickle finds nothing any more\n");
}

TEST_F(SamplerReport, IsSilentOnWhatTheHostLacks) {
  EXPECT_EQ(LogOf(Fail(ErrorCode::kNotFound, "open /sys/class/hwmon: No such file")), "");
  EXPECT_EQ(LogOf({}), "");
}

}  // namespace
}  // namespace procmarshal::testing
