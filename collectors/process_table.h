#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "collectors/group.h"
#include "collectors/process.h"
#include "collectors/process_details.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// Why a sample is taken: by the timetable, or because a reader wants a newer one. Only scheduled
// samples move the start of the interval over which rates are taken, so readers change no rate.
enum class SampleKind { kScheduled, kOnDemand };

// Follows processes from sample to sample: what they are (details, read again only when they can
// have changed), how busy they are, and what they add to their groups.
//
// A process that started after the first sample brings its whole history to its group; one that ran
// before counts from 0. One thread at a time.
class ProcessTable {
 public:
  // Details are read again at this age, spread over the processes; at once after an exec or a
  // change of name or user; and once in the second sample of a process, since init systems move a
  // new process into its cgroup.
  static constexpr std::chrono::seconds kRefreshInterval{300};

  [[nodiscard]] static Result<ProcessTable> Open(const PseudoFs& proc);

  // Takes in what a source has read at `now`: fills `info` and the ratios of the rows.
  Status Update(BootTime now, SampleKind kind, std::vector<Process>& rows);

  [[nodiscard]] const std::vector<Group>& Groups() const { return groups_.All(); }

 private:
  struct Entry {
    ProcessKey key;
    std::shared_ptr<const ProcessInfo> info;
    std::string name;  // of the reading that info was made for
    uid_t uid = 0;
    std::uint64_t exec_id = 0;
    BootTime refresh_at;
    std::size_t group = 0;
    ProcessCounters counters;  // at the last sample
    bool had_io = false;
    bool is_newborn = false;      // no scheduled sample of it yet: its rate is over its life
    double rate_cpu_seconds = 0;  // at the start of the interval of the rate
    BootTime rate_start;
  };

  ProcessTable(PseudoFs proc, ProcessDetails details)
      : proc_(std::move(proc)), details_(std::move(details)) {}

  Status ReadMemoryTotal(BootTime now);
  void Track(Entry& entry, Process& row, BootTime now);
  [[nodiscard]] Entry Adopt(const Process& row, BootTime now) const;
  void Refresh(Entry& entry, const Process& row, BootTime now);

  PseudoFs proc_;
  ProcessDetails details_;
  GroupTable groups_;
  std::vector<Entry> entries_;  // ascending by pid, as the rows
  std::vector<Entry> next_;
  bool is_first_ = true;
  std::uint64_t first_ticks_ = 0;  // latest start of a process in the first sample
  double memory_total_ = 0;
  BootTime memory_read_at_;
};

}  // namespace procmarshal
