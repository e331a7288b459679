#include "collectors/process_table.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/parse.h"

namespace procmarshal {
namespace {

ProcessCounters CountersOf(const ProcessReading& reading) {
  return {.cpu_user_seconds = reading.cpu_user_seconds,
          .cpu_system_seconds = reading.cpu_system_seconds,
          .read_bytes = reading.read_bytes,
          .write_bytes = reading.write_bytes,
          .minor_faults = reading.minor_faults,
          .major_faults = reading.major_faults};
}

// How far `now` is past `last`, which follows it and never falls: the kernel may show a little less
// CPU time than before, and unreadable I/O shows as 0.
template <typename Number>
Number Advance(Number& last, Number now) {
  if (now <= last) return 0;
  return now - std::exchange(last, now);
}

ProcessCounters Advance(ProcessCounters& last, const ProcessCounters& now) {
  return {.cpu_user_seconds = Advance(last.cpu_user_seconds, now.cpu_user_seconds),
          .cpu_system_seconds = Advance(last.cpu_system_seconds, now.cpu_system_seconds),
          .read_bytes = Advance(last.read_bytes, now.read_bytes),
          .write_bytes = Advance(last.write_bytes, now.write_bytes),
          .minor_faults = Advance(last.minor_faults, now.minor_faults),
          .major_faults = Advance(last.major_faults, now.major_faults)};
}

double CpuSeconds(const ProcessReading& reading) {
  return reading.cpu_user_seconds + reading.cpu_system_seconds;
}

// When the process started, on the clock that counts from boot.
BootTime StartOf(const ProcessReading& reading) {
  static const auto kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::chrono::duration<double> since_boot(static_cast<double>(reading.key.start_ticks) /
                                                 kTicksPerSecond);
  return BootTime(std::chrono::duration_cast<BootClock::duration>(since_boot));
}

// The line "MemTotal: N kB" of /proc/meminfo, in bytes.
Result<double> ParseMemoryTotal(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (TakeUntil(line, ':') != "MemTotal") continue;
    line = Trim(line);
    if (const auto value = ParseNumber<double>(TakeUntil(line, ' '))) return *value * 1024;
  }
  return Fail(ErrorCode::kInvalid, "meminfo: expected a line \"MemTotal: NUMBER kB\"");
}

}  // namespace

Result<ProcessTable> ProcessTable::Open(const PseudoFs& proc) {
  auto details = ProcessDetails::Open(proc);
  if (!details) return tl::unexpected(details.error());
  return ProcessTable(proc, std::move(*details));
}

Status ProcessTable::Update(BootTime now, SampleKind kind, std::vector<Process>& rows) {
  if (const auto read = ReadMemoryTotal(now); !read) return read;
  groups_.Clear();
  next_.clear();
  next_.reserve(rows.size());
  auto known = entries_.begin();
  for (Process& row : rows) {
    while (known != entries_.end() && known->key.pid < row.key.pid) ++known;
    const bool found = known != entries_.end() && known->key == row.key;
    Entry& entry = next_.emplace_back(found ? std::move(*known) : Adopt(row, now));
    Track(entry, row, now);
    if (kind == SampleKind::kScheduled) {
      entry.rate_cpu_seconds = CpuSeconds(row);
      entry.rate_start = now;
      entry.is_newborn = false;
    }
    if (is_first_) first_ticks_ = std::max(first_ticks_, row.key.start_ticks);
  }
  entries_.swap(next_);
  is_first_ = false;
  return {};
}

// Changes with memory hotplug only.
Status ProcessTable::ReadMemoryTotal(BootTime now) {
  if (memory_total_ > 0 && now - memory_read_at_ < kRefreshInterval) return {};
  const auto total = proc_.Read("meminfo").and_then(ParseMemoryTotal);
  if (!total && memory_total_ == 0) return tl::unexpected(total.error());
  memory_total_ = total.value_or(memory_total_);
  memory_read_at_ = now;
  return {};
}

ProcessTable::Entry ProcessTable::Adopt(const Process& row, BootTime now) const {
  Entry entry;
  entry.key = row.key;
  const bool counts_in_full = !is_first_ && row.key.start_ticks >= first_ticks_;
  if (!counts_in_full) entry.counters = CountersOf(row);
  entry.had_io = counts_in_full || row.has_io;
  entry.rate_cpu_seconds = is_first_ ? CpuSeconds(row) : 0;
  entry.rate_start = is_first_ ? now : StartOf(row);
  entry.is_newborn = !is_first_;
  return entry;
}

void ProcessTable::Track(Entry& entry, Process& row, BootTime now) {
  if (!entry.info || now >= entry.refresh_at || entry.name != row.name || entry.uid != row.uid ||
      entry.exec_id != row.exec_id) {
    Refresh(entry, row, now);
  }
  if (row.info != entry.info) row.info = entry.info;

  row.memory_ratio = static_cast<double>(row.resident_bytes) / memory_total_;
  const double interval = Seconds(now - entry.rate_start);
  // Start times and CPU times come in ticks, and the row was read a little after `now`: over a life
  // of milliseconds that gives any ratio.
  row.cpu_ratio = interval > (entry.is_newborn ? 1.0 : 0.0)
                      ? std::max(0.0, CpuSeconds(row) - entry.rate_cpu_seconds) / interval
                      : std::numeric_limits<double>::quiet_NaN();

  const ProcessCounters counters = CountersOf(row);
  if (row.has_io && !entry.had_io) {
    // Readable only now: what it did before is not of this interval.
    entry.counters.read_bytes = counters.read_bytes;
    entry.counters.write_bytes = counters.write_bytes;
  }
  entry.had_io |= row.has_io;
  groups_.Add(entry.group, row, Advance(entry.counters, counters));
}

void ProcessTable::Refresh(Entry& entry, const Process& row, BootTime now) {
  const bool is_young = !entry.info && !is_first_;
  entry.info = details_.Read(row);
  entry.name = row.name;
  entry.uid = row.uid;
  entry.exec_id = row.exec_id;
  entry.group = groups_.Find(entry.info->group);
  const auto early = kRefreshInterval / 2 * (row.key.pid % 64) / 64;
  entry.refresh_at = is_young ? now : now + kRefreshInterval - early;
}

}  // namespace procmarshal
