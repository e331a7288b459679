#include "collectors/exits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a process with that pid used itself, and children that it waited for.
struct Used {
  pid_t pid;
  pid_t parent;
  double cpu = 0;
  std::uint64_t faults = 1;
  double children_cpu = 0;
  std::uint64_t children_faults = 0;
  std::uint64_t bytes = 0;
};

ProcessReading ReadingOf(const Used& used) {
  ProcessReading reading;
  reading.key = {used.pid, 100};
  reading.parent = used.parent;
  reading.threads = 1;
  reading.counters.cpu_user_seconds = used.cpu;
  reading.counters.minor_faults = used.faults;
  reading.counters.write_bytes = used.bytes;
  reading.children.cpu_user_seconds = used.children_cpu;
  reading.children.minor_faults = used.children_faults;
  return reading;
}

// Samples a second apart. The group of a process has the number of its pid.
class Samples {
 public:
  // Says what was found out: "GROUP: SECONDS s FAULTS BYTES" where something was.
  std::vector<std::string> Take(const std::vector<Used>& now) {
    found_.clear();
    std::map<pid_t, ProcessReading> living;
    for (const Used& used : now) living[used.pid] = ReadingOf(used);
    exits_.Begin(1);
    for (const auto& [pid, last] : last_) {
      if (!living.contains(pid)) {
        exits_.Add({last.key, last.parent}, last, static_cast<GroupId>(pid));
      }
    }
    for (const auto& [pid, reading] : living) {
      const auto before = last_.find(pid);
      exits_.AddLiving(before == last_.end() ? nullptr : &before->second, reading, true);
    }
    last_ = std::move(living);
    Settle();
    return found_;
  }

  [[nodiscard]] bool HasWaited(pid_t pid) const { return exits_.HasWaited({pid, 100}); }

 private:
  void Settle() {
    const auto find = [this](pid_t pid) -> std::optional<Exits::Child> {
      const auto found = last_.find(pid);
      if (found == last_.end()) return std::nullopt;
      return Exits::Child{found->second.key, found->second.parent};
    };
    const auto add = [this](GroupId group, const ProcessCounters& c) {
      if (c == ProcessCounters{}) return;
      found_.push_back(fmt::format("{}: {:.2f} s {} {}", group, c.cpu_user_seconds, c.minor_faults,
                                   c.write_bytes));
    };
    exits_.Match(find);
    for (const auto& [pid, reading] : last_) {
      Exits::Child child{reading.key, reading.parent};
      exits_.Follow(child, find);
    }
    exits_.SettleHeld(add);
    exits_.Settle([](pid_t pid) { return static_cast<GroupId>(pid); }, add);
  }

  Exits exits_;
  std::map<pid_t, ProcessReading> last_;
  std::vector<std::string> found_;
};

constexpr Used kParent{.pid = 2, .parent = 1};

// The parent after it waited for this.
Used Waited(double cpu, std::uint64_t faults, std::uint64_t bytes = 0) {
  Used parent = kParent;
  parent.children_cpu = cpu;
  parent.children_faults = faults;
  parent.bytes = bytes;
  return parent;
}

TEST(Exits, FindNothingWhereNothingEnds) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2}});
  EXPECT_THAT(samples.Take({kParent, {.pid = 3, .parent = 2, .cpu = 1}}), IsEmpty());
}

TEST(Exits, FindWhatAChildDidAfterItsLastReading) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2, .cpu = 5, .faults = 10}});
  EXPECT_THAT(samples.Take({Waited(5.2, 12)}), ElementsAre("3: 0.20 s 2 0"));
}

TEST(Exits, FindWhatAChildDidThatNobodySaw) {
  Samples samples;
  samples.Take({kParent});
  EXPECT_THAT(samples.Take({Waited(0.2, 12)}), ElementsAre("2: 0.20 s 12 0"));
}

TEST(Exits, FindNothingTwice) {
  Samples samples;
  samples.Take({kParent});
  samples.Take({Waited(0.2, 12)});
  EXPECT_THAT(samples.Take({Waited(0.2, 12)}), IsEmpty());
}

TEST(Exits, TellWhoWaited) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2}});
  EXPECT_FALSE(samples.HasWaited(2));
  samples.Take({Waited(0, 1)});
  EXPECT_TRUE(samples.HasWaited(2));
  EXPECT_FALSE(samples.HasWaited(3));
  samples.Take({Waited(0, 1)});
  EXPECT_FALSE(samples.HasWaited(2));
}

TEST(Exits, TellTheBytesOfWhoWaited) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2, .bytes = 400}});
  EXPECT_THAT(samples.Take({Waited(0, 1, 500)}), ElementsAre("2: 0.00 s 0 100"));
}

TEST(Exits, LeaveTheBytesOfOthersAlone) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2, .bytes = 400}});
  Used parent = kParent;
  parent.bytes = 500;
  EXPECT_THAT(samples.Take({parent}), IsEmpty());
}

TEST(Exits, TakeFromTheNearestAncestorThatHasRoom) {
  Samples samples;
  const Used init{.pid = 1, .parent = 0};
  samples.Take({init, kParent, {.pid = 3, .parent = 2}, {.pid = 4, .parent = 3, .cpu = 5}});
  // Who waited for 4, once 3 had ended? Nobody can tell, but it is not counted again.
  Used waited = init;
  waited.children_cpu = 4;
  waited.children_faults = 2;
  EXPECT_THAT(samples.Take({waited, Waited(3, 2)}), ElementsAre("1: 2.00 s 2 0"));
}

TEST(Exits, DoNotLookBeyondAParentThatIsThere) {
  Samples samples;
  const Used init{.pid = 1, .parent = 0};
  samples.Take({init, kParent, {.pid = 3, .parent = 2, .cpu = 5}});
  Used waited = init;
  waited.children_cpu = 0.5;
  waited.children_faults = 7;
  EXPECT_THAT(samples.Take({waited, kParent}), ElementsAre("1: 0.50 s 7 0"));
}

TEST(Exits, TakeInitForTheParentOfWhoseParentNobodySaw) {
  Samples samples;
  Used init{.pid = 1, .parent = 0};
  samples.Take({init, {.pid = 4, .parent = 3, .cpu = 5}});
  init.children_cpu = 5.5;
  init.children_faults = 1;
  EXPECT_THAT(samples.Take({init}), ElementsAre("4: 0.50 s 0 0"));
}

TEST(Exits, EndWhereParentsGoInCircles) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 4}, {.pid = 4, .parent = 3}});
  EXPECT_THAT(samples.Take({Waited(1, 1)}), ElementsAre("2: 1.00 s 1 0"));
}

TEST(Exits, WaitOneSampleForAParentThatWasReadTooEarly) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2, .cpu = 5}});
  EXPECT_THAT(samples.Take({kParent}), IsEmpty());
  EXPECT_THAT(samples.Take({Waited(5.2, 2)}), ElementsAre("2: 0.20 s 1 0"));
}

TEST(Exits, WaitNoLongerThanOneSample) {
  Samples samples;
  samples.Take({kParent, {.pid = 3, .parent = 2, .cpu = 5}});
  samples.Take({kParent});
  samples.Take({kParent});
  EXPECT_THAT(samples.Take({Waited(5.2, 2)}), ElementsAre("2: 5.20 s 2 0"));
}

TEST(Exits, LeaveOpenWhatAProcessMayHaveDoneThatWasReadBefore) {
  const Used child{.pid = 1, .parent = 2, .cpu = 5};
  Samples samples;
  samples.Take({child, kParent});
  EXPECT_THAT(samples.Take({child, Waited(5.2, 2)}), IsEmpty());
  EXPECT_THAT(samples.Take({Waited(5.2, 2)}), ElementsAre("1: 0.20 s 1 0"));
}

}  // namespace
}  // namespace procmarshal::testing
