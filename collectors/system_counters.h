#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collectors/snapshot.h"

namespace procmarshal {

struct LoadAverage {  // threads that run, want to, or wait for a disk
  double one_minute = 0;
  double five_minutes = 0;
  double fifteen_minutes = 0;
};

struct MemoryUse {
  double total_bytes = 0;
  double available_bytes = 0;  // what programs could still get without swapping
  double used_bytes = 0;       // what is not available, as free(1) has it
  double buffers_bytes = 0;
  double cached_bytes = 0;  // of files, shared memory included
};

struct SwapUse {
  double total_bytes = 0;
  double used_bytes = 0;
};

struct ProcessCounts {
  std::size_t processes = 0;
  std::size_t threads = 0;
  std::map<char, std::size_t> by_state;  // processes, by the letter of proc(5)
};

struct FilesystemUse {
  std::string device;
  std::string mountpoint;
  std::string type;
  double size_bytes = 0;
  double available_bytes = 0;  // to users other than root
  // 0 to 1, as df(1) has it: used / (used + available), so what is reserved for root does not
  // count. Absent where that is 0 / 0.
  std::optional<double> used_ratio;
};

// What one snapshot tells of the system by itself. Absent is what it lacks: the collector is off or
// failed, or the host has no such thing.
struct SystemState {
  double uptime_seconds = 0;                // since boot, suspended time included
  std::optional<double> boot_time_seconds;  // Unix time
  std::optional<std::size_t> cpus;          // online
  std::optional<LoadAverage> load;
  std::optional<MemoryUse> memory;
  std::optional<SwapUse> swap;
  std::optional<ProcessCounts> processes;
  std::vector<FilesystemUse> filesystems;  // by mountpoint
};

// What to remember of a snapshot for rates later on: a few kilobytes, where a snapshot is megabytes
// and must not be held.
struct SystemCounters {
  // By the name of a CPU, a device or a family: its counters, in the order of their table in
  // system_counter_tables.h. NaN: there is no such counter.
  using ByName = std::map<std::string, std::vector<double>, std::less<>>;

  [[nodiscard]] static SystemCounters Of(const Snapshot& snapshot);

  BootTime taken;
  SystemState state;
  ByName cpus;
  ByName disks;
  ByName interfaces;
  ByName pressure;
};

}  // namespace procmarshal
