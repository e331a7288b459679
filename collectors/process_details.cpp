#include "collectors/process_details.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "collectors/cgroup_path.h"
#include "collectors/process_files.h"

namespace procmarshal {
namespace {

std::size_t HashOf(const ProcessInfo& info) {
  constexpr std::size_t kPrime = 1'000'003;
  std::size_t hash = std::hash<const void*>()(info.limits.get());
  for (const std::string* text : {&info.user, &info.cgroup, &info.container, &info.pod}) {
    hash = hash * kPrime + std::hash<std::string>()(*text);
  }
  return hash;
}

}  // namespace

Result<ProcessDetails> ProcessDetails::Open(const PseudoFs& proc) {
  auto directory = ProcDirectory::Open(proc);
  if (!directory) return tl::unexpected(directory.error());
  return ProcessDetails(std::move(*directory));
}

ProcessDetails::Details ProcessDetails::Read(const ProcessReading& process,
                                             const GroupMatcher& matcher) {
  const pid_t pid = process.key.pid;
  ProcessInfo info;
  info.user = users_.Name(process.uid);

  std::string_view text;
  if (directory_.ReadFile(pid, "limits", buffer_, text) == ReadOutcome::kOk) {
    if (const auto limits = ParseLimits(text)) info.limits = limits_.Intern(*limits);
  }
  std::string command_line;
  std::string executable;
  // Reading it waits for whoever changes the memory of the process (mmap_lock).
  if (matcher.HasRules() &&
      directory_.ReadStart(pid, "cmdline", kMostArguments, buffer_, text) == ReadOutcome::kOk) {
    command_line = ValidUtf8(ParseCommandLine(text));
    executable = ValidUtf8(text.substr(0, text.find('\0')));
  }
  std::vector<std::string_view> cgroups;
  if (directory_.ReadFile(pid, "cgroup", buffer_, text) == ReadOutcome::kOk) {
    const CgroupPlace place = ParseCgroup(text);
    info.cgroup = ValidUtf8(place.path);
    info.pids_cgroup = ValidUtf8(place.pids_path);
    info.memory_cgroup = ValidUtf8(place.memory_path);
    info.unit = ValidUtf8(place.unit);
    info.slice = ValidUtf8(place.slice);
    info.container = ValidUtf8(place.container);
    info.pod = ValidUtf8(place.pod);
    cgroups = CgroupPaths(text);
  }
  Details details;
  details.match = matcher.Find({.comm = process.name,
                                .executable = executable,
                                .command_line = command_line,
                                .user = info.user,
                                .unit = info.unit,
                                .slice = info.slice,
                                .container = info.container,
                                .pod = info.pod,
                                .cgroups = cgroups,
                                .pid = pid,
                                .start_time_seconds = process.start_time_seconds});
  details.info = Share(std::move(info));
  return details;
}

// An equal one that another process has, or this.
std::shared_ptr<const ProcessInfo> ProcessDetails::Share(ProcessInfo info) {
  std::weak_ptr<const ProcessInfo>& known = infos_[HashOf(info)];
  if (auto shared = known.lock(); shared && *shared == info) return shared;
  auto made = std::make_shared<const ProcessInfo>(std::move(info));
  known = made;
  ForgetUnused();
  return made;
}

void ProcessDetails::ForgetUnused() {
  if (infos_.size() < forget_at_) return;
  std::erase_if(infos_, [](const auto& entry) { return entry.second.expired(); });
  forget_at_ = 2 * std::max<std::size_t>(infos_.size(), 64);
}

}  // namespace procmarshal
