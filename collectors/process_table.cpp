#include "collectors/process_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/parse.h"

namespace procmarshal {
namespace {

template <typename Number>
Number Difference(Number now, Number before) {
  return now > before ? now - before : Number{};
}

ProcessCounters Difference(const ProcessCounters& now, const ProcessCounters& before) {
  return {
      .cpu_user_seconds = Difference(now.cpu_user_seconds, before.cpu_user_seconds),
      .cpu_system_seconds = Difference(now.cpu_system_seconds, before.cpu_system_seconds),
      .minor_faults = Difference(now.minor_faults, before.minor_faults),
      .major_faults = Difference(now.major_faults, before.major_faults),
      .voluntary_switches = Difference(now.voluntary_switches, before.voluntary_switches),
      .nonvoluntary_switches = Difference(now.nonvoluntary_switches, before.nonvoluntary_switches),
      .read_bytes = Difference(now.read_bytes, before.read_bytes),
      .write_bytes = Difference(now.write_bytes, before.write_bytes)};
}

double CpuSeconds(const ProcessReading& reading) {
  return reading.counters.cpu_user_seconds + reading.counters.cpu_system_seconds;
}

ProcessCounters CountersOf(const ThreadReading& thread) {
  return {.cpu_user_seconds = thread.cpu_user_seconds,
          .cpu_system_seconds = thread.cpu_system_seconds,
          .minor_faults = thread.minor_faults,
          .major_faults = thread.major_faults,
          .voluntary_switches = thread.voluntary_switches,
          .nonvoluntary_switches = thread.nonvoluntary_switches,
          .read_bytes = thread.read_bytes,
          .write_bytes = thread.write_bytes};
}

// What a thread was at the sample before; null: it is new. Lists of threads ascend by id.
const ThreadReading* FindThread(const ProcessThreads& before, const Process& row,
                                const ThreadReading& now) {
  const auto find = [&](pid_t tid) -> const ThreadReading* {
    const auto at = std::ranges::lower_bound(before.threads, tid, {}, &ThreadReading::tid);
    return at != before.threads.end() && at->tid == tid ? &*at : nullptr;
  };
  const pid_t executed = row->thread_rows->executed_tid;
  if (executed != 0 && now.tid == row->key.pid) {
    if (const ThreadReading* known = find(executed)) return known;
  }
  const ThreadReading* known = find(now.tid);
  return known != nullptr && known->start_ticks == now.start_ticks ? known : nullptr;
}

// The line "MemTotal: N kB" of /proc/meminfo, in bytes.
Result<double> ParseMemoryTotal(std::string_view text) {
  constexpr double kKiB = 1024;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (TakeUntil(line, ':') != "MemTotal") continue;
    line = Trim(line);
    if (const auto value = ParseNumber<double>(TakeUntil(line, ' '))) return *value * kKiB;
  }
  return Fail(ErrorCode::kInvalid, "meminfo: expected a line \"MemTotal: NUMBER kB\"");
}

}  // namespace

Result<ProcessTable> ProcessTable::Open(const Environment& env) {
  auto details = ProcessDetails::Open(env.proc);
  if (!details) return tl::unexpected(details.error());
  auto cgroups = CgroupLimits::Open(env.sys);
  if (!cgroups) return tl::unexpected(cgroups.error());
  return ProcessTable(env, *std::move(details), *std::move(cgroups));
}

void ProcessTable::Configure(const ProcessSettings& settings,
                             std::shared_ptr<const GroupMatcher> matcher) {
  groups_.Configure({.series = settings.series_budget, .ttl = settings.group_ttl},
                    matcher->Declared());
  matcher_changed_ |= matcher != matcher_;
  matcher_ = std::move(matcher);
}

Status ProcessTable::Update(BootTime now, SampleKind kind, std::span<Process> rows) {
  if (const auto read = ReadHost(now); !read) return read;
  const auto add = [this](GroupId id, const ProcessCounters& growth) {
    groups_.AddGrowth(id, growth);
  };
  Follow(now, rows);
  CountUserThreads(rows);
  exits_.SettleHeld(add);
  groups_.Begin(now, kind == SampleKind::kScheduled);
  cgroups_.Begin(now);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Identify(entries_[i], rows[i], now);
    rows[i].info = entries_[i].info;
    Rate(entries_[i], now, rows[i]);
  }
  Inherit();
  for (std::size_t i = 0; i < rows.size(); ++i) Account(entries_[i], rows[i]);
  exits_.Settle([this](pid_t pid) { return Find(pid)->group; }, add);

  if (kind == SampleKind::kScheduled) {
    for (Entry& entry : entries_) {
      entry.rate_cpu_seconds = CpuSeconds(*entry.reading);
      entry.rate_start = now;
      entry.is_newborn = false;
    }
  }
  updated_at_ = now;
  is_first_ = false;
  matcher_changed_ = false;
  return {};
}

// What changes with memory hotplug and sysctl only.
Status ProcessTable::ReadHost(BootTime now) {
  if (memory_total_ > 0 && now - host_read_at_ < kRefreshInterval) return {};
  const auto total = proc_.Read("meminfo").and_then(ParseMemoryTotal);
  if (!total && memory_total_ == 0) return tl::unexpected(total.error());
  memory_total_ = total.value_or(memory_total_);
  const auto maps = proc_.Read("sys/vm/max_map_count");
  max_map_count_ =
      maps ? ParseNumber<double>(Trim(maps->substr(0, maps->find('\n')))).value_or(0) : 0;
  host_read_at_ = now;
  return {};
}

// Makes entries_ follow the rows: both ascend by pid.
void ProcessTable::Follow(BootTime now, std::span<Process> rows) {
  exits_.Begin(Seconds(now - updated_at_));
  std::vector<Entry> next;
  next.reserve(rows.size());
  auto known = entries_.begin();
  for (const Process& row : rows) {
    while (known != entries_.end() && known->child.key < row->key) AddExit(*known++);
    const bool found = known != entries_.end() && known->child.key == row->key;
    const Entry& entry = next.emplace_back(found ? std::move(*known++) : Adopt(row, now));
    exits_.AddLiving(entry.reading.get(), *row.reading, entry.knows_io);
    if (is_first_) first_ticks_ = std::max(first_ticks_, row->key.start_ticks);
  }
  while (known != entries_.end()) AddExit(*known++);
  entries_ = std::move(next);
  MatchExits(rows);
}

void ProcessTable::AddExit(const Entry& entry) {
  exits_.Add(entry.child, *entry.reading, entry.group);
}

// Those that ended had the ancestors of the sample before, so new parents come last.
void ProcessTable::MatchExits(std::span<const Process> rows) {
  const Exits::FindLiving find = [this](pid_t pid) -> std::optional<Exits::Child> {
    const Entry* entry = Find(pid);
    if (entry == nullptr) return std::nullopt;
    return entry->child;
  };
  exits_.Match(find);
  for (Entry& entry : entries_) exits_.Follow(entry.child, find);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Entry& entry = entries_[i];
    const bool has_changed = entry.reading != nullptr && entry.reading->parent != rows[i]->parent;
    if (has_changed) entry.child = {entry.child.key, rows[i]->parent};
  }
}

const ProcessTable::Entry* ProcessTable::Find(pid_t pid) const {
  const auto found = std::ranges::lower_bound(
      entries_, pid, {}, [](const Entry& entry) { return entry.child.key.pid; });
  return found != entries_.end() && found->child.key.pid == pid ? &*found : nullptr;
}

// `reading` stays null where all of a life counts.
ProcessTable::Entry ProcessTable::Adopt(const Process& row, BootTime now) const {
  const bool counts_in_full = !is_first_ && row->key.start_ticks >= first_ticks_;
  Entry entry;
  entry.child = {row->key, row->parent};
  if (!counts_in_full) entry.reading = row.reading;
  entry.knows_io = counts_in_full || row->has_io;
  entry.rate_cpu_seconds = is_first_ ? CpuSeconds(*row.reading) : 0;
  entry.rate_start = is_first_ ? now : StartOf(row->key);
  entry.is_newborn = !is_first_;
  return entry;
}

void ProcessTable::Identify(Entry& entry, const Process& row, BootTime now) {
  const bool has_changed = entry.reading != nullptr &&
                           (entry.reading->name != row->name || entry.reading->uid != row->uid ||
                            entry.reading->exec_id != row->exec_id);
  if (!entry.info || now >= entry.refresh_at || has_changed || matcher_changed_) {
    Refresh(entry, *row.reading, now);
  }
}

void ProcessTable::Refresh(Entry& entry, const ProcessReading& reading, BootTime now) {
  const bool is_young = !entry.info && !is_first_;
  auto details = details_.Read(reading, *matcher_);
  entry.info = std::move(details.info);
  if (details.match) {
    entry.group = groups_.Find(details.match->group);
    entry.leads = details.match->children;
  } else if (entry.is_matched) {
    entry.group = kNoGroup;
  }
  entry.is_matched = details.match.has_value();
  const auto early = kRefreshInterval / 2 * (reading.key.pid % 64) / 64;
  entry.refresh_at = is_young ? now : now + kRefreshInterval - early;
}

// A process that no rule takes follows its nearest ancestor in a group, and stays there when that
// ends. Under new rules it has to find one again, unless its group still is a declared one.
void ProcessTable::Inherit() {
  for (Entry& entry : entries_) {
    if (entry.is_matched || (entry.group != kNoGroup && !matcher_changed_)) continue;
    const Entry* leader = Leader(entry.child.parent);
    if (leader != nullptr) {
      entry.group = leader->group;
    } else if (entry.group != kNoGroup && !groups_.IsDeclared(entry.group)) {
      entry.group = kNoGroup;
    }
    entry.leads = entry.group != kNoGroup;
  }
}

// The nearest ancestor that is in a group, if its children follow it.
const ProcessTable::Entry* ProcessTable::Leader(pid_t pid) const {
  for (int depth = 0; depth < kMostAncestors; ++depth) {
    const Entry* entry = Find(pid);
    if (entry == nullptr) return nullptr;
    if (entry->is_matched) return entry->leads ? entry : nullptr;
    // Under new rules, what it followed before does not count.
    if (entry->group != kNoGroup && !matcher_changed_) return entry;
    pid = entry->child.parent;
  }
  return nullptr;
}

void ProcessTable::Rate(const Entry& entry, BootTime now, Process& row) const {
  row.memory_ratio = static_cast<double>(row->resident_bytes) / memory_total_;
  const double interval = Seconds(now - entry.rate_start);
  // Start times and CPU times come in ticks, and the row was read a little after `now`: over a life
  // of milliseconds that gives any ratio.
  row.cpu_ratio = interval > (entry.is_newborn ? 1.0 : 0.0)
                      ? std::max(0.0, CpuSeconds(*row.reading) - entry.rate_cpu_seconds) / interval
                      : std::numeric_limits<double>::quiet_NaN();
}

void ProcessTable::Account(Entry& entry, Process& row) {
  row.group = entry.group != kNoGroup ? groups_.Name(entry.group) : nullptr;
  const ProcessReading* before = entry.reading.get();
  ProcessCounters growth =
      before != nullptr ? Difference(row->counters, before->counters) : row->counters;
  // Their count changes its meaning when `processes.threads` does.
  if (before != nullptr && (before->thread_rows == nullptr) != (row->thread_rows == nullptr)) {
    growth.voluntary_switches = growth.nonvoluntary_switches = 0;
  }
  // Readable only now: what it did before is not of this interval.
  if (!entry.knows_io || exits_.HasWaited(row->key)) growth.read_bytes = growth.write_bytes = 0;
  entry.knows_io |= row->has_io;
  groups_.Add(entry.group, row, LimitsOf(row), growth);
  if (row->thread_rows) AccountThreads(entry, row);
  entry.reading = row.reading;
}

void ProcessTable::AccountThreads(const Entry& entry, const Process& row) {
  const ProcessThreads* before = entry.reading ? entry.reading->thread_rows.get() : nullptr;
  const bool has_several = row->thread_rows->threads.size() > 1;
  for (const ThreadReading& thread : row->thread_rows->threads) {
    groups_.AddWaiting(entry.group, thread.wchan);
    if (!has_several) continue;
    const ThreadReading* known = before != nullptr ? FindThread(*before, row, thread) : nullptr;
    const bool counts_in_full = !is_first_ && thread.start_ticks >= first_ticks_;
    ProcessCounters growth;
    if (known != nullptr) {
      growth = Difference(CountersOf(thread), CountersOf(*known));
      if (!known->has_io) growth.read_bytes = growth.write_bytes = 0;
    } else if (counts_in_full) {
      growth = CountersOf(thread);
    }
    groups_.AddThread(entry.group, thread, growth);
  }
}

LimitUse ProcessTable::LimitsOf(const Process& row) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  LimitUse use;
  use[GroupLimit::kNofile] = LimitUsedRatio(row, Limit::kNofile).value_or(kUnknown);
  use[GroupLimit::kNproc] = LimitUsedRatio(row, Limit::kNproc).value_or(kUnknown);
  use[GroupLimit::kMemlock] = LimitUsedRatio(row, Limit::kMemlock).value_or(kUnknown);
  use[GroupLimit::kAs] = LimitUsedRatio(row, Limit::kAs).value_or(kUnknown);
  use[GroupLimit::kSigpending] = LimitUsedRatio(row, Limit::kSigpending).value_or(kUnknown);
  if (max_map_count_ > 0) use[GroupLimit::kMaxMapCount] = row.memory.mappings / max_map_count_;
  use[GroupLimit::kPidsMax] = cgroups_.Use(row.info->pids_cgroup).pids;
  use[GroupLimit::kMemoryMax] = cgroups_.Use(row.info->memory_cgroup).memory;
  return use;
}

void ProcessTable::CountUserThreads(std::span<Process> rows) {
  user_threads_.clear();
  for (const Process& row : rows) user_threads_[row->real_uid] += row->threads;
  for (Process& row : rows) row.user_threads = user_threads_[row->real_uid];
}

}  // namespace procmarshal
