#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collectors/limit_use.h"
#include "collectors/process.h"
#include "collectors/thread_reader.h"

namespace procmarshal {

// Classes of process states as process-exporter names them.
enum class GroupState { kRunning, kSleeping, kWaiting, kZombie, kOther };
inline constexpr std::array<std::string_view, 5> kGroupStateNames = {"Running", "Sleeping",
                                                                     "Waiting", "Zombie", "Other"};

// Threads of one name in a group; of processes with more than one thread, as process-exporter has
// it.
struct ThreadGroup {
  std::string name;
  std::uint64_t threads = 0;  // alive
  ProcessCounters counters;   // never fall
  BootTime last_alive;
};

// Threads of a group that wait in one kernel function.
struct WaitChannel {
  std::string function;
  std::uint64_t threads = 0;
};

// Processes of a group that are in one place: unit, slice, container, pod.
struct GroupPlace {
  std::string unit, slice, container, pod;
  std::uint64_t processes = 0;
};

// Processes that are shown as one. What has no comment is the sum over those alive at the last
// sample.
struct Group {
  std::shared_ptr<const std::string> name;
  ProcessCounters counters;  // of all its processes, ended ones included; never fall
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t resident_max_bytes = 0;  // of one process
  std::uint64_t virtual_bytes = 0;
  std::uint64_t swap_bytes = 0;
  double pss_bytes = 0;  // of those whose share was read
  double swap_pss_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t open_fds_max = 0;  // of one process
  double worst_fd_ratio = 0;       // highest share of its limit of open files that one process uses
  double cpu_ratio = 0;            // CPUs kept busy
  double cpu_max_ratio = 0;        // by one process
  double oldest_start_time_seconds = 0;  // Unix time; 0: no process
  double start_time_seconds_sum = 0;
  std::array<std::uint64_t, kGroupStateNames.size()> states{};
  // Highest share of each limit that one process uses; NaN: none has such a limit.
  LimitUse limits;
  std::vector<ThreadGroup> thread_groups;  // by name
  std::vector<WaitChannel> wait_channels;
  std::vector<GroupPlace> places;
};

// Takes in a process that is alive. `limits` is what it uses of its limits.
void AddProcess(const Process& process, const LimitUse& limits, Group& group);

// Adds what counters grew by.
void Grow(const ProcessCounters& growth, ProcessCounters& total);

// Forgets the processes; the counters stay.
void ClearProcesses(Group& group);

}  // namespace procmarshal
