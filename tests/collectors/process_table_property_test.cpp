// What the groups' counters tell of a host that does what it likes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/simulated_host.h"
#include "tests/support/table.h"

namespace procmarshal::testing {
namespace {

using Manners = SimulatedHost::Manners;
enum class Speed { kAtOnce, kSlow };

constexpr unsigned kSeeds = 150;
constexpr int kSamples = 60;
constexpr std::uint32_t kMostEvents = 40;  // between two samples
constexpr double kRounding = 1e-6;         // of sums of seconds

// A host and the table that follows it.
class Observed {
 public:
  Observed(unsigned seed, Manners manners) : host_(seed, manners) {
    tree_.Write("meminfo", "MemTotal: 1000 kB\n");
  }

  SimulatedHost& Host() { return host_; }

  void Sample(Speed speed) {
    std::vector<Process> rows = speed == Speed::kAtOnce ? host_.Read() : host_.ReadSlowly();
    const auto kind = host_.Below(4) == 0 ? SampleKind::kOnDemand : SampleKind::kScheduled;
    ASSERT_TRUE(table_.Update(host_.Now(), kind, rows));
  }

  // Of all groups.
  [[nodiscard]] ProcessCounters Sum() const {
    ProcessCounters sum;
    for (const Group* group : table_.Groups().Shown()) Grow(group->counters, sum);
    return sum;
  }
  [[nodiscard]] std::map<std::string, ProcessCounters> Groups() const {
    std::map<std::string, ProcessCounters> groups;
    for (const Group* group : table_.Groups().Shown()) groups[*group->name] = group->counters;
    return groups;
  }

 private:
  ProcTree tree_;
  SimulatedHost host_;
  ProcessTable table_ = ProcessTable::Open({.proc = tree_.Fs()}).value();
};

bool IsAtMost(const ProcessCounters& a, const ProcessCounters& b) {
  return a.cpu_user_seconds <= b.cpu_user_seconds + kRounding &&
         a.cpu_system_seconds <= b.cpu_system_seconds + kRounding &&
         a.minor_faults <= b.minor_faults && a.major_faults <= b.major_faults &&
         a.read_bytes <= b.read_bytes && a.write_bytes <= b.write_bytes;
}

std::string Print(const ProcessCounters& c) {
  return fmt::format("user {:.2f} system {:.2f} minor {} major {} read {} write {}",
                     c.cpu_user_seconds, c.cpu_system_seconds, c.minor_faults, c.major_faults,
                     c.read_bytes, c.write_bytes);
}

void ExpectNothingTwice(unsigned seed, Speed speed) {
  Observed observed(seed, Manners::kWild);
  observed.Host().Live(100);
  observed.Host().ForgetDone();
  observed.Sample(Speed::kAtOnce);
  auto before = observed.Groups();
  for (int i = 0; i < kSamples; ++i) {
    observed.Host().Live(observed.Host().Below(kMostEvents));
    observed.Sample(speed);
    ASSERT_TRUE(IsAtMost(observed.Sum(), observed.Host().Done()))
        << "seed " << seed << " sample " << i << "\ncounted " << Print(observed.Sum())
        << "\ndone    " << Print(observed.Host().Done());
    const auto now = observed.Groups();
    for (const auto& [name, counters] : before) ASSERT_TRUE(IsAtMost(counters, now.at(name)));
    before = now;
  }
}

TEST(ProcessTableProperty, CountsNothingTwice) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ExpectNothingTwice(seed, Speed::kAtOnce));
  }
}

TEST(ProcessTableProperty, CountsNothingTwiceThatHappensDuringASample) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ExpectNothingTwice(seed, Speed::kSlow));
  }
}

void ExpectEverything(unsigned seed) {
  Observed observed(seed, Manners::kWaitForAll);
  observed.Sample(Speed::kAtOnce);
  for (int i = 0; i < kSamples; ++i) {
    observed.Host().Live(observed.Host().Below(kMostEvents));
    observed.Sample(Speed::kAtOnce);
    observed.Sample(Speed::kAtOnce);
    ASSERT_EQ(Print(observed.Sum()), Print(observed.Host().Done()))
        << "seed " << seed << " sample " << i;
  }
}

TEST(ProcessTableProperty, CountsEverythingWhereAllWaitForTheirChildren) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) ASSERT_NO_FATAL_FAILURE(ExpectEverything(seed));
}

// What a sample saw of one process and not yet of another is there in the next but one.
void ExpectEverythingInTheEnd(unsigned seed) {
  Observed observed(seed, Manners::kWaitForAll);
  observed.Sample(Speed::kAtOnce);
  for (int i = 0; i < kSamples; ++i) {
    observed.Host().Live(observed.Host().Below(kMostEvents));
    observed.Sample(Speed::kSlow);
  }
  observed.Sample(Speed::kAtOnce);
  observed.Sample(Speed::kAtOnce);
  ASSERT_EQ(Print(observed.Sum()), Print(observed.Host().Done())) << "seed " << seed;
}

TEST(ProcessTableProperty, CountsEverythingThatHappensDuringSamples) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ExpectEverythingInTheEnd(seed));
  }
}

}  // namespace
}  // namespace procmarshal::testing
