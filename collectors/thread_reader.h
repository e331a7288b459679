#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "collectors/proc_directory.h"
#include "collectors/process_files.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// One thread, from /proc/PID/task/TID, in base units; valid UTF-8.
struct ThreadReading {
  pid_t tid = 0;                  // the identity: these two
  std::uint64_t start_ticks = 0;  // since boot
  std::string name;
  char state = '?';
  bool has_io = false;  // false where `io` may not be read now: its bytes are as last read
  double cpu_user_seconds = 0;
  double cpu_system_seconds = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t read_bytes = 0;   // from storage
  std::uint64_t write_bytes = 0;  // to storage
  std::uint64_t voluntary_switches = 0;
  std::uint64_t nonvoluntary_switches = 0;
  std::string wchan;  // kernel function it waits in; empty: none, or not shown (CAP_SYS_PTRACE)
  Schedstat ran{};    // tells whether it has run since; zeros can't
  bool operator==(const ThreadReading&) const = default;
};

struct ProcessThreads {
  std::vector<ThreadReading> threads;  // ascending by tid
  // Of threads that have ended, as they were when last read, so that sums over a process never
  // fall.
  std::uint64_t ended_voluntary_switches = 0;
  std::uint64_t ended_nonvoluntary_switches = 0;
  // After an exec, the thread of the pass before that the first one now goes on from: whichever
  // calls exec gets the id and start time of the first, and keeps its own counters (de_thread() in
  // fs/exec.c). Else 0.
  pid_t executed_tid = 0;
};

// Reads the threads of processes. One thread at a time.
//
// A thread that has not run since the last pass, as its `schedstat` tells, is not read again: its
// CPU time, I/O, faults, switches and what it waits in can't have changed. What others can change
// in it (its name) is read again at every kFullReadInterval, spread over the threads.
class ThreadReader {
 public:
  // Fails if `proc` can't be opened.
  [[nodiscard]] static Result<ThreadReader> Open(const PseudoFs& proc);

  // Reads the threads of `pid`. `now` is the time of the pass, the same for all processes in it.
  // `threads` is what the pass before gave: null at first and for another process. It stays the
  // same object when nothing has changed, else becomes a new one. A thread that can't be read for
  // once stays as it was. If none can, `threads` stays and the outcome says why: kGone if the
  // process has ended. `has_executed` says that there was an exec since the pass before.
  ReadOutcome Read(pid_t pid, BootTime now, bool has_executed,
                   std::shared_ptr<const ProcessThreads>& threads);

  // What the first thread of `pid` waits in, as ThreadReading::wchan. `wchan` stays as it was if
  // that can't be read.
  ReadOutcome ReadWchan(pid_t pid, std::string& wchan);

 private:
  explicit ThreadReader(ProcDirectory directory) : directory_(std::move(directory)) {}

  ReadOutcome ReadWchan(const ProcDirectory& directory, pid_t id, std::string& wchan);
  ReadOutcome ReadAfterExec(const ProcDirectory& tasks, pid_t pid,
                            std::shared_ptr<const ProcessThreads>& threads);
  void BeginPass(BootTime now);
  [[nodiscard]] bool IsDue(pid_t tid) const;
  bool HasNotRun(const ProcDirectory& tasks, pid_t tid, const ThreadReading* known);
  ReadOutcome ReadThread(const ProcDirectory& tasks, pid_t tid, const ThreadReading* known);
  ReadOutcome ReadInFull(const ProcDirectory& tasks, pid_t tid);
  ReadOutcome ReadStat(const ProcDirectory& tasks, pid_t tid);
  ReadOutcome ReadSwitches(const ProcDirectory& tasks, pid_t tid);
  ReadOutcome ReadIo(const ProcDirectory& tasks, pid_t tid);

  ProcDirectory directory_;
  BootTime pass_;         // time of this pass
  BootTime pass_before_;  // and of the one before
  std::vector<pid_t> tids_;
  ThreadReading reading_;  // of the thread that is being read
  std::string buffer_;
  std::string_view text_;  // what the last read gave, in buffer_
};

}  // namespace procmarshal
