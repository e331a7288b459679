#include "collectors/procfs_source.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/parse.h"
#include "base/utf8.h"
#include "collectors/proc_directory.h"
#include "collectors/process_files.h"
#include "collectors/thread_reader.h"

namespace procmarshal {
namespace {

// The files of a process that may be kept open between two passes.
enum File : std::uint8_t { kSchedstat, kStat, kStatus, kIo, kFiles };
constexpr std::array<std::string_view, kFiles> kFileNames = {"schedstat", "stat", "status", "io"};

// What is known of one process from the passes before.
struct Entry {
  explicit Entry(pid_t of) : pid(of) {}
  [[nodiscard]] bool IsNew() const { return reading == nullptr; }

  pid_t pid;
  std::array<UniqueFd, kFiles> files;
  bool busy = false;  // it also had to be read in full in the pass before
  std::shared_ptr<const ProcessReading> reading;  // null before the first
  std::size_t ran = 0;  // hash of the text of schedstat at the last full read; 0: that can't tell
  BootTime read_at;     // last full read
};

// Seconds since the epoch at which the host was booted: line "btime" of /proc/stat.
Result<double> ReadBootTime(const PseudoFs& proc) {
  const auto text = proc.Read("stat");
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::string_view line = TakeUntil(rest, '\n');
    if (TakeUntil(line, ' ') != "btime") continue;
    if (const auto seconds = ParseNumber<double>(line)) return *seconds;
  }
  return Fail(ErrorCode::kInvalid, "stat: expected a line \"btime SECONDS\"");
}

// Processes are read again one after the other over the interval, not all in the same pass.
bool IsDue(const Entry& entry, BootTime now) {
  const auto early = kFullReadInterval / 2 * (entry.pid % 16) / 16;
  return now - entry.read_at >= kFullReadInterval - early;
}

// Whether it is that of a process that never had a second thread: without an id, it says nothing
// but what the thread waits in.
bool IsOnlyThread(const ProcessThreads& threads) {
  return threads.threads.size() == 1 && threads.threads.front().tid == 0;
}

// The kernel may show a little less CPU time than before, and the count of switches is of the
// threads that are alive: what falls stays as it was.
void KeepHighest(const ProcessReading& before, ProcessReading& now) {
  const auto keep = [](auto& value, auto least) { value = std::max(value, least); };
  ProcessCounters& counters = now.counters;
  keep(counters.cpu_user_seconds, before.counters.cpu_user_seconds);
  keep(counters.cpu_system_seconds, before.counters.cpu_system_seconds);
  keep(counters.minor_faults, before.counters.minor_faults);
  keep(counters.major_faults, before.counters.major_faults);
  keep(counters.voluntary_switches, before.counters.voluntary_switches);
  keep(counters.nonvoluntary_switches, before.counters.nonvoluntary_switches);
  keep(counters.read_bytes, before.counters.read_bytes);
  keep(counters.write_bytes, before.counters.write_bytes);
  keep(now.io.read_chars, before.io.read_chars);
  keep(now.io.write_chars, before.io.write_chars);
  keep(now.io.read_syscalls, before.io.read_syscalls);
  keep(now.io.write_syscalls, before.io.write_syscalls);
  keep(now.io.cancelled_write_bytes, before.io.cancelled_write_bytes);
  keep(now.children.cpu_user_seconds, before.children.cpu_user_seconds);
  keep(now.children.cpu_system_seconds, before.children.cpu_system_seconds);
  keep(now.children.minor_faults, before.children.minor_faults);
  keep(now.children.major_faults, before.children.major_faults);
}

class ProcfsSource final : public ProcessSource {
 public:
  ProcfsSource(PseudoFs proc, ProcDirectory directory, ThreadReader threads, std::size_t max_kept,
               const Clock& clock)
      : proc_(std::move(proc)),
        directory_(std::move(directory)),
        threads_(std::move(threads)),
        max_kept_(max_kept),
        clock_(clock) {}

  Result<ReadReport> Read(std::vector<Process>& rows) override;
  void ReadThreads(bool on) override;

 private:
  void Match();
  void Count(ReadOutcome outcome, const Entry& entry);
  ReadOutcome UpdateOrReplace(std::unique_ptr<Entry>& entry);
  ReadOutcome Update(Entry& entry);
  bool HasNotRun(Entry& entry, ReadOutcome& outcome);
  ReadOutcome ReadInFull(Entry& entry);
  ReadOutcome ReadStat(Entry& entry);
  ReadOutcome ReadStatus(Entry& entry);
  ReadOutcome ReadIo(Entry& entry);
  ReadOutcome ReadFds(Entry& entry);
  ReadOutcome ReadOomScore(Entry& entry);
  ReadOutcome ReadThreads(Entry& entry);
  ReadOutcome ReadOnlyThread(Entry& entry);
  void Commit(Entry& entry);
  ReadOutcome ReadKept(Entry& entry, File file, std::size_t keep_below);
  [[nodiscard]] std::size_t KeepBelow(const Entry& entry) const;
  void Close(UniqueFd& file);
  void Drop(std::unique_ptr<Entry> entry);

  PseudoFs proc_;
  ProcDirectory directory_;
  ThreadReader threads_;
  std::size_t max_kept_;
  const Clock& clock_;
  const double seconds_per_tick_ = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::size_t kept_ = 0;
  double boot_time_ = 0;
  bool reads_threads_ = false;
  bool has_new_ = false;  // this pass has a process that the one before had not
  BootTime now_;
  std::vector<pid_t> pids_;
  std::vector<std::unique_ptr<Entry>> entries_;  // ascending by pid, as pids_
  std::vector<std::unique_ptr<Entry>> next_;
  ProcessReading reading_;  // of the process that is being read
  std::string buffer_;
  std::string_view text_;  // what the last read gave, in buffer_
  ReadReport report_;
};

Result<ReadReport> ProcfsSource::Read(std::vector<Process>& rows) {
  if (const auto listed = directory_.ListPids(pids_); !listed) {
    return tl::unexpected(listed.error());
  }
  now_ = clock_.Boot();
  report_ = {};
  Match();
  if (has_new_ || boot_time_ == 0) {
    // Not once for all: the kernel's boot time moves when the wall clock is set.
    const auto boot_time = ReadBootTime(proc_);
    if (!boot_time) return tl::unexpected(boot_time.error());
    boot_time_ = *boot_time;
  }

  std::size_t count = 0;
  for (auto& entry : entries_) {
    const ReadOutcome outcome = UpdateOrReplace(entry);
    Count(outcome, *entry);
    // A process that is known and can't be read for once (no descriptor left, or it runs a setuid
    // program where others are hidden) stays as it was: were it left out, it would come back as a
    // new one and count twice.
    if (outcome == ReadOutcome::kOk || (outcome != ReadOutcome::kGone && !entry->IsNew())) {
      if (count == rows.size()) rows.emplace_back();
      rows[count++].reading = entry->reading;
    } else {
      Drop(std::exchange(entry, nullptr));
    }
  }
  std::erase(entries_, nullptr);
  rows.resize(count);
  return report_;
}

void ProcfsSource::Count(ReadOutcome outcome, const Entry& entry) {
  switch (outcome) {
    case ReadOutcome::kOk:
      if (!entry.reading->has_io) ++report_.without_io;
      if (!entry.reading->has_fds) ++report_.without_fds;
      break;
    case ReadOutcome::kGone:
      ++report_.vanished;
      break;
    case ReadOutcome::kDenied:
      ++report_.denied;
      break;
    case ReadOutcome::kFailed:
      ++report_.malformed;
      break;
  }
}

// Makes entries_ follow pids_: both ascend.
void ProcfsSource::Match() {
  next_.clear();
  has_new_ = false;
  auto known = entries_.begin();
  for (const pid_t pid : pids_) {
    while (known != entries_.end() && (*known)->pid < pid) Drop(std::move(*known++));
    const bool found = known != entries_.end() && (*known)->pid == pid;
    next_.push_back(found ? std::move(*known++) : std::make_unique<Entry>(pid));
    has_new_ |= !found;
  }
  while (known != entries_.end()) Drop(std::move(*known++));
  entries_.swap(next_);
}

void ProcfsSource::Close(UniqueFd& file) {
  if (file) --kept_;
  file = UniqueFd();
}

void ProcfsSource::Drop(std::unique_ptr<Entry> entry) {
  for (UniqueFd& file : entry->files) Close(file);
}

// A process that was known and is gone may have left its pid to another by now.
ReadOutcome ProcfsSource::UpdateOrReplace(std::unique_ptr<Entry>& entry) {
  const ReadOutcome outcome = Update(*entry);
  if (outcome != ReadOutcome::kGone || entry->IsNew()) return outcome;
  Drop(std::exchange(entry, std::make_unique<Entry>(entry->pid)));
  return Update(*entry);
}

ReadOutcome ProcfsSource::Update(Entry& entry) {
  ReadOutcome outcome = ReadOutcome::kOk;
  if (HasNotRun(entry, outcome)) {
    entry.busy = false;
    ++report_.unchanged;
    return ReadOutcome::kOk;
  }
  if (outcome == ReadOutcome::kOk) outcome = ReadInFull(entry);
  if (outcome != ReadOutcome::kOk) {
    entry.ran = 0;  // whatever it tells, the next pass has to read the rest
    return outcome;
  }
  entry.busy = !entry.IsNew();
  entry.read_at = now_;
  Commit(entry);
  if (entry.reading->threads != 1) Close(entry.files[kSchedstat]);  // of the first thread only
  return ReadOutcome::kOk;
}

// Reads schedstat before the other files: if the process runs in between, the next pass sees that.
bool ProcfsSource::HasNotRun(Entry& entry, ReadOutcome& outcome) {
  if (!entry.IsNew() && entry.reading->threads != 1) return false;
  const ReadOutcome read = ReadKept(entry, kSchedstat, max_kept_);
  if (read == ReadOutcome::kGone && entry.files[kSchedstat]) outcome = read;
  // Kernels without scheduler statistics show zeros.
  if (read != ReadOutcome::kOk || text_.starts_with("0 0 0")) {
    entry.ran = 0;
    return false;
  }
  const std::size_t ran = std::hash<std::string_view>()(text_);
  if (!entry.IsNew() && ran == entry.ran && !IsDue(entry, now_)) return true;
  entry.ran = ran;
  return false;
}

ReadOutcome ProcfsSource::ReadInFull(Entry& entry) {
  if (entry.IsNew()) {
    reading_ = {};
  } else {
    reading_ = *entry.reading;
  }
  using Step = ReadOutcome (ProcfsSource::*)(Entry&);
  for (const Step step : {&ProcfsSource::ReadStat, &ProcfsSource::ReadStatus, &ProcfsSource::ReadIo,
                          &ProcfsSource::ReadFds, &ProcfsSource::ReadOomScore}) {
    const ReadOutcome outcome = (this->*step)(entry);
    if (outcome != ReadOutcome::kOk) return outcome;
  }
  if (reads_threads_) return ReadThreads(entry);
  reading_.thread_rows = nullptr;
  return ReadOutcome::kOk;
}

void ProcfsSource::ReadThreads(bool on) {
  if (on == reads_threads_) return;
  reads_threads_ = on;
  for (auto& entry : entries_) entry->ran = 0;  // read each again
}

// What is new, unless all is as it was: then the passes share it.
void ProcfsSource::Commit(Entry& entry) {
  if (!entry.IsNew()) {
    KeepHighest(*entry.reading, reading_);
    if (reading_ == *entry.reading) return;
  }
  entry.reading = std::make_shared<const ProcessReading>(reading_);
}

ReadOutcome ProcfsSource::ReadStat(Entry& entry) {
  const ReadOutcome outcome = ReadKept(entry, kStat, KeepBelow(entry));
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto stat = ParseStat(text_);
  if (!stat) return ReadOutcome::kFailed;

  if (!entry.IsNew() && reading_.key.start_ticks != stat->start_ticks) return ReadOutcome::kGone;
  if (entry.IsNew()) {
    reading_.key = {entry.pid, stat->start_ticks};
    reading_.start_time_seconds =
        boot_time_ + static_cast<double>(stat->start_ticks) * seconds_per_tick_;
  }
  const auto seconds = [this](std::uint64_t ticks) {
    return static_cast<double>(ticks) * seconds_per_tick_;
  };
  reading_.name.clear();
  AppendValidUtf8(stat->name, reading_.name);
  reading_.parent = stat->parent;
  reading_.state = stat->state;
  reading_.nice = stat->nice;
  reading_.policy = stat->policy;
  reading_.realtime_priority = stat->realtime_priority;
  reading_.threads = stat->threads;
  reading_.exec_id = stat->exec_id;
  reading_.virtual_bytes = stat->virtual_bytes;
  reading_.counters.cpu_user_seconds = seconds(stat->user_ticks);
  reading_.counters.cpu_system_seconds = seconds(stat->system_ticks);
  reading_.counters.minor_faults = stat->minor_faults;
  reading_.counters.major_faults = stat->major_faults;
  reading_.children = {.cpu_user_seconds = seconds(stat->child_user_ticks),
                       .cpu_system_seconds = seconds(stat->child_system_ticks),
                       .minor_faults = stat->child_minor_faults,
                       .major_faults = stat->child_major_faults};
  return ReadOutcome::kOk;
}

ReadOutcome ProcfsSource::ReadStatus(Entry& entry) {
  const ReadOutcome outcome = ReadKept(entry, kStatus, KeepBelow(entry));
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto status = ParseStatus(text_);
  if (!status) return ReadOutcome::kFailed;
  reading_.uid = status->uid;
  reading_.real_uid = status->real_uid;
  reading_.pending_signals = status->pending_signals;
  reading_.resident_bytes = status->resident_bytes;
  reading_.shared_bytes = status->shared_bytes;
  reading_.swap_bytes = status->swap_bytes;
  reading_.locked_bytes = status->locked_bytes;
  reading_.data_bytes = status->data_bytes;
  reading_.stack_bytes = status->stack_bytes;
  reading_.counters.voluntary_switches = status->voluntary_switches;
  reading_.counters.nonvoluntary_switches = status->nonvoluntary_switches;
  return ReadOutcome::kOk;
}

// Needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH for processes of others. A kernel without
// CONFIG_TASK_IO_ACCOUNTING has no such file; that the process has gone shows in what is read next.
ReadOutcome ProcfsSource::ReadIo(Entry& entry) {
  const ReadOutcome outcome = ReadKept(entry, kIo, KeepBelow(entry));
  if (outcome == ReadOutcome::kFailed) return outcome;
  reading_.has_io = outcome == ReadOutcome::kOk;
  if (!reading_.has_io) return ReadOutcome::kOk;
  const auto io = ParseIo(text_);
  if (!io) return ReadOutcome::kFailed;
  reading_.counters.read_bytes = io->read_bytes;
  reading_.counters.write_bytes = io->write_bytes;
  reading_.io = {.read_chars = io->read_chars,
                 .write_chars = io->write_chars,
                 .read_syscalls = io->read_syscalls,
                 .write_syscalls = io->write_syscalls,
                 .cancelled_write_bytes = io->cancelled_write_bytes};
  return ReadOutcome::kOk;
}

ReadOutcome ProcfsSource::ReadFds(Entry& entry) {
  const ReadOutcome outcome = directory_.CountFds(entry.pid, reading_.open_fds);
  reading_.has_fds = outcome == ReadOutcome::kOk;
  return outcome == ReadOutcome::kDenied ? ReadOutcome::kOk : outcome;
}

ReadOutcome ProcfsSource::ReadOomScore(Entry& entry) {
  const auto read = [&](std::string_view file, std::int16_t& value) {
    if (directory_.ReadFile(entry.pid, file, buffer_, text_) != ReadOutcome::kOk) return false;
    const auto number = ParseNumber<std::int16_t>(TakeUntil(text_, '\n'));
    value = number.value_or(0);
    return number.has_value();
  };
  reading_.has_oom_score =
      read("oom_score", reading_.oom_score) && read("oom_score_adj", reading_.oom_score_adj);
  return ReadOutcome::kOk;
}

ReadOutcome ProcfsSource::ReadThreads(Entry& entry) {
  const bool had_several = reading_.thread_rows && !IsOnlyThread(*reading_.thread_rows);
  if (reading_.threads == 1 && !had_several) return ReadOnlyThread(entry);
  const bool has_executed = had_several && reading_.exec_id != entry.reading->exec_id;
  const ReadOutcome outcome = threads_.Read(entry.pid, now_, has_executed, reading_.thread_rows);
  if (outcome != ReadOutcome::kOk) return outcome;
  // `status` speaks of the first thread only.
  const ProcessThreads& threads = *reading_.thread_rows;
  reading_.counters.voluntary_switches = threads.ended_voluntary_switches;
  reading_.counters.nonvoluntary_switches = threads.ended_nonvoluntary_switches;
  for (const ThreadReading& thread : threads.threads) {
    reading_.counters.voluntary_switches += thread.voluntary_switches;
    reading_.counters.nonvoluntary_switches += thread.nonvoluntary_switches;
  }
  return ReadOutcome::kOk;
}

// All but what it waits in was read with the process.
ReadOutcome ProcfsSource::ReadOnlyThread(Entry& entry) {
  ThreadReading only;
  const ReadOutcome outcome = threads_.ReadWchan(entry.pid, only.wchan);
  if (!reading_.thread_rows || reading_.thread_rows->threads.front() != only) {
    auto threads = std::make_shared<ProcessThreads>();
    threads->threads.push_back(std::move(only));
    reading_.thread_rows = std::move(threads);
  }
  return outcome == ReadOutcome::kDenied ? ReadOutcome::kOk : outcome;
}

// Only files that are read in pass after pass are worth keeping, and never so many that there is
// none left for the schedstat of another process, which saves more.
std::size_t ProcfsSource::KeepBelow(const Entry& entry) const {
  return entry.busy ? max_kept_ / 2 : 0;
}

ReadOutcome ProcfsSource::ReadKept(Entry& entry, File file, std::size_t keep_below) {
  UniqueFd& kept = entry.files.at(file);
  if (kept) return ProcDirectory::ReadAll(kept, buffer_, text_);
  UniqueFd fd;
  ReadOutcome outcome = directory_.OpenFile(entry.pid, kFileNames.at(file), fd);
  if (outcome == ReadOutcome::kOk) outcome = ProcDirectory::ReadAll(fd, buffer_, text_);
  if (outcome == ReadOutcome::kOk && kept_ < keep_below) {
    kept = std::move(fd);
    ++kept_;
  }
  return outcome;
}

}  // namespace

Result<std::unique_ptr<ProcessSource>> OpenProcfsSource(const PseudoFs& proc,
                                                        std::size_t max_kept_files,
                                                        const Clock& clock) {
  auto directory = ProcDirectory::Open(proc);
  if (!directory) return tl::unexpected(directory.error());
  auto threads = ThreadReader::Open(proc);
  if (!threads) return tl::unexpected(threads.error());
  return std::make_unique<ProcfsSource>(proc, *std::move(directory), *std::move(threads),
                                        max_kept_files, clock);
}

std::size_t DefaultKeptFiles() {
  constexpr std::size_t kMostFiles = (std::size_t{64} << 20U) / 4600;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min<std::size_t>(limit.rlim_cur / 2, kMostFiles);
}

}  // namespace procmarshal
