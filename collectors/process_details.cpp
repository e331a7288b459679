#include "collectors/process_details.h"

#include "base/utf8.h"
#include "collectors/process_files.h"

namespace procmarshal {
namespace {

// A command line may be as long as the stack allows; all that is for people fits here.
constexpr std::size_t kMaxCommandLine = 4096;

// A kernel worker's name tells what it is working on, "kworker/0:1-events": it changes all the
// time, and each would be a group for good.
std::string GroupName(const std::string& name) {
  if (!name.starts_with("kworker/")) return name;
  return name.substr(0, name.find_first_of("-+"));
}

std::string ValidUtf8(std::string_view text) {
  std::string valid;
  AppendValidUtf8(text, valid);
  return valid;
}

}  // namespace

Result<ProcessDetails> ProcessDetails::Open(const PseudoFs& proc) {
  auto directory = ProcDirectory::Open(proc);
  if (!directory) return tl::unexpected(directory.error());
  return ProcessDetails(std::move(*directory));
}

std::shared_ptr<const ProcessInfo> ProcessDetails::Read(const ProcessReading& process) {
  const pid_t pid = process.key.pid;
  auto info = std::make_shared<ProcessInfo>();
  info->user = users_.Name(process.uid);
  info->group = GroupName(process.name);

  std::string_view text;
  if (directory_.ReadLink(pid, "exe", buffer_, text) == ReadOutcome::kOk) {
    info->executable = ValidUtf8(text);
  }
  if (directory_.ReadFile(pid, "cmdline", buffer_, text) == ReadOutcome::kOk) {
    info->command_line = ValidUtf8(ParseCommandLine(text.substr(0, kMaxCommandLine)));
  }
  if (directory_.ReadFile(pid, "cgroup", buffer_, text) == ReadOutcome::kOk) {
    const CgroupPlace place = ParseCgroup(text);
    info->cgroup = ValidUtf8(place.path);
    info->unit = ValidUtf8(place.unit);
    info->container = ValidUtf8(place.container);
  }
  if (directory_.ReadFile(pid, "limits", buffer_, text) == ReadOutcome::kOk) {
    if (const auto limit = ParseMaxOpenFiles(text)) info->max_fds = *limit;
  }
  return info;
}

}  // namespace procmarshal
