// Memory of one process, from /proc/PID/maps ("7ffd7bdc7000-7ffd7bde8000 rw-p ... [stack]", a line
// a mapping) and /proc/PID/smaps_rollup ("Pss:  206 kB"): proc(5).

#include "collectors/memory_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/unique_fd.h"
#include "collectors/process_files.h"

namespace procmarshal {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10U;

// Counts the lines of a file that may be longer than what we want to keep. The kernel escapes line
// breaks in names.
ReadOutcome CountLines(const UniqueFd& fd, std::string& buffer, double& lines) {
  if (buffer.size() < kChunk) buffer.resize(kChunk);
  std::uint64_t found = 0;
  while (true) {
    const ssize_t count = ::read(fd.Get(), buffer.data(), buffer.size());
    if (count < 0) return errno == ESRCH ? ReadOutcome::kGone : ReadOutcome::kFailed;
    if (count == 0) break;
    found += static_cast<std::uint64_t>(std::count(buffer.data(), buffer.data() + count, '\n'));
  }
  lines = static_cast<double>(found);
  return found == 0 ? ReadOutcome::kGone : ReadOutcome::kOk;
}

ReadOutcome ReadRollup(const UniqueFd& fd, std::string& buffer, MemoryReading& reading) {
  std::string_view text;
  const ReadOutcome outcome = ProcDirectory::ReadAll(fd, buffer, text);
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto rollup = ParseSmapsRollup(text);
  if (!rollup) return ReadOutcome::kFailed;
  reading.pss_bytes = static_cast<double>(rollup->pss_bytes);
  reading.swap_pss_bytes = static_cast<double>(rollup->swap_pss_bytes);
  return ReadOutcome::kOk;
}

// Whether the process that has the pid now is the one that is meant.
ReadOutcome CheckIdentity(const ProcDirectory& directory, ProcessKey key, std::string& buffer) {
  std::string_view text;
  const ReadOutcome outcome = directory.ReadFile(key.pid, "stat", buffer, text);
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto stat = ParseStat(text);
  if (!stat) return ReadOutcome::kFailed;
  return stat->start_ticks == key.start_ticks ? ReadOutcome::kOk : ReadOutcome::kGone;
}

}  // namespace

ReadOutcome ReadMemory(const ProcDirectory& directory, ProcessKey key, bool smaps,
                       std::string& buffer, MemoryReading& reading) {
  reading = {};
  UniqueFd maps;
  ReadOutcome outcome = directory.OpenFile(key.pid, "maps", maps);
  UniqueFd rollup;
  if (outcome == ReadOutcome::kOk && smaps) {
    outcome = directory.OpenFile(key.pid, "smaps_rollup", rollup);
    if (outcome == ReadOutcome::kGone) outcome = ReadOutcome::kOk;  // or this kernel has none
  }
  // Only now: what was opened before stands for this very process if the pid is still its own.
  if (outcome == ReadOutcome::kOk) outcome = CheckIdentity(directory, key, buffer);
  if (outcome == ReadOutcome::kOk) outcome = CountLines(maps, buffer, reading.mappings);
  if (outcome == ReadOutcome::kOk && rollup) outcome = ReadRollup(rollup, buffer, reading);
  return outcome;
}

}  // namespace procmarshal
