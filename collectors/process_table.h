#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "collectors/cgroup_limits.h"
#include "collectors/collector.h"
#include "collectors/exits.h"
#include "collectors/group_matcher.h"
#include "collectors/group_table.h"
#include "collectors/process.h"
#include "collectors/process_details.h"
#include "collectors/process_settings.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// Why a sample is taken: by the timetable, or because a reader wants a newer one. Only scheduled
// samples move the start of the interval over which rates are taken, so readers change no rate.
enum class SampleKind { kScheduled, kOnDemand };

// Follows processes from sample to sample: what they are (details, read again only when they can
// have changed), how busy they are, and what they add to their groups.
//
// A process that started after the first sample brings its whole history to its group; one that ran
// before counts from 0. What a process did between its last reading and its end is known only if
// its parent waited for it, whose counters of children then tell: see exits.h. One thread at a
// time.
class ProcessTable {
 public:
  // Details are read again at this age, spread over the processes; at once after an exec or a
  // change of name or user; and once in the second sample of a process, since init systems move a
  // new process into its cgroup.
  static constexpr std::chrono::seconds kRefreshInterval{300};

  [[nodiscard]] static Result<ProcessTable> Open(const Environment& env);

  // In force from the next Update() on: processes that are alive go to the groups of the new
  // matcher, and groups keep what they have counted.
  void Configure(const ProcessSettings& settings, std::shared_ptr<const GroupMatcher> matcher);

  // Takes in what a source has read at `now`: fills all of the rows but `reading` and `memory`.
  Status Update(BootTime now, SampleKind kind, std::span<Process> rows);

  [[nodiscard]] const GroupTable& Groups() const { return groups_; }

 private:
  struct Entry {
    Exits::Child child;  // its parent: as read last, or since that ended, an ancestor
    std::shared_ptr<const ProcessReading> reading;  // at the last sample
    std::shared_ptr<const ProcessInfo> info;        // null: not read yet
    BootTime refresh_at;
    BootTime rate_start;
    double rate_cpu_seconds = 0;  // at the start of the interval of the rate
    GroupId group = kNoGroup;
    bool is_matched = false;  // by a rule; else it is in the group of an ancestor, or in none
    bool leads = false;       // its descendants belong to its group, unless a rule takes them
    bool knows_io = false;    // its I/O counts from `reading` on
    bool is_newborn = false;  // no scheduled sample of it yet: its rate is over its life
  };

  ProcessTable(const Environment& env, ProcessDetails details, CgroupLimits cgroups)
      : proc_(env.proc), details_(std::move(details)), cgroups_(std::move(cgroups)) {}

  Status ReadHost(BootTime now);
  void Follow(BootTime now, std::span<Process> rows);
  void AddExit(const Entry& entry);
  void MatchExits(std::span<const Process> rows);
  [[nodiscard]] const Entry* Find(pid_t pid) const;
  [[nodiscard]] Entry Adopt(const Process& row, BootTime now) const;
  void Identify(Entry& entry, const Process& row, BootTime now);
  void Refresh(Entry& entry, const ProcessReading& reading, BootTime now);
  void Inherit();
  [[nodiscard]] const Entry* Leader(pid_t pid) const;
  void Rate(const Entry& entry, BootTime now, Process& row) const;
  void Account(Entry& entry, Process& row);
  void AccountThreads(const Entry& entry, const Process& row);
  [[nodiscard]] LimitUse LimitsOf(const Process& row);
  void CountUserThreads(std::span<Process> rows);

  PseudoFs proc_;
  ProcessDetails details_;
  CgroupLimits cgroups_;
  std::shared_ptr<const GroupMatcher> matcher_ = std::make_shared<const GroupMatcher>();
  bool matcher_changed_ = false;
  GroupTable groups_;
  Exits exits_;
  std::vector<Entry> entries_;  // ascending by pid, as the rows
  std::unordered_map<uid_t, std::uint32_t> user_threads_;
  bool is_first_ = true;
  std::uint64_t first_ticks_ = 0;  // latest start of a process in the first sample
  double memory_total_ = 0;
  double max_map_count_ = 0;
  BootTime host_read_at_;
  BootTime updated_at_;
};

}  // namespace procmarshal
