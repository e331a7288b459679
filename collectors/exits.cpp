#include "collectors/exits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace procmarshal {
namespace {

constexpr int kMostAncestors = 64;

template <typename Number>
Number Difference(Number now, Number before) {
  return now > before ? now - before : Number{};
}

ChildCounters Difference(const ChildCounters& now, const ChildCounters& before) {
  return {.cpu_user_seconds = Difference(now.cpu_user_seconds, before.cpu_user_seconds),
          .cpu_system_seconds = Difference(now.cpu_system_seconds, before.cpu_system_seconds),
          .minor_faults = Difference(now.minor_faults, before.minor_faults),
          .major_faults = Difference(now.major_faults, before.major_faults)};
}

void Add(const ChildCounters& more, ChildCounters& total) {
  total.cpu_user_seconds += more.cpu_user_seconds;
  total.cpu_system_seconds += more.cpu_system_seconds;
  total.minor_faults += more.minor_faults;
  total.major_faults += more.major_faults;
}

ProcessCounters Counters(const ChildCounters& from) {
  return {.cpu_user_seconds = from.cpu_user_seconds,
          .cpu_system_seconds = from.cpu_system_seconds,
          .minor_faults = from.minor_faults,
          .major_faults = from.major_faults};
}

// The part of `rest` that each of `count` gets when they share the fraction `part` of it.
ChildCounters Share(const ChildCounters& rest, double part, std::size_t count) {
  const double each = part / static_cast<double>(count);
  const auto whole = [each](std::uint64_t value) {
    return static_cast<std::uint64_t>(std::floor(static_cast<double>(value) * each));
  };
  return {.cpu_user_seconds = rest.cpu_user_seconds * each,
          .cpu_system_seconds = rest.cpu_system_seconds * each,
          .minor_faults = whole(rest.minor_faults),
          .major_faults = whole(rest.major_faults)};
}

}  // namespace

void Exits::Clear() {
  ended_.clear();
  alive_.clear();
}

void Exits::Add(const ProcessReading& last, GroupId group) {
  Ended ended{.pid = last.key.pid,
              .parent = last.parent,
              .group = group,
              .threads = std::max<std::uint32_t>(last.threads, 1),
              .total = last.children,
              .io = {last.counters.read_bytes, last.counters.write_bytes}};
  ended.total.cpu_user_seconds += last.counters.cpu_user_seconds;
  ended.total.cpu_system_seconds += last.counters.cpu_system_seconds;
  ended.total.minor_faults += last.counters.minor_faults;
  ended.total.major_faults += last.counters.major_faults;
  ended_.push_back(ended);
}

void Exits::AddAlive(const ProcessReading* before, const ProcessReading& now) {
  const ChildCounters growth =
      before != nullptr ? Difference(now.children, before->children) : now.children;
  if (growth == ChildCounters{}) return;
  alive_.push_back({.pid = now.key.pid, .growth = growth, .known = {}, .io = {}, .ended = {}});
}

Exits::Alive* Exits::FindAlive(pid_t pid) {
  const auto found = std::ranges::lower_bound(alive_, pid, {}, &Alive::pid);
  return found != alive_.end() && found->pid == pid ? &*found : nullptr;
}

// Process 1 for one that nobody saw.
pid_t Exits::ParentOfEnded(pid_t pid) const {
  const auto found = std::ranges::lower_bound(ended_, pid, {}, &Ended::pid);
  return found != ended_.end() && found->pid == pid ? found->parent : 1;
}

// Every process has page faults, so their number tells whether it was waited for: CPU time may
// still be 0 ticks.
Exits::Alive* Exits::ReaperOf(const Ended& ended,
                              const std::function<std::optional<pid_t>(pid_t)>& parent_of) {
  const std::uint64_t faults = ended.total.minor_faults + ended.total.major_faults;
  pid_t pid = ended.parent;
  for (int depth = 0; depth < kMostAncestors && pid > 0; ++depth) {
    Alive* alive = FindAlive(pid);
    const std::uint64_t unexplained =
        alive == nullptr ? 0
                         : Difference(alive->growth.minor_faults, alive->known.minor_faults) +
                               Difference(alive->growth.major_faults, alive->known.major_faults);
    if (unexplained > 0 && unexplained >= faults) return alive;

    const std::optional<pid_t> parent = parent_of(pid);
    if (parent && pid == ended.parent) return nullptr;  // it did not wait
    // The parent ended too: one of the ancestors inherited the child.
    pid = parent ? *parent : ParentOfEnded(pid);
  }
  return nullptr;
}

void Exits::Match(const std::function<std::optional<pid_t>(pid_t)>& parent_of) {
  for (std::size_t i = 0; i < ended_.size(); ++i) {
    Alive* reaper = ReaperOf(ended_[i], parent_of);
    if (reaper == nullptr) continue;
    procmarshal::Add(ended_[i].total, reaper->known);
    reaper->io.read_bytes += ended_[i].io.read_bytes;
    reaper->io.write_bytes += ended_[i].io.write_bytes;
    reaper->ended.push_back(i);
  }
}

Exits::Io Exits::CountedOf(pid_t pid) const {
  const auto found = std::ranges::lower_bound(alive_, pid, {}, &Alive::pid);
  return found != alive_.end() && found->pid == pid ? found->io : Io{};
}

void Exits::Settle(double seconds, const std::function<GroupId(pid_t)>& group_of,
                   const std::function<void(GroupId, const ProcessCounters&)>& add) const {
  for (const Alive& alive : alive_) {
    ChildCounters rest = Difference(alive.growth, alive.known);
    if (rest == ChildCounters{}) continue;
    double possible = 0;
    for (const std::size_t i : alive.ended) possible += seconds * ended_[i].threads;
    const double cpu = rest.cpu_user_seconds + rest.cpu_system_seconds;
    const double part = cpu > possible ? possible / cpu : 1;
    const ChildCounters share =
        alive.ended.empty() ? ChildCounters{} : Share(rest, part, alive.ended.size());
    for (const std::size_t i : alive.ended) {
      add(ended_[i].group, Counters(share));
      rest = Difference(rest, share);
    }
    add(group_of(alive.pid), Counters(rest));
  }
}

}  // namespace procmarshal
