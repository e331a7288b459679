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

namespace procmarshal {
namespace {

// A file of one process that may be kept open between two passes.
struct KeptFile {
  std::string_view name;
  UniqueFd fd;
};

// What is known of one process from the passes before.
struct Entry {
  ProcessReading reading;
  KeptFile schedstat{"schedstat", {}};
  KeptFile stat{"stat", {}};
  KeptFile status{"status", {}};
  KeptFile io{"io", {}};
  std::string ran;    // text of schedstat at the last full read; empty if that can't tell
  BootTime read_at;   // last full read
  bool busy = false;  // it also had to be read in full in the pass before
  bool is_new = true;
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
  const auto early = kFullReadInterval / 2 * (entry.reading.key.pid % 16) / 16;
  return now - entry.read_at >= kFullReadInterval - early;
}

std::unique_ptr<Entry> MakeEntry(pid_t pid) {
  auto entry = std::make_unique<Entry>();
  entry->reading.key.pid = pid;
  return entry;
}

class ProcfsSource final : public ProcessSource {
 public:
  ProcfsSource(PseudoFs proc, ProcDirectory directory, std::size_t max_kept, const Clock& clock)
      : proc_(std::move(proc)),
        directory_(std::move(directory)),
        max_kept_(max_kept),
        clock_(clock) {}

  Result<ReadReport> Read(std::vector<Process>& rows) override;

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
  ReadOutcome ReadKept(Entry& entry, KeptFile& file, std::size_t keep_below);
  [[nodiscard]] std::size_t KeepBelow(const Entry& entry) const;
  void Close(KeptFile& file);
  void Drop(std::unique_ptr<Entry> entry);

  PseudoFs proc_;
  ProcDirectory directory_;
  std::size_t max_kept_;
  const Clock& clock_;
  const double seconds_per_tick_ = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::size_t kept_ = 0;
  double boot_time_ = 0;
  bool has_new_ = false;  // this pass has a process that the one before had not
  BootTime now_;
  std::vector<pid_t> pids_;
  std::vector<std::unique_ptr<Entry>> entries_;  // ascending by pid, as pids_
  std::vector<std::unique_ptr<Entry>> next_;
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
    if (outcome == ReadOutcome::kOk || (outcome != ReadOutcome::kGone && !entry->is_new)) {
      if (count == rows.size()) rows.emplace_back();
      static_cast<ProcessReading&>(rows[count++]) = entry->reading;
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
      if (!entry.reading.has_io) ++report_.without_io;
      if (!entry.reading.has_fds) ++report_.without_fds;
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
    while (known != entries_.end() && (*known)->reading.key.pid < pid) Drop(std::move(*known++));
    const bool found = known != entries_.end() && (*known)->reading.key.pid == pid;
    next_.push_back(found ? std::move(*known++) : MakeEntry(pid));
    has_new_ |= !found;
  }
  while (known != entries_.end()) Drop(std::move(*known++));
  entries_.swap(next_);
}

void ProcfsSource::Close(KeptFile& file) {
  if (file.fd) --kept_;
  file.fd = UniqueFd();
}

void ProcfsSource::Drop(std::unique_ptr<Entry> entry) {
  for (KeptFile* file : {&entry->schedstat, &entry->stat, &entry->status, &entry->io}) Close(*file);
}

// A process that was known and is gone may have left its pid to another by now.
ReadOutcome ProcfsSource::UpdateOrReplace(std::unique_ptr<Entry>& entry) {
  const ReadOutcome outcome = Update(*entry);
  if (outcome != ReadOutcome::kGone || entry->is_new) return outcome;
  const pid_t pid = entry->reading.key.pid;
  Drop(std::exchange(entry, MakeEntry(pid)));
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
    entry.ran.clear();  // whatever it tells, the next pass has to read the rest
    return outcome;
  }
  entry.busy = !entry.is_new;
  entry.is_new = false;
  entry.read_at = now_;
  if (entry.reading.threads != 1) Close(entry.schedstat);  // it speaks of the first thread only
  return ReadOutcome::kOk;
}

// Reads schedstat before the other files: if the process runs in between, the next pass sees that.
bool ProcfsSource::HasNotRun(Entry& entry, ReadOutcome& outcome) {
  if (!entry.is_new && entry.reading.threads != 1) return false;
  const ReadOutcome read = ReadKept(entry, entry.schedstat, max_kept_);
  if (read == ReadOutcome::kGone && entry.schedstat.fd) outcome = read;
  // Kernels without scheduler statistics show zeros.
  if (read != ReadOutcome::kOk || text_.starts_with("0 0 0")) {
    entry.ran.clear();
    return false;
  }
  if (!entry.is_new && text_ == entry.ran && !IsDue(entry, now_)) return true;
  entry.ran.assign(text_);
  return false;
}

ReadOutcome ProcfsSource::ReadInFull(Entry& entry) {
  using Step = ReadOutcome (ProcfsSource::*)(Entry&);
  for (const Step step : {&ProcfsSource::ReadStat, &ProcfsSource::ReadStatus, &ProcfsSource::ReadIo,
                          &ProcfsSource::ReadFds}) {
    const ReadOutcome outcome = (this->*step)(entry);
    if (outcome != ReadOutcome::kOk) return outcome;
  }
  return ReadOutcome::kOk;
}

ReadOutcome ProcfsSource::ReadStat(Entry& entry) {
  const ReadOutcome outcome = ReadKept(entry, entry.stat, KeepBelow(entry));
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto stat = ParseStat(text_);
  if (!stat) return ReadOutcome::kFailed;

  ProcessReading& reading = entry.reading;
  if (!entry.is_new && reading.key.start_ticks != stat->start_ticks) return ReadOutcome::kGone;
  reading.key.start_ticks = stat->start_ticks;
  if (entry.is_new) {
    reading.start_time_seconds =
        boot_time_ + static_cast<double>(stat->start_ticks) * seconds_per_tick_;
  }
  reading.name.clear();
  AppendValidUtf8(stat->name, reading.name);
  reading.parent = stat->parent;
  reading.state = stat->state;
  reading.nice = stat->nice;
  reading.threads = stat->threads;
  reading.exec_id = stat->exec_id;
  reading.cpu_user_seconds = static_cast<double>(stat->user_ticks) * seconds_per_tick_;
  reading.cpu_system_seconds = static_cast<double>(stat->system_ticks) * seconds_per_tick_;
  reading.minor_faults = stat->minor_faults;
  reading.major_faults = stat->major_faults;
  reading.virtual_bytes = stat->virtual_bytes;
  return ReadOutcome::kOk;
}

ReadOutcome ProcfsSource::ReadStatus(Entry& entry) {
  const ReadOutcome outcome = ReadKept(entry, entry.status, KeepBelow(entry));
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto status = ParseStatus(text_);
  if (!status) return ReadOutcome::kFailed;
  entry.reading.uid = status->uid;
  entry.reading.resident_bytes = status->resident_bytes;
  entry.reading.swap_bytes = status->swap_bytes;
  return ReadOutcome::kOk;
}

// Needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH for processes of others. A kernel without
// CONFIG_TASK_IO_ACCOUNTING has no such file; that the process has gone shows in what is read next.
ReadOutcome ProcfsSource::ReadIo(Entry& entry) {
  const ReadOutcome outcome = ReadKept(entry, entry.io, KeepBelow(entry));
  if (outcome == ReadOutcome::kFailed) return outcome;
  ProcessIo io;
  if (outcome == ReadOutcome::kOk) {
    const auto parsed = ParseIo(text_);
    if (!parsed) return ReadOutcome::kFailed;
    io = *parsed;
  }
  entry.reading.has_io = outcome == ReadOutcome::kOk;
  entry.reading.read_bytes = io.read_bytes;
  entry.reading.write_bytes = io.write_bytes;
  return ReadOutcome::kOk;
}

ReadOutcome ProcfsSource::ReadFds(Entry& entry) {
  const ReadOutcome outcome = directory_.CountFds(entry.reading.key.pid, entry.reading.open_fds);
  entry.reading.has_fds = outcome == ReadOutcome::kOk;
  return outcome == ReadOutcome::kDenied ? ReadOutcome::kOk : outcome;
}

// Only files that are read in pass after pass are worth keeping, and never so many that there is
// none left for the schedstat of another process, which saves more.
std::size_t ProcfsSource::KeepBelow(const Entry& entry) const {
  return entry.busy ? max_kept_ / 2 : 0;
}

ReadOutcome ProcfsSource::ReadKept(Entry& entry, KeptFile& file, std::size_t keep_below) {
  if (file.fd) return ProcDirectory::ReadAll(file.fd, buffer_, text_);
  UniqueFd fd;
  ReadOutcome outcome = directory_.OpenFile(entry.reading.key.pid, file.name, fd);
  if (outcome == ReadOutcome::kOk) outcome = ProcDirectory::ReadAll(fd, buffer_, text_);
  if (outcome == ReadOutcome::kOk && kept_ < keep_below) {
    file.fd = std::move(fd);
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
  return std::make_unique<ProcfsSource>(proc, std::move(*directory), max_kept_files, clock);
}

std::size_t DefaultKeptFiles() {
  constexpr std::size_t kMostFiles = (std::size_t{64} << 20U) / 4600;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min<std::size_t>(limit.rlim_cur / 2, kMostFiles);
}

}  // namespace procmarshal
