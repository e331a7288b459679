#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// Identity of a process. A pid alone is a guess: the kernel reuses it within seconds on a busy
// host.
struct ProcessKey {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, field 22 of /proc/PID/stat (proc(5))
  auto operator<=>(const ProcessKey&) const = default;
};

// What one read of a process gives, in base units. Strings, here and below, are valid UTF-8: a
// process may give itself any bytes, and those that are not are replaced when they are read.
// Sources: proc(5) and, for `io`, Documentation/filesystems/proc.rst.
struct ProcessReading {
  ProcessKey key;
  std::string name;  // comm, up to 63 bytes
  pid_t parent = 0;
  uid_t uid = 0;     // effective
  char state = '?';  // R S D Z T t X I ...
  int nice = 0;
  std::uint32_t threads = 0;
  std::uint64_t exec_id = 0;  // differs after an exec; 0 where the kernel does not let us see that
  double cpu_user_seconds = 0;
  double cpu_system_seconds = 0;
  double start_time_seconds = 0;  // Unix time
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t swap_bytes = 0;
  bool has_io = false;            // false where `io` may not be read: the next two are 0 then
  std::uint64_t read_bytes = 0;   // from storage
  std::uint64_t write_bytes = 0;  // to storage
  bool has_fds = false;           // false where the descriptors may not be counted
  std::uint64_t open_fds = 0;
};

// What changes rarely, read once and again when it can have changed. Shared by the snapshots.
struct ProcessInfo {
  std::string command_line;  // arguments joined by blanks, cut at 4 KiB; empty for kernel threads
  std::string executable;    // where /proc/PID/exe points; empty if that may not be read
  std::string cgroup;        // path in the hierarchy that names units
  std::string unit;          // systemd unit, e.g. "nginx.service"
  std::string container;     // container id
  std::string user;          // name of the effective user, or the number
  std::string group;         // groupname
  // Soft limit of open files (RLIMIT_NOFILE); infinity if unlimited, NaN if unreadable.
  double max_fds = std::numeric_limits<double>::quiet_NaN();
};

// One process in a snapshot.
struct Process : ProcessReading {
  std::shared_ptr<const ProcessInfo> info;  // never null in a snapshot
  // CPUs kept busy since the last scheduled sample (1 = one core); NaN until there are two samples.
  double cpu_ratio = std::numeric_limits<double>::quiet_NaN();
  double memory_ratio = 0;  // resident part of the host's memory
};

// How a pass over all processes went.
struct ReadReport {
  std::uint64_t vanished = 0;     // ended while being read, left out
  std::uint64_t denied = 0;       // nothing of it may be read (proc mounted with hidepid), left out
  std::uint64_t malformed = 0;    // a file could not be read or makes no sense
  std::uint64_t unchanged = 0;    // had not run since the last pass, so not read again
  std::uint64_t without_io = 0;   // `io` may not be read
  std::uint64_t without_fds = 0;  // descriptors may not be counted
};

// Reads all processes of the host.
class ProcessSource {
 public:
  virtual ~ProcessSource() = default;
  // Fills the ProcessReading part of `rows`, ascending by pid, into the storage that is there.
  // Fails only if the processes can't be listed. One thread at a time.
  virtual Result<ReadReport> Read(std::vector<Process>& rows) = 0;
};

}  // namespace procmarshal
