#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "collectors/group_matcher.h"
#include "collectors/proc_directory.h"
#include "collectors/process.h"
#include "collectors/process_limits.h"
#include "collectors/user_names.h"

namespace procmarshal {

// Reads what changes rarely: `cgroup` and `limits` of a process, its user's name, and for the
// matcher `cmdline`. Command lines are not kept: they hold secrets, and whoever wants one can read
// it when it is wanted.
class ProcessDetails {
 public:
  // The matcher sees so much of a command line: what a process puts into its arguments must not
  // cost more than this to match.
  static constexpr std::size_t kMostArguments = std::size_t{128} * 1024;

  struct Details {
    std::shared_ptr<const ProcessInfo> info;  // never null; shared by processes that are alike
    std::optional<GroupMatcher::Match> match;
  };

  [[nodiscard]] static Result<ProcessDetails> Open(const PseudoFs& proc);

  // What may not be read, or went with the process, stays empty.
  [[nodiscard]] Details Read(const ProcessReading& process, const GroupMatcher& matcher);

 private:
  explicit ProcessDetails(ProcDirectory directory) : directory_(std::move(directory)) {}

  std::shared_ptr<const ProcessInfo> Share(ProcessInfo info);
  void ForgetUnused();

  ProcDirectory directory_;
  UserNames users_;
  LimitsCache limits_;
  std::unordered_map<std::size_t, std::weak_ptr<const ProcessInfo>> infos_;  // by hash
  std::size_t forget_at_ = 64;
  std::string buffer_;
};

}  // namespace procmarshal
