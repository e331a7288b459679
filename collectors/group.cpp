#include "collectors/group.h"

#include <algorithm>
#include <cmath>

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

void AddIfKnown(double value, double& sum) {
  if (!std::isnan(value)) sum += value;
}

}  // namespace

void Grow(const ProcessCounters& growth, ProcessCounters& total) {
  total.cpu_user_seconds += growth.cpu_user_seconds;
  total.cpu_system_seconds += growth.cpu_system_seconds;
  total.minor_faults += growth.minor_faults;
  total.major_faults += growth.major_faults;
  total.voluntary_switches += growth.voluntary_switches;
  total.nonvoluntary_switches += growth.nonvoluntary_switches;
  total.read_bytes += growth.read_bytes;
  total.write_bytes += growth.write_bytes;
}

void AddProcess(const Process& process, const LimitUse& limits, Group& group) {
  group.oldest_start_time_seconds =
      group.processes == 0 ? process->start_time_seconds
                           : std::min(group.oldest_start_time_seconds, process->start_time_seconds);
  group.start_time_seconds_sum += process->start_time_seconds;
  ++group.processes;
  ++group.states.at(static_cast<std::size_t>(StateOf(process->state)));
  group.threads += process->threads;
  group.resident_bytes += process->resident_bytes;
  group.resident_max_bytes = std::max(group.resident_max_bytes, process->resident_bytes);
  group.virtual_bytes += process->virtual_bytes;
  group.swap_bytes += process->swap_bytes;
  AddIfKnown(process.memory.pss_bytes, group.pss_bytes);
  AddIfKnown(process.memory.swap_pss_bytes, group.swap_pss_bytes);
  group.open_fds += process->open_fds;
  group.open_fds_max = std::max(group.open_fds_max, process->open_fds);
  AddIfKnown(process.cpu_ratio, group.cpu_ratio);
  group.cpu_max_ratio = std::fmax(group.cpu_max_ratio, process.cpu_ratio);
  for (std::size_t i = 0; i < limits.ratios.size(); ++i) {
    group.limits.ratios.at(i) = std::fmax(group.limits.ratios.at(i), limits.ratios.at(i));
  }
  group.worst_fd_ratio = std::fmax(group.worst_fd_ratio, limits[GroupLimit::kNofile]);
}

void ClearProcesses(Group& group) {
  Group cleared;
  cleared.name = std::move(group.name);
  cleared.counters = group.counters;
  cleared.thread_groups = std::move(group.thread_groups);
  cleared.wait_channels = std::move(group.wait_channels);
  cleared.places = std::move(group.places);
  cleared.wait_channels.clear();
  cleared.places.clear();
  for (ThreadGroup& threads : cleared.thread_groups) threads.threads = 0;
  group = std::move(cleared);
}

}  // namespace procmarshal
