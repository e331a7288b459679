// What GroupTable promises under any budget, of hosts that do things at random (but the same ones
// in each run).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/family_writer.h"
#include "collectors/group_families.h"
#include "collectors/group_table.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kAmple = 100'000;
const std::string kOther{GroupTable::kOther};

// Something that a group has on the page: a thread name, a place or a wait channel.
using Detail = std::pair<std::string, std::string>;

// What a host does in one sample, by group.
struct Done {
  std::map<std::string, ProcessCounters> processes;
  std::map<std::string, ProcessCounters> threads;
  std::set<std::string> alive;
  std::set<Detail> details;
};

ProcessCounters Sum(ProcessCounters a, const ProcessCounters& b) {
  Grow(b, a);
  return a;
}

// Processes that come, work, idle and go.
class RandomHost {
 public:
  RandomHost(std::uint32_t seed, std::size_t names) : random_(seed), names_(names) {}

  // Below `end`.
  std::uint32_t Draw(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

  // Does what a sample sees, between Begin() and the next.
  Done Act(GroupTable& table) {
    Done done;
    std::erase_if(members_, [&](const Member& member) { return Ends(member, table, done); });
    for (std::uint32_t born = Draw(60); born > 0; --born) members_.push_back(Bear(table));
    for (const Member& member : members_) Live(member, table, done);
    return done;
  }

 private:
  struct Member {
    std::string name;
    GroupId id;
    Process process;
    std::vector<std::string> threads;
  };

  // Whole numbers, so that sums are exact; most processes are idle.
  ProcessCounters Work() {
    if (Draw(3) > 0) return {};
    return {.cpu_user_seconds = static_cast<double>(Draw(1000)),
            .cpu_system_seconds = static_cast<double>(Draw(1000)),
            .minor_faults = Draw(1000),
            .major_faults = Draw(10),
            .voluntary_switches = Draw(1000),
            .nonvoluntary_switches = Draw(1000),
            .read_bytes = Draw(1'000'000),
            .write_bytes = Draw(1'000'000)};
  }

  Member Bear(GroupTable& table) {
    // Some names are taken by many, and one by a process that wants to look like the rest.
    const std::uint32_t number = Draw(2) == 0 ? Draw(20) : Draw(static_cast<std::uint32_t>(names_));
    std::string name = number == 0 ? kOther : fmt::format("group-{}", number);
    const GroupId id = table.Find(name);
    Member member{.name = std::move(name), .id = id, .process = MakeRow({}), .threads = {}};
    member.process.cpu_ratio = Draw(4) == 0 ? Draw(1000) / 1000.0 : 0;
    member.process.memory_ratio = Draw(1000) / 1e5;
    ProcessInfo info;
    if (Draw(2) == 0) info.unit = fmt::format("{}.service", Draw(30));
    member.process.info = std::make_shared<const ProcessInfo>(std::move(info));
    for (std::uint32_t i = Draw(2) * Draw(5); i > 0; --i) {
      member.threads.push_back(Draw(10) == 0 ? kOther : fmt::format("thread-{}", Draw(100)));
    }
    return member;
  }

  bool Ends(const Member& member, GroupTable& table, Done& done) {
    if (Draw(8) > 0) return false;
    const ProcessCounters last = Work();
    table.AddGrowth(member.id, last);
    Grow(last, done.processes[member.name]);
    return true;
  }

  void Live(const Member& member, GroupTable& table, Done& done) {
    const ProcessCounters growth = Work();
    table.Add(member.id, member.process, {}, growth);
    Grow(growth, done.processes[member.name]);
    done.alive.insert(member.name);
    if (const std::string& unit = member.process.info->unit; !unit.empty()) {
      done.details.insert({member.name, unit});
    }
    for (const std::string& name : member.threads) {
      ThreadReading thread;
      thread.name = name;
      const ProcessCounters did = Work();
      table.AddThread(member.id, thread, did);
      table.AddWaiting(member.id, "wait-in-" + name);
      Grow(did, done.threads[member.name]);
      done.details.insert({member.name, name});
      done.details.insert({member.name, "wait-in-" + name});
    }
  }

  std::mt19937 random_;
  std::size_t names_;
  std::vector<Member> members_;
};

std::set<Detail> DetailsOf(const Group& group) {
  std::set<Detail> details;
  for (const auto& place : group.places) details.insert({*group.name, place.unit});
  for (const auto& channel : group.wait_channels) details.insert({*group.name, channel.function});
  for (const auto& threads : group.thread_groups) details.insert({*group.name, threads.name});
  return details;
}

// Follows what is shown, and compares it with what was done.
class Witness {
 public:
  explicit Witness(std::chrono::milliseconds ttl) : ttl_(ttl) {}

  void See(const GroupTable& table, const Done& done, BootTime now, bool scheduled) {
    now_ = now;
    scheduled_ = scheduled;
    std::map<std::string, Group> shown;
    for (const Group* group : table.Shown()) shown.emplace(*group->name, *group);
    CheckSums(shown, done);
    for (const auto& [name, group] : shown) CheckThreads(group, OfThose(done.threads, shown, name));
    CheckHidden(table, shown, done);
    for (const std::string& name : done.alive) alive_at_[name] = now;
    shown_before_ = std::move(shown);
    for (const auto& [name, group] : shown_before_) known_[name] = group.counters;
  }

  [[nodiscard]] int CameBack() const { return came_back_; }
  [[nodiscard]] int StartedAnew() const { return started_anew_; }
  [[nodiscard]] int WithoutHidden() const { return without_hidden_; }

 private:
  using Shown = std::map<std::string, Group>;
  using Counts = std::map<std::string, ProcessCounters>;

  // What belongs in the series of that name: for "other", all that has none of its own.
  static ProcessCounters OfThose(const Counts& done, const Shown& shown, const std::string& name) {
    ProcessCounters sum;
    for (const auto& [group, counters] : done) {
      if (group == name || (name == kOther && !shown.contains(group))) Grow(counters, sum);
    }
    return sum;
  }

  void CheckSums(const Shown& shown, const Done& done) {
    ProcessCounters all;
    ProcessCounters grown;
    for (const auto& [name, counters] : done.processes) Grow(counters, all);
    for (const auto& [name, group] : shown) {
      const ProcessCounters growth = OfThose(done.processes, shown, name);
      Grow(growth, grown);
      EXPECT_EQ(group.counters, Sum(BaseOf(group, growth), growth)) << name;
    }
    EXPECT_EQ(grown, all);
  }

  // From where a group's counters went on in this sample.
  ProcessCounters BaseOf(const Group& group, const ProcessCounters& growth) {
    const std::string& name = *group.name;
    const bool stayed = shown_before_.contains(name);
    const bool may_be_new = name != kOther && (!stayed || IsExpired(name));
    if (!known_.contains(name)) return {};
    if (!may_be_new || group.counters == Sum(known_[name], growth)) {
      if (!stayed && known_[name] != ProcessCounters{}) ++came_back_;
      return known_[name];
    }
    ++started_anew_;
    return {};
  }

  bool IsExpired(const std::string& name) {
    return ttl_.count() > 0 && now_ - alive_at_[name] >= ttl_;
  }

  void CheckThreads(const Group& group, const ProcessCounters& done) const {
    if (group.thread_groups.empty()) return;  // there was no room for a single name
    const auto before = shown_before_.find(*group.name);
    ProcessCounters grown;
    ProcessCounters expected = done;
    for (const ThreadGroup& threads : group.thread_groups) {
      Grow(threads.counters, grown);
      if (before == shown_before_.end()) continue;
      const ProcessCounters base = ThreadBase(before->second, threads);
      EXPECT_GE(threads.counters.cpu_user_seconds, base.cpu_user_seconds) << threads.name;
      EXPECT_GE(threads.counters.read_bytes, base.read_bytes) << threads.name;
      Grow(base, expected);
    }
    EXPECT_EQ(grown, expected) << *group.name;
  }

  [[nodiscard]] ProcessCounters ThreadBase(const Group& before, const ThreadGroup& threads) const {
    const auto found = std::ranges::find(before.thread_groups, threads.name, &ThreadGroup::name);
    if (found == before.thread_groups.end()) return {};
    const bool is_forgotten = scheduled_ && ttl_.count() > 0 && threads.name != kOther &&
                              found->threads == 0 && now_ - found->last_alive >= ttl_;
    return is_forgotten ? ProcessCounters{} : found->counters;
  }

  void CheckHidden(const GroupTable& table, const Shown& shown, const Done& done) {
    std::set<Detail> details;
    for (const auto& [name, group] : shown) details.merge(DetailsOf(group));
    const bool is_all_there =
        std::ranges::all_of(done.alive, [&](const auto& name) { return shown.contains(name); }) &&
        std::ranges::includes(details, done.details);
    EXPECT_EQ(table.Dropped() == 0, is_all_there);
    if (is_all_there) ++without_hidden_;
  }

  std::chrono::milliseconds ttl_;
  BootTime now_;
  bool scheduled_ = true;
  Shown shown_before_;
  Counts known_;  // as last seen, of all that were ever shown
  std::map<std::string, BootTime> alive_at_;
  int came_back_ = 0;
  int started_anew_ = 0;
  int without_hidden_ = 0;
};

// Series of a page with everything on it.
std::size_t SeriesOf(const GroupTable& table, std::vector<prometheus::MetricFamily>& families) {
  std::vector<Group> groups;
  for (const Group* group : table.Shown()) {
    Group& copy = groups.emplace_back(*group);
    copy.limits.ratios.fill(0.5);
  }
  FamilyWriter out(families);
  WriteGroups(groups, WallTime{}, {.smaps = true, .threads = true}, out);
  out.Finish();
  std::size_t series = 0;
  for (const auto& family : families) series += family.metric.size();
  return series;
}

struct Case {
  std::uint32_t seed;
  std::size_t names;
  seconds ttl;
  std::vector<std::size_t> budgets;
};

class GroupBudget : public ::testing::TestWithParam<Case> {};

TEST_P(GroupBudget, KeepsItsPromises) {
  constexpr int kSamples = 80;
  const Case& given = GetParam();
  RandomHost host(given.seed, given.names);
  Witness witness(given.ttl);
  GroupTable table;
  std::vector<prometheus::MetricFamily> families;
  BootTime now{hours(1)};
  std::size_t budget = 0;
  for (int i = 0; i < kSamples && !HasFailure(); ++i) {
    if (i % 8 == 0) {
      budget = given.budgets[static_cast<std::size_t>(i / 8) % given.budgets.size()];
      table.Configure({.series = budget, .ttl = given.ttl}, {});
    }
    const bool scheduled = i % 4 != 0;
    table.Begin(now += seconds(1), scheduled);
    const Done done = host.Act(table);
    SCOPED_TRACE(fmt::format("sample {} with a budget of {}", i, budget));
    witness.See(table, done, now, scheduled);
    const std::size_t series = SeriesOf(table, families);
    EXPECT_LE(series, table.Series());
    EXPECT_LE(table.Series(), budget);
  }
  // Without these it would have shown little.
  const bool is_tight = given.budgets != std::vector{kAmple};
  EXPECT_EQ(witness.CameBack() > 0, is_tight);
  EXPECT_EQ(witness.StartedAnew() > 0, is_tight || given.ttl.count() > 0);
  EXPECT_EQ(witness.WithoutHidden() == kSamples, !is_tight);
}

INSTANTIATE_TEST_SUITE_P(
    Random, GroupBudget,
    ::testing::Values(Case{1, 300, seconds(0), {kAmple}}, Case{2, 300, seconds(5), {kAmple}},
                      Case{3, 300, seconds(0), {500}}, Case{4, 300, seconds(5), {2000}},
                      Case{5, 300, seconds(0), {GroupTable::kLeastSeries, 10'000, 300, kAmple}},
                      Case{6, 300, seconds(5), {kAmple, 1000, GroupTable::kLeastSeries, 3000}},
                      Case{7, 1000, seconds(3), {5000, 400}},
                      Case{8, 30, seconds(10), {1000, 700, 1300}}));

}  // namespace
}  // namespace procmarshal::testing
