#include "collectors/group.h"

#include <algorithm>

namespace procmarshal {
namespace {

GroupState StateOf(char letter) {
  switch (letter) {
    case 'R':
      return GroupState::kRunning;
    case 'S':
      return GroupState::kSleeping;
    case 'D':
      return GroupState::kWaiting;
    case 'Z':
      return GroupState::kZombie;
    default:
      return GroupState::kOther;
  }
}

void Grow(ProcessCounters& total, const ProcessCounters& growth) {
  total.cpu_user_seconds += growth.cpu_user_seconds;
  total.cpu_system_seconds += growth.cpu_system_seconds;
  total.read_bytes += growth.read_bytes;
  total.write_bytes += growth.write_bytes;
  total.minor_faults += growth.minor_faults;
  total.major_faults += growth.major_faults;
}

}  // namespace

std::size_t GroupTable::Find(const std::string& name) {
  const auto [found, is_new] = index_.try_emplace(name, groups_.size());
  if (is_new) groups_.emplace_back().name = name;
  return found->second;
}

void GroupTable::Clear() {
  for (Group& group : groups_) {
    group = Group{.name = std::move(group.name), .counters = group.counters};
  }
}

void GroupTable::Add(std::size_t index, const Process& process, const ProcessCounters& growth) {
  Group& group = groups_[index];
  Grow(group.counters, growth);
  group.oldest_start_time_seconds =
      group.processes == 0 ? process.start_time_seconds
                           : std::min(group.oldest_start_time_seconds, process.start_time_seconds);
  ++group.processes;
  ++group.states.at(static_cast<std::size_t>(StateOf(process.state)));
  group.threads += process.threads;
  group.resident_bytes += process.resident_bytes;
  group.virtual_bytes += process.virtual_bytes;
  group.swap_bytes += process.swap_bytes;
  group.open_fds += process.open_fds;
  // A limit that is unknown (NaN) or 0 gives no ratio.
  if (process.has_fds && process.info->max_fds > 0) {
    group.worst_fd_ratio = std::max(group.worst_fd_ratio,
                                    static_cast<double>(process.open_fds) / process.info->max_fds);
  }
}

}  // namespace procmarshal
