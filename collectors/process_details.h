#pragma once

#include <memory>
#include <string>

#include "collectors/proc_directory.h"
#include "collectors/process.h"
#include "collectors/user_names.h"

namespace procmarshal {

// Reads what changes rarely: `cmdline`, `exe`, `cgroup` and `limits` of a process, and its user's
// name.
class ProcessDetails {
 public:
  [[nodiscard]] static Result<ProcessDetails> Open(const PseudoFs& proc);

  // What may not be read, or went with the process, stays empty.
  [[nodiscard]] std::shared_ptr<const ProcessInfo> Read(const ProcessReading& process);

 private:
  explicit ProcessDetails(ProcDirectory directory) : directory_(std::move(directory)) {}

  ProcDirectory directory_;
  UserNames users_;
  std::string buffer_;
};

}  // namespace procmarshal
