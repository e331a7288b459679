#include "collectors/exits.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

namespace procmarshal {
namespace {

constexpr pid_t kInit = 1;

// Takes from both what both have.
template <typename Number>
void TakeFromBoth(Number& a, Number& b) {
  const Number common = std::min(a, b);
  a -= common;
  b -= common;
}

void TakeFromBoth(ProcessCounters& a, ProcessCounters& b) {
  TakeFromBoth(a.cpu_user_seconds, b.cpu_user_seconds);
  TakeFromBoth(a.cpu_system_seconds, b.cpu_system_seconds);
  TakeFromBoth(a.minor_faults, b.minor_faults);
  TakeFromBoth(a.major_faults, b.major_faults);
  TakeFromBoth(a.read_bytes, b.read_bytes);
  TakeFromBoth(a.write_bytes, b.write_bytes);
}

// What a process tells of children that it waited for; of their I/O, only together with its own.
ProcessCounters ToldOfChildren(const ProcessReading& reading) {
  return {.cpu_user_seconds = reading.children.cpu_user_seconds,
          .cpu_system_seconds = reading.children.cpu_system_seconds,
          .minor_faults = reading.children.minor_faults,
          .major_faults = reading.children.major_faults,
          .read_bytes = reading.counters.read_bytes,
          .write_bytes = reading.counters.write_bytes};
}

// What the parent is told when it waits.
ProcessCounters ToldToParent(const ProcessReading& reading) {
  ProcessCounters told = ToldOfChildren(reading);
  told.cpu_user_seconds += reading.counters.cpu_user_seconds;
  told.cpu_system_seconds += reading.counters.cpu_system_seconds;
  told.minor_faults += reading.counters.minor_faults;
  told.major_faults += reading.counters.major_faults;
  return told;
}

std::uint64_t Faults(const ProcessCounters& counters) {
  return counters.minor_faults + counters.major_faults;
}

// This part of the CPU time and faults. The I/O of children is not told from their parent's.
ProcessCounters PartOf(const ProcessCounters& whole, double part) {
  const auto rounded_down = [part](std::uint64_t value) {
    return static_cast<std::uint64_t>(std::floor(static_cast<double>(value) * part));
  };
  return {.cpu_user_seconds = whole.cpu_user_seconds * part,
          .cpu_system_seconds = whole.cpu_system_seconds * part,
          .minor_faults = rounded_down(whole.minor_faults),
          .major_faults = rounded_down(whole.major_faults)};
}

// A process with that pid that is there and can have had a child at that time. If it started later,
// it only has the pid of one that had.
std::optional<Exits::Child> FindParent(pid_t pid, std::uint64_t child_start,
                                       const Exits::FindLiving& find) {
  auto living = find(pid);
  if (living && living->key.start_ticks > child_start) living.reset();
  return living;
}

}  // namespace

void Exits::Begin(double seconds) {
  seconds_ = seconds;
  std::erase_if(ended_, [](const Ended& ended) { return !ended.is_open; });
  for (Ended& ended : ended_) ended.is_late = true;
  std::erase_if(waiters_,
                [](const Waiter& waiter) { return waiter.is_held || !waiter.is_overtaken; });
  for (Waiter& waiter : waiters_) waiter.is_held = true;
  zombies_.clear();
}

void Exits::Add(const Child& child, const ProcessReading& last, GroupId group) {
  ended_.push_back({.child = child,
                    .group = group,
                    .possible_seconds = seconds_ * std::max<std::uint32_t>(last.threads, 1),
                    .counted = ToldToParent(last)});
}

void Exits::AddLiving(const ProcessReading* before, const ProcessReading& now, bool knows_io) {
  if (now.state == 'Z') zombies_.push_back(now.key.pid);
  if (now.children == (before != nullptr ? before->children : ChildCounters{})) return;
  ProcessCounters growth = ToldOfChildren(now);
  if (before != nullptr) {
    ProcessCounters known = ToldOfChildren(*before);
    TakeFromBoth(growth, known);
  }
  if (!knows_io) growth.read_bytes = growth.write_bytes = 0;
  waiters_.push_back({.key = now.key, .growth = growth, .parts = {}});
}

// The latest with that pid that can have had a child at that time.
const Exits::Ended* Exits::FindEnded(pid_t pid, std::uint64_t child_start) const {
  const auto later = std::ranges::upper_bound(ended_, ProcessKey{pid, child_start}, {},
                                              [](const Ended& ended) { return ended.child.key; });
  if (later == ended_.begin() || std::prev(later)->child.key.pid != pid) return nullptr;
  return &*std::prev(later);
}

// Who has that pid or had it, if anybody did.
Exits::Ancestor Exits::FindAncestor(pid_t pid, std::uint64_t child_start,
                                    const FindLiving& find) const {
  if (const std::optional<Child> living = FindParent(pid, child_start, find)) return {*living};
  if (const Ended* gone = FindEnded(pid, child_start)) return {gone->child, true};
  return {};
}

// Its parent, if that is there, or one of its ancestors.
Exits::Candidates Exits::FindCandidates(const Child& child, const FindLiving& find) {
  Candidates candidates;
  bool is_orphan = child.is_orphan;
  pid_t pid = child.parent;
  while (++candidates.ancestors < kMostAncestors) {
    const auto [ancestor, is_gone] = FindAncestor(pid, child.key.start_ticks, find);
    for (Waiter& waiter : std::ranges::equal_range(waiters_, ancestor.key, {}, &Waiter::key)) {
      candidates.waiters.push_back(&waiter);
    }
    if (candidates.ancestors == 1) candidates.is_nearest_gone = is_gone;
    const bool is_there = ancestor.key.pid != 0 && !is_gone;
    if (pid == kInit || (is_there && !is_orphan && !IsZombie(pid))) break;
    is_orphan = true;
    pid = ancestor.parent > 0 ? ancestor.parent : kInit;
  }
  return candidates;
}

// Every process has page faults, so they tell whether it was waited for: its CPU time may still be
// 0 ticks.
void Exits::Take(Ended& ended, Waiter& waiter) {
  const std::uint64_t faults = Faults(ended.counted);
  TakeFromBoth(waiter.growth, ended.counted);
  // Of a late one, the group may have gone.
  if (faults == 0 || Faults(ended.counted) > 0 || ended.is_late) return;
  waiter.parts.push_back({ended.group, ended.possible_seconds});
}

// Those first that have no time left, and then those with the least choice.
void Exits::Explain(const FindLiving& find) {
  std::vector<std::pair<Ended*, Candidates>> all;
  all.reserve(ended_.size());
  for (Ended& ended : ended_) all.emplace_back(&ended, FindCandidates(ended.child, find));
  std::ranges::sort(all, {}, [](const auto& each) {
    const auto& [ended, candidates] = each;
    const bool has_time = !ended->is_late || candidates.is_nearest_gone;
    return std::tuple(has_time, candidates.ancestors, ended->child.key);
  });
  for (const auto& [ended, candidates] : all) {
    for (Waiter* waiter : candidates.waiters) Take(*ended, *waiter);
  }
}

void Exits::Match(const FindLiving& find) {
  std::ranges::sort(ended_, {}, [](const Ended& ended) { return ended.child.key; });
  std::ranges::sort(waiters_, {}, [](const Waiter& waiter) {
    return std::pair(waiter.key, !waiter.is_held);  // a held one first
  });
  Explain(find);
  // Who waited may have been read before it did so; or may have ended since, and then the same goes
  // for who waited for that.
  for (Ended& ended : ended_) {
    const bool is_new = Reparent(ended.child, find) || !ended.is_late;
    ended.is_open = is_new && ended.counted != ProcessCounters{};
  }
}

// It has ended, or at least its first thread has.
bool Exits::IsZombie(pid_t pid) const {
  return std::ranges::binary_search(zombies_, pid);
}

// Makes the nearest living ancestor its parent if that has ended; says whether it had.
bool Exits::Reparent(Child& child, const FindLiving& find) const {
  const std::uint64_t start = child.key.start_ticks;
  const pid_t before = child.parent;
  for (int depth = 0; depth < kMostAncestors; ++depth) {
    child.is_orphan |= IsZombie(child.parent);
    const Ended* gone = FindEnded(child.parent, start);
    if (gone == nullptr || FindParent(child.parent, start, find)) break;
    child.parent = gone->child.parent;
    child.is_orphan = true;
  }
  return child.parent != before;
}

void Exits::Follow(Child& child, const FindLiving& find) {
  if (!ended_.empty() || !zombies_.empty()) Reparent(child, find);
  if (waiters_.empty() || (child.parent < child.key.pid && !child.is_orphan)) return;
  for (Waiter* waiter : FindCandidates(child, find).waiters) {
    waiter->is_overtaken |= child.key < waiter->key;
  }
}

bool Exits::HasWaited(const ProcessKey& key) const {
  const auto found = std::ranges::equal_range(waiters_, key, {}, &Waiter::key);
  return !found.empty() && !found.back().is_held;
}

void Exits::SettleHeld(const AddGrowth& add) const {
  for (const Waiter& waiter : waiters_) {
    if (waiter.is_held) Share(waiter, add);
  }
}

void Exits::Settle(const std::function<GroupId(pid_t)>& group_of, const AddGrowth& add) {
  for (Waiter& waiter : waiters_) {
    if (waiter.is_held) continue;
    waiter.group = group_of(waiter.key.pid);
    if (!waiter.is_overtaken) Share(waiter, add);
  }
}

void Exits::Share(const Waiter& waiter, const AddGrowth& add) {
  ProcessCounters rest = waiter.growth;
  const double cpu = rest.cpu_user_seconds + rest.cpu_system_seconds;
  double possible = 0;
  for (const Part& part : waiter.parts) possible += part.possible_seconds;
  for (const Part& part : waiter.parts) {
    if (possible == 0) break;
    ProcessCounters share = PartOf(waiter.growth, part.possible_seconds / std::max(cpu, possible));
    add(part.group, share);
    TakeFromBoth(rest, share);
  }
  add(waiter.group, rest);
}

}  // namespace procmarshal
