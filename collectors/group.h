#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/process.h"

namespace procmarshal {

// What only grows, of one process or of a group over all its processes, ended ones included.
struct ProcessCounters {
  double cpu_user_seconds = 0;
  double cpu_system_seconds = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
};

// Classes of process states as process-exporter names them.
enum class GroupState { kRunning, kSleeping, kWaiting, kZombie, kOther };
inline constexpr std::array<std::string_view, 5> kGroupStateNames = {"Running", "Sleeping",
                                                                     "Waiting", "Zombie", "Other"};

// Processes that are shown as one.
struct Group {
  std::string name;
  ProcessCounters counters;  // never fall
  // Of the processes alive at the last sample; all 0 if there is none.
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t swap_bytes = 0;
  std::uint64_t open_fds = 0;
  double worst_fd_ratio = 0;  // highest share of its limit of open files that one process uses
  double oldest_start_time_seconds = 0;
  std::array<std::uint64_t, kGroupStateNames.size()> states{};
};

// All groups that ever had a process. A group stays, with its counters, when its last process ends.
class GroupTable {
 public:
  // Index of the group of that name, made if it is new. Stays valid.
  [[nodiscard]] std::size_t Find(const std::string& name);

  // Starts a sample: no group has a process.
  void Clear();

  // Adds a process that is alive, and what its counters grew by.
  void Add(std::size_t index, const Process& process, const ProcessCounters& growth);

  [[nodiscard]] const std::vector<Group>& All() const { return groups_; }

 private:
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace procmarshal
