// How many processes and threads there are and may be, and what states they are in: from the file
// `stat` of each, "7 (sh) S 1 7 7 ...", and from /proc/sys/kernel/{threads-max,pid_max}, "193009".

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/proc_directory.h"
#include "collectors/process_files.h"

namespace procmarshal {
namespace {

struct Counts {
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  std::map<char, std::uint64_t> states;
  std::map<char, std::uint64_t> thread_states;
};

// Nullopt if the process or thread has ended.
Result<std::optional<ProcessStat>> ReadStat(const ProcDirectory& directory, pid_t pid,
                                            std::string& buffer) {
  std::string_view text;
  const ReadOutcome outcome = directory.ReadFile(pid, "stat", buffer, text);
  if (outcome == ReadOutcome::kGone) return std::optional<ProcessStat>();
  const std::string who = "process " + std::to_string(pid);
  if (outcome == ReadOutcome::kDenied) {
    return Fail(ErrorCode::kDenied, who + ": stat: permission denied");
  }
  if (outcome == ReadOutcome::kFailed) {
    return Fail(ErrorCode::kInternal, who + ": stat can't be read");
  }
  const auto stat = ParseStat(text);
  if (!stat) return Fail(stat.error().code, who + ": " + stat.error().message);
  return *stat;
}

// Those of `pid` beside its first.
Status CountThreads(const ProcDirectory& proc, pid_t pid, std::string& buffer, Counts& counts) {
  std::optional<ProcDirectory> tasks;
  const ReadOutcome outcome = proc.OpenTasks(pid, tasks);
  if (outcome == ReadOutcome::kGone) return {};
  if (outcome != ReadOutcome::kOk) {
    return Fail(ErrorCode::kInternal, "process " + std::to_string(pid) + ": task can't be opened");
  }
  std::vector<pid_t> threads;
  if (const Status listed = tasks->ListPids(threads); !listed) {
    return listed.error().code == ErrorCode::kNotFound ? Status() : listed;
  }
  for (const pid_t thread : threads) {
    if (thread == pid) continue;
    const auto read = ReadStat(*tasks, thread, buffer);
    if (!read) return tl::unexpected(read.error());
    if (const std::optional<ProcessStat>& stat = *read) ++counts.thread_states[stat->state];
  }
  return {};
}

Result<Counts> CountProcesses(const PseudoFs& root) {
  auto proc = ProcDirectory::Open(root);
  if (!proc) return tl::unexpected(proc.error());
  std::vector<pid_t> pids;
  if (const Status listed = proc->ListPids(pids); !listed) return tl::unexpected(listed.error());

  Counts counts;
  std::string buffer;
  for (const pid_t pid : pids) {
    const auto read = ReadStat(*proc, pid, buffer);
    if (!read) return tl::unexpected(read.error());
    const std::optional<ProcessStat>& stat = *read;
    if (!stat) continue;
    ++counts.processes;
    ++counts.states[stat->state];
    counts.threads += stat->threads;
    if (stat->threads > 0) ++counts.thread_states[stat->state];  // its first
    if (stat->threads < 2) continue;
    if (const Status counted = CountThreads(*proc, pid, buffer, counts); !counted) {
      return tl::unexpected(counted.error());
    }
  }
  return counts;
}

void WriteStates(const std::map<char, std::uint64_t>& states, std::string_view label,
                 FamilyWriter::Family family) {
  for (const auto& [state, count] : states) {
    family.Add(static_cast<double>(count), {{label, std::string_view(&state, 1)}});
  }
}

Status WriteLimit(const PseudoFs& proc, std::string_view file, FamilyWriter::Family family) {
  const auto limit = ReadCount(proc, file);
  if (!limit && limit.error().code == ErrorCode::kNotFound) return {};
  if (!limit) return tl::unexpected(limit.error());
  family.Add(*limit);
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto counts = CountProcesses(env.proc);
  if (!counts) return tl::unexpected(counts.error());

  out.Gauge("node_processes_pids", "Processes.").Add(static_cast<double>(counts->processes));
  out.Gauge("node_processes_threads", "Threads of all processes.")
      .Add(static_cast<double>(counts->threads));
  WriteStates(counts->states, "state",
              out.Gauge("node_processes_state", "Processes by the state of their first thread."));
  WriteStates(counts->thread_states, "thread_state",
              out.Gauge("node_processes_threads_state", "Threads by state."));
  if (auto written = WriteLimit(
          env.proc, "sys/kernel/threads-max",
          out.Gauge("node_processes_max_threads", "Threads that the kernel allows on the host."));
      !written) {
    return written;
  }
  return WriteLimit(env.proc, "sys/kernel/pid_max",
                    out.Gauge("node_processes_max_processes",
                              "Where process ids end, and so the number of processes."));
}

const Registration kRegistration("processes", Default::kOff, &Collect);

}  // namespace
}  // namespace procmarshal
