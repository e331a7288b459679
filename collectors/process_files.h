#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// Parsers of the files of /proc/PID. Each takes the whole text of the file of its name; proc(5).
namespace procmarshal {

struct ProcessStat {
  std::string_view name;  // points into the text
  char state = '?';
  pid_t parent = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  int nice = 0;
  std::uint32_t threads = 0;
  std::uint64_t start_ticks = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t exec_id = 0;  // hash of the addresses that an exec lays out anew, 0 if hidden
};
[[nodiscard]] Result<ProcessStat> ParseStat(std::string_view text);

// Lines that are missing (kernel threads and zombies have no memory) leave 0. Memory comes from
// here and not from `stat`, whose resident size is off by up to 64 pages a CPU.
struct ProcessStatus {
  uid_t uid = 0;  // effective
  std::uint64_t resident_bytes = 0;
  std::uint64_t swap_bytes = 0;
};
[[nodiscard]] Result<ProcessStatus> ParseStatus(std::string_view text);

struct ProcessIo {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
};
[[nodiscard]] Result<ProcessIo> ParseIo(std::string_view text);

// The soft limit in the line "Max open files" of `limits`; infinity if unlimited.
[[nodiscard]] Result<double> ParseMaxOpenFiles(std::string_view text);

// Arguments joined by blanks, without the trailing NULs.
[[nodiscard]] std::string ParseCommandLine(std::string_view text);

// Where a process stands in the cgroup tree. `unit` is the systemd unit, `container` the 64 digit
// id that container engines put into the path; both empty if there is none.
struct CgroupPlace {
  std::string_view path;
  std::string_view unit;
  std::string_view container;
};
[[nodiscard]] CgroupPlace ParseCgroup(std::string_view text);

}  // namespace procmarshal
