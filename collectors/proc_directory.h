#pragma once

#include <dirent.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// What came of reading one file of a process. All but kFailed are part of normal life.
enum class ReadOutcome {
  kOk,
  kGone,    // no such file or process: it has ended, or the kernel lacks the file
  kDenied,  // not permitted
  kFailed,  // anything else
};

// The /proc directory, or the /proc/PID/task of one process, which is laid out alike with threads
// for processes. It is kept open: lists processes and reads their files without building paths.
// These run some ten thousand times a second, and failing is normal: so they give outcomes, not
// Results with a message, and fill what the caller has. A pid that is another process's by now is
// read like any: who asks must tell by the start time in `stat`.
class ProcDirectory {
 public:
  [[nodiscard]] static Result<ProcDirectory> Open(const PseudoFs& proc);

  // All pids, ascending. Any of them may be gone by now.
  Status ListPids(std::vector<pid_t>& pids);

  // Opens `file` of `pid`. The descriptor stands for that very process: once it has ended, reads
  // give kGone, whoever has the pid then.
  ReadOutcome OpenFile(pid_t pid, std::string_view file, UniqueFd& fd) const;

  // The threads of `pid`, in the same way. Stands for that very process, as a file does.
  ReadOutcome OpenTasks(pid_t pid, std::optional<ProcDirectory>& tasks) const;

  // Reads a whole file into `buffer`, which only ever grows; `text` points into it.
  static ReadOutcome ReadAll(const UniqueFd& fd, std::string& buffer, std::string_view& text);

  // Reads the first bytes of a file in /proc/PID: `most` of them, or all.
  ReadOutcome ReadStart(pid_t pid, std::string_view file, std::size_t most, std::string& buffer,
                        std::string_view& text) const;
  ReadOutcome ReadFile(pid_t pid, std::string_view file, std::string& buffer,
                       std::string_view& text) const;

  // Open file descriptors: the size of /proc/PID/fd where the kernel fills that in (Linux 6.2),
  // else by listing it.
  ReadOutcome CountFds(pid_t pid, std::uint64_t& count) const;

 private:
  struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  using DirPtr = std::unique_ptr<DIR, CloseDir>;
  explicit ProcDirectory(DirPtr dir) : dir_(std::move(dir)), fd_(::dirfd(dir_.get())) {}
  ReadOutcome OpenDirectory(pid_t pid, std::string_view name, DirPtr& dir) const;
  [[nodiscard]] bool ProbeFdSize() const;

  DirPtr dir_;
  int fd_;                // of dir_
  bool fd_size_ = false;  // st_size of a `fd` directory is the number of descriptors
};

}  // namespace procmarshal
