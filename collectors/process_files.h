#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// Parsers of the files of /proc/PID, and of /proc/PID/task/TID, which has the same. Each takes the
// whole text of the file of its name; proc(5).
namespace procmarshal {

struct ProcessStat {
  std::string_view name;  // points into the text
  char state = '?';
  pid_t parent = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t child_minor_faults = 0;  // these and the next of its kind: of waited-for children
  std::uint64_t major_faults = 0;
  std::uint64_t child_major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t child_user_ticks = 0;
  std::uint64_t child_system_ticks = 0;
  std::int8_t nice = 0;
  std::uint32_t threads = 0;
  std::uint64_t start_ticks = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t exec_id = 0;  // hash of the addresses that an exec lays out anew, 0 if hidden
  std::uint8_t realtime_priority = 0;
  std::uint8_t policy = 0;
};
[[nodiscard]] Result<ProcessStat> ParseStat(std::string_view text);

// Lines that are missing (kernel threads and zombies have no memory) leave 0. Memory comes from
// here and not from `stat`, whose resident size is off by up to 64 pages a CPU.
struct ProcessStatus {
  uid_t real_uid = 0;
  uid_t uid = 0;  // effective
  std::uint32_t pending_signals = 0;
  std::uint64_t locked_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t shared_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t stack_bytes = 0;
  std::uint64_t swap_bytes = 0;
  std::uint64_t voluntary_switches = 0;  // these two of the one thread that the file is of
  std::uint64_t nonvoluntary_switches = 0;
};
[[nodiscard]] Result<ProcessStatus> ParseStatus(std::string_view text);

struct ProcessIo {
  std::uint64_t read_chars = 0;
  std::uint64_t write_chars = 0;
  std::uint64_t read_syscalls = 0;
  std::uint64_t write_syscalls = 0;
  std::uint64_t cancelled_write_bytes = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
};
[[nodiscard]] Result<ProcessIo> ParseIo(std::string_view text);

// Nanoseconds on a CPU, nanoseconds of waiting for one, and how often it was given one, of one
// thread (Documentation/scheduler/sched-stats.rst). A kernel without these statistics shows zeros.
using Schedstat = std::array<std::uint64_t, 3>;
[[nodiscard]] Result<Schedstat> ParseSchedstat(std::string_view text);

// The kernel function that a thread waits in; empty if it waits in none or that is not shown: "0".
[[nodiscard]] std::string_view ParseWchan(std::string_view text);

// Of `smaps_rollup` what no other file has: the memory in which each page that N processes share
// counts as 1/N (Documentation/filesystems/proc.rst).
struct SmapsRollup {
  std::uint64_t pss_bytes = 0;
  std::uint64_t swap_pss_bytes = 0;
};
[[nodiscard]] Result<SmapsRollup> ParseSmapsRollup(std::string_view text);

// Arguments joined by blanks, without the trailing NULs.
[[nodiscard]] std::string ParseCommandLine(std::string_view text);

}  // namespace procmarshal
