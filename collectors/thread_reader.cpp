// Threads, from /proc/PID/task/TID/{schedstat,stat,status,io,wchan}: proc(5).

#include "collectors/thread_reader.h"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/utf8.h"
#include "collectors/procfs_source.h"

namespace procmarshal {
namespace {

// What a pass finds of one process, made from what the pass before found. Nothing is allocated
// until something differs.
class Successor {
 public:
  // `before` may be null; `count` threads are expected.
  Successor(const ProcessThreads* before, std::size_t count) : before_(before), count_(count) {
    if (before_ == nullptr) Begin();
  }

  // The thread of that id in the pass before, or null. Those below it have ended. To be asked for
  // in ascending order.
  const ThreadReading* Find(pid_t tid) {
    if (before_ == nullptr) return nullptr;
    while (at_ < before_->threads.size() && before_->threads[at_].tid < tid) End();
    const bool found = at_ < before_->threads.size() && before_->threads[at_].tid == tid;
    return found ? &before_->threads[at_] : nullptr;
  }

  // What Find() gave last is as it was.
  void Keep() {
    if (made_) made_->threads.push_back(before_->threads[at_]);
    ++at_;
  }

  // What Find() gave last has ended.
  void End() {
    Begin();
    made_->ended_voluntary_switches += before_->threads[at_].voluntary_switches;
    made_->ended_nonvoluntary_switches += before_->threads[at_].nonvoluntary_switches;
    ++at_;
  }

  // What Find() gave last is now like this.
  void Replace(const ThreadReading& reading) {
    Begin();
    made_->threads.push_back(reading);
    ++at_;
  }

  void Add(const ThreadReading& reading) {
    Begin();
    made_->threads.push_back(reading);
  }

  // Null if all is as it was.
  std::shared_ptr<const ProcessThreads> Finish() {
    while (before_ != nullptr && at_ < before_->threads.size()) End();
    return std::move(made_);
  }

 private:
  void Begin() {
    if (made_) return;
    made_ = std::make_shared<ProcessThreads>();
    made_->threads.reserve(count_);
    if (before_ == nullptr) return;
    const auto first = before_->threads.begin();
    made_->threads.assign(first, first + static_cast<std::ptrdiff_t>(at_));
    made_->ended_voluntary_switches = before_->ended_voluntary_switches;
    made_->ended_nonvoluntary_switches = before_->ended_nonvoluntary_switches;
  }

  const ProcessThreads* before_;
  std::size_t count_;
  std::size_t at_ = 0;  // in before_
  std::shared_ptr<ProcessThreads> made_;
};

// A tid is used again; and where an exec can't be seen, the first thread may have become another.
bool IsSameThread(const ThreadReading& before, const ThreadReading& now) {
  return before.start_ticks == now.start_ticks &&
         before.voluntary_switches <= now.voluntary_switches &&
         before.nonvoluntary_switches <= now.nonvoluntary_switches;
}

// Notes in `next` what came of reading one thread.
void Take(ReadOutcome outcome, const ThreadReading* known, const ThreadReading& reading,
          Successor& next) {
  if (known == nullptr) {
    if (outcome == ReadOutcome::kOk) next.Add(reading);
  } else if (outcome == ReadOutcome::kGone) {
    next.End();
  } else if (outcome != ReadOutcome::kOk || reading == *known) {
    next.Keep();
  } else if (IsSameThread(*known, reading)) {
    next.Replace(reading);
  } else {
    next.End();
    next.Add(reading);
  }
}

// Of the threads before an exec the one that `now` is: no thread counts back. Of several that it
// can be, the nearest.
const ThreadReading* Executor(const std::vector<ThreadReading>& before, const ThreadReading& now) {
  const ThreadReading* executor = nullptr;
  const auto switches = [](const ThreadReading& thread) {
    return thread.voluntary_switches + thread.nonvoluntary_switches;
  };
  for (const ThreadReading& each : before) {
    const bool can_be = each.voluntary_switches <= now.voluntary_switches &&
                        each.nonvoluntary_switches <= now.nonvoluntary_switches;
    if (!can_be) continue;
    if (executor == nullptr || switches(each) > switches(*executor)) executor = &each;
  }
  return executor;
}

}  // namespace

Result<ThreadReader> ThreadReader::Open(const PseudoFs& proc) {
  auto directory = ProcDirectory::Open(proc);
  if (!directory) return tl::unexpected(directory.error());
  return ThreadReader(std::move(*directory));
}

ReadOutcome ThreadReader::Read(pid_t pid, BootTime now, bool has_executed,
                               std::shared_ptr<const ProcessThreads>& threads) {
  BeginPass(now);
  std::optional<ProcDirectory> tasks;
  const ReadOutcome opened = directory_.OpenTasks(pid, tasks);
  if (!tasks) return opened;
  if (!tasks->ListPids(tids_)) return ReadOutcome::kFailed;

  if (has_executed && threads) return ReadAfterExec(*tasks, pid, threads);

  Successor next(threads.get(), tids_.size());
  bool has_any = false;
  ReadOutcome failure = ReadOutcome::kGone;
  for (const pid_t tid : tids_) {
    const ThreadReading* known = next.Find(tid);
    const ReadOutcome outcome = ReadThread(*tasks, tid, known);
    Take(outcome, known, reading_, next);
    if (outcome == ReadOutcome::kOk) {
      has_any = true;
    } else if (outcome != ReadOutcome::kGone) {
      failure = outcome;
    }
  }
  if (!has_any) return failure;
  if (auto changed = next.Finish()) threads = std::move(changed);
  return ReadOutcome::kOk;
}

// Fills `reading_`.
ReadOutcome ThreadReader::ReadThread(const ProcDirectory& tasks, pid_t tid,
                                     const ThreadReading* known) {
  if (HasNotRun(tasks, tid, known)) {
    reading_ = *known;
    return ReadOutcome::kOk;
  }
  const ReadOutcome outcome = ReadInFull(tasks, tid);
  if (known != nullptr && !reading_.has_io) {
    reading_.read_bytes = known->read_bytes;
    reading_.write_bytes = known->write_bytes;
  }
  return outcome;
}

// All threads but one are new.
ReadOutcome ThreadReader::ReadAfterExec(const ProcDirectory& tasks, pid_t pid,
                                        std::shared_ptr<const ProcessThreads>& threads) {
  const ThreadReading* executor = nullptr;
  auto next = std::make_shared<ProcessThreads>();
  ReadOutcome failure = ReadOutcome::kGone;
  for (const pid_t tid : tids_) {
    const ReadOutcome outcome = ReadThread(tasks, tid, nullptr);
    if (outcome == ReadOutcome::kOk) {
      next->threads.push_back(reading_);
      if (tid == pid) executor = Executor(threads->threads, reading_);
    } else if (outcome != ReadOutcome::kGone) {
      failure = outcome;
    }
  }
  if (next->threads.empty()) return failure;
  next->executed_tid = executor != nullptr ? executor->tid : 0;
  next->ended_voluntary_switches = threads->ended_voluntary_switches;
  next->ended_nonvoluntary_switches = threads->ended_nonvoluntary_switches;
  for (const ThreadReading& each : threads->threads) {
    if (&each == executor) continue;
    next->ended_voluntary_switches += each.voluntary_switches;
    next->ended_nonvoluntary_switches += each.nonvoluntary_switches;
  }
  threads = std::move(next);
  return ReadOutcome::kOk;
}

ReadOutcome ThreadReader::ReadWchan(pid_t pid, std::string& wchan) {
  return ReadWchan(directory_, pid, wchan);
}

ReadOutcome ThreadReader::ReadWchan(const ProcDirectory& directory, pid_t id, std::string& wchan) {
  const ReadOutcome outcome = directory.ReadFile(id, "wchan", buffer_, text_);
  if (outcome != ReadOutcome::kOk) return outcome;
  wchan.clear();
  AppendValidUtf8(ParseWchan(text_), wchan);
  return outcome;
}

void ThreadReader::BeginPass(BootTime now) {
  if (now == pass_) return;
  pass_before_ = pass_;
  pass_ = now;
}

// Each thread has a moment of its own in the interval; this is the first pass after it.
bool ThreadReader::IsDue(pid_t tid) const {
  const std::chrono::seconds offset{tid};
  const auto turn = (pass_.time_since_epoch() + offset) / kFullReadInterval;
  return turn != (pass_before_.time_since_epoch() + offset) / kFullReadInterval;
}

// `known` is what the thread was, or null. Reads schedstat before the other files: if the thread
// runs in between, the next pass sees that. Zeros, from a kernel without scheduler statistics or
// because the file can't be read, tell nothing.
bool ThreadReader::HasNotRun(const ProcDirectory& tasks, pid_t tid, const ThreadReading* known) {
  reading_.ran = {};
  if (tasks.ReadFile(tid, "schedstat", buffer_, text_) == ReadOutcome::kOk) {
    reading_.ran = ParseSchedstat(text_).value_or(Schedstat{});
  }
  const bool can_tell = known != nullptr && reading_.ran != Schedstat{};
  return can_tell && reading_.ran == known->ran && !IsDue(tid);
}

ReadOutcome ThreadReader::ReadInFull(const ProcDirectory& tasks, pid_t tid) {
  reading_.tid = tid;
  using Step = ReadOutcome (ThreadReader::*)(const ProcDirectory&, pid_t);
  for (const Step step :
       {&ThreadReader::ReadStat, &ThreadReader::ReadSwitches, &ThreadReader::ReadIo}) {
    const ReadOutcome outcome = (this->*step)(tasks, tid);
    if (outcome != ReadOutcome::kOk) return outcome;
  }
  reading_.wchan.clear();
  (void)ReadWchan(tasks, tid, reading_.wchan);  // stays empty where it can't be read
  return ReadOutcome::kOk;
}

ReadOutcome ThreadReader::ReadStat(const ProcDirectory& tasks, pid_t tid) {
  static const double kSecondsPerTick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const ReadOutcome outcome = tasks.ReadFile(tid, "stat", buffer_, text_);
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto stat = ParseStat(text_);
  if (!stat) return ReadOutcome::kFailed;
  reading_.start_ticks = stat->start_ticks;
  reading_.name.clear();
  AppendValidUtf8(stat->name, reading_.name);
  reading_.state = stat->state;
  reading_.cpu_user_seconds = static_cast<double>(stat->user_ticks) * kSecondsPerTick;
  reading_.cpu_system_seconds = static_cast<double>(stat->system_ticks) * kSecondsPerTick;
  reading_.minor_faults = stat->minor_faults;
  reading_.major_faults = stat->major_faults;
  return ReadOutcome::kOk;
}

ReadOutcome ThreadReader::ReadSwitches(const ProcDirectory& tasks, pid_t tid) {
  const ReadOutcome outcome = tasks.ReadFile(tid, "status", buffer_, text_);
  if (outcome != ReadOutcome::kOk) return outcome;
  const auto status = ParseStatus(text_);
  if (!status) return ReadOutcome::kFailed;
  reading_.voluntary_switches = status->voluntary_switches;
  reading_.nonvoluntary_switches = status->nonvoluntary_switches;
  return ReadOutcome::kOk;
}

// A kernel without CONFIG_TASK_IO_ACCOUNTING has no such file.
ReadOutcome ThreadReader::ReadIo(const ProcDirectory& tasks, pid_t tid) {
  const ReadOutcome outcome = tasks.ReadFile(tid, "io", buffer_, text_);
  if (outcome == ReadOutcome::kFailed) return outcome;
  ProcessIo io;
  if (outcome == ReadOutcome::kOk) {
    const auto parsed = ParseIo(text_);
    if (!parsed) return ReadOutcome::kFailed;
    io = *parsed;
  }
  reading_.has_io = outcome == ReadOutcome::kOk;
  reading_.read_bytes = io.read_bytes;
  reading_.write_bytes = io.write_bytes;
  return ReadOutcome::kOk;
}

}  // namespace procmarshal
