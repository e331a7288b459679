#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace procmarshal {

struct ProcessLimits;
struct ProcessThreads;

// Identity of a process. A pid alone is a guess: the kernel reuses it within seconds on a busy
// host.
struct ProcessKey {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, field 22 of /proc/PID/stat (proc(5))
  auto operator<=>(const ProcessKey&) const = default;
};

// When the process started.
[[nodiscard]] BootTime StartOf(ProcessKey key);

// What only grows. Sources: proc(5) and, for I/O, Documentation/filesystems/proc.rst.
struct ProcessCounters {
  double cpu_user_seconds = 0;
  double cpu_system_seconds = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t voluntary_switches = 0;     // of the main thread, unless threads are read
  std::uint64_t nonvoluntary_switches = 0;  // likewise
  std::uint64_t read_bytes = 0;             // from storage, those of waited-for children included
  std::uint64_t write_bytes = 0;            // to storage, likewise

  bool operator==(const ProcessCounters&) const = default;
};

// CPU time and faults of children that ended and were waited for, their own such children included.
struct ChildCounters {
  double cpu_user_seconds = 0;
  double cpu_system_seconds = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;

  bool operator==(const ChildCounters&) const = default;
};

// What `io` says beside the bytes of storage.
struct IoCounters {
  std::uint64_t read_chars = 0;   // asked for by read(2) and the like, from wherever they came
  std::uint64_t write_chars = 0;  // given to write(2) and the like
  std::uint64_t read_syscalls = 0;
  std::uint64_t write_syscalls = 0;
  std::uint64_t cancelled_write_bytes = 0;  // counted as written, and then never were

  bool operator==(const IoCounters&) const = default;
};

// What one read of a process gives, in base units. Strings, here and below, are valid UTF-8: a
// process may give itself any bytes, and those that are not are replaced when they are read. The
// counters of one process never fall from one reading to the next.
struct ProcessReading {
  ProcessKey key;
  std::string name;  // comm, up to 63 bytes
  pid_t parent = 0;
  uid_t uid = 0;       // effective
  uid_t real_uid = 0;  // whose limits of processes and signals count
  char state = '?';    // R S D Z T t X I ...
  std::int8_t nice = 0;
  std::uint8_t policy = 0;             // SCHED_OTHER and so on: sched(7)
  std::uint8_t realtime_priority = 0;  // 1 to 99 under SCHED_FIFO and SCHED_RR, else 0
  std::int16_t oom_score_adj = 0;      // -1000 to 1000
  std::int16_t oom_score = 0;          // 0 to 2000
  bool has_oom_score = false;          // false where the kernel does not tell the last two
  bool has_io = false;   // false where `io` may not be read now: its counters are as last read
  bool has_fds = false;  // false where the descriptors may not be counted
  std::uint32_t threads = 0;
  std::uint32_t pending_signals = 0;  // queued for the real user
  std::uint64_t exec_id = 0;  // differs after an exec; 0 where the kernel does not let us see that
  double start_time_seconds = 0;  // Unix time
  std::uint64_t resident_bytes = 0;
  std::uint64_t shared_bytes = 0;  // resident file mappings and shared memory
  std::uint64_t virtual_bytes = 0;
  std::uint64_t swap_bytes = 0;
  std::uint64_t locked_bytes = 0;
  std::uint64_t data_bytes = 0;   // private writable memory, as RLIMIT_DATA counts it
  std::uint64_t stack_bytes = 0;  // of the main thread
  std::uint64_t open_fds = 0;
  ProcessCounters counters;
  ChildCounters children;
  IoCounters io;
  std::shared_ptr<const ProcessThreads> thread_rows;  // null unless threads are read

  bool operator==(const ProcessReading&) const = default;
};

// What changes rarely, read once and again when it can have changed. Processes of which all of it
// is equal share one.
struct ProcessInfo {
  std::string user;                             // name of the effective user, or the number
  std::string cgroup;                           // path in the hierarchy that names units
  std::string pids_cgroup;                      // and in that of the controller pids
  std::string memory_cgroup;                    // and of memory
  std::string unit;                             // systemd unit, e.g. "nginx.service"
  std::string slice;                            // systemd slice, e.g. "system.slice"
  std::string container;                        // container id, or name where the engine uses names
  std::string pod;                              // Kubernetes pod uid
  std::shared_ptr<const ProcessLimits> limits;  // null if unreadable

  bool operator==(const ProcessInfo&) const = default;
};

// What costs too much to be read in every sample; NaN until it was read, or if it may not be.
struct MemoryReading {
  double pss_bytes = std::numeric_limits<double>::quiet_NaN();  // proportional share of resident
  double swap_pss_bytes = std::numeric_limits<double>::quiet_NaN();
  double mappings = std::numeric_limits<double>::quiet_NaN();
};

// One process in a snapshot. What is in the pointers is shared with other snapshots.
struct Process {
  std::shared_ptr<const ProcessReading> reading;  // never null
  std::shared_ptr<const ProcessInfo> info;        // never null in a snapshot
  std::shared_ptr<const std::string> group;       // groupname; null: in no group
  MemoryReading memory;
  // CPUs kept busy since the last scheduled sample (1 = one core); NaN until there are two samples.
  double cpu_ratio = std::numeric_limits<double>::quiet_NaN();
  double memory_ratio = 0;         // resident part of the host's memory
  std::uint32_t user_threads = 0;  // threads of all processes of its real user: RLIMIT_NPROC

  const ProcessReading* operator->() const { return reading.get(); }
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
  // Sets `reading` of the rows, ascending by pid; the row of a process that has not changed may
  // share it with the pass before. Fails only if the processes can't be listed. One thread at a
  // time.
  virtual Result<ReadReport> Read(std::vector<Process>& rows) = 0;

  // Whether to read the files of threads too; from the next pass on.
  virtual void ReadThreads(bool on) = 0;
};

}  // namespace procmarshal
