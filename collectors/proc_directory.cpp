#include "collectors/proc_directory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr std::size_t kFirstBuffer = 16384;
constexpr std::size_t kMaxBuffer = std::size_t{4} << 20U;

ReadOutcome Outcome(int err) {
  if (err == ENOENT || err == ESRCH) return ReadOutcome::kGone;
  if (err == EACCES || err == EPERM) return ReadOutcome::kDenied;
  return ReadOutcome::kFailed;
}

// "PID/FILE" of the directory, without allocation.
class Path {
 public:
  Path(pid_t pid, std::string_view file) {
    char* at = std::to_chars(text_.data(), text_.data() + 16, pid).ptr;
    *at++ = '/';
    at = std::ranges::copy(file, at).out;
    *at = '\0';
  }
  [[nodiscard]] const char* Get() const { return text_.data(); }

 private:
  std::array<char, 48> text_;  // NOLINT(*-member-init): the constructor fills what is read
};

// Leaves errno at 0 unless the listing failed.
std::uint64_t CountEntries(DIR* dir) {
  std::uint64_t count = 0;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {  // NOLINT(concurrency-mt-unsafe): our own DIR
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

}  // namespace

Result<ProcDirectory> ProcDirectory::Open(const PseudoFs& proc) {
  DirPtr dir(::opendir(proc.Root().c_str()));
  if (!dir) return FailErrno("open " + proc.Root().string());
  ProcDirectory directory(std::move(dir));
  if (directory.fd_ < 0) return FailErrno("open " + proc.Root().string());
  directory.fd_size_ = directory.ProbeFdSize();
  return directory;
}

// This process has descriptors open, so 0 means that the kernel does not fill st_size in. On any
// other file system (a captured tree) the size of a directory means something else.
bool ProcDirectory::ProbeFdSize() const {
  struct statfs fs{};
  struct stat fds{};
  return ::fstatfs(fd_, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC &&
         ::fstatat(fd_, "self/fd/", &fds, 0) == 0 && fds.st_size > 0;
}

Status ProcDirectory::ListPids(std::vector<pid_t>& pids) {
  pids.clear();
  ::rewinddir(dir_.get());
  errno = 0;
  while (const dirent* entry = ::readdir(dir_.get())) {  // NOLINT(concurrency-mt-unsafe): our own
    if (const auto pid = ParseNumber<pid_t>(entry->d_name); pid && *pid > 0) pids.push_back(*pid);
  }
  if (errno != 0) return FailErrno("list processes");
  // The kernel lists them in order, a captured tree does not.
  if (!std::ranges::is_sorted(pids)) std::ranges::sort(pids);
  return {};
}

ReadOutcome ProcDirectory::OpenFile(pid_t pid, std::string_view file, UniqueFd& fd) const {
  fd = UniqueFd(::openat(fd_, Path(pid, file).Get(), O_RDONLY | O_CLOEXEC));
  return fd ? ReadOutcome::kOk : Outcome(errno);
}

ReadOutcome ProcDirectory::OpenDirectory(pid_t pid, std::string_view name, DirPtr& dir) const {
  UniqueFd fd(::openat(fd_, Path(pid, name).Get(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Outcome(errno);
  dir.reset(::fdopendir(fd.Get()));
  if (!dir) return Outcome(errno);
  (void)fd.Release();  // closed with dir
  return ReadOutcome::kOk;
}

ReadOutcome ProcDirectory::OpenTasks(pid_t pid, std::optional<ProcDirectory>& tasks) const {
  DirPtr dir;
  const ReadOutcome outcome = OpenDirectory(pid, "task", dir);
  if (outcome == ReadOutcome::kOk) tasks = ProcDirectory(std::move(dir));
  return outcome;
}

ReadOutcome ProcDirectory::ReadAll(const UniqueFd& fd, std::string& buffer,
                                   std::string_view& text) {
  if (buffer.empty()) buffer.resize(kFirstBuffer);
  std::size_t length = 0;
  while (true) {
    const ssize_t count = ::pread(fd.Get(), buffer.data() + length, buffer.size() - length,
                                  static_cast<off_t>(length));
    if (count < 0) return Outcome(errno);
    length += static_cast<std::size_t>(count);
    if (length < buffer.size()) break;  // the kernel gives all that there is and fits
    if (buffer.size() >= kMaxBuffer) return ReadOutcome::kFailed;
    buffer.resize(buffer.size() * 2);
  }
  text = std::string_view(buffer).substr(0, length);
  return ReadOutcome::kOk;
}

ReadOutcome ProcDirectory::ReadFile(pid_t pid, std::string_view file, std::string& buffer,
                                    std::string_view& text) const {
  UniqueFd fd;
  const ReadOutcome opened = OpenFile(pid, file, fd);
  return opened == ReadOutcome::kOk ? ReadAll(fd, buffer, text) : opened;
}

ReadOutcome ProcDirectory::ReadStart(pid_t pid, std::string_view file, std::size_t most,
                                     std::string& buffer, std::string_view& text) const {
  UniqueFd fd;
  if (const ReadOutcome opened = OpenFile(pid, file, fd); opened != ReadOutcome::kOk) return opened;
  if (buffer.size() < most) buffer.resize(most);
  std::size_t length = 0;
  while (length < most) {
    const ssize_t count =
        ::pread(fd.Get(), buffer.data() + length, most - length, static_cast<off_t>(length));
    if (count < 0) return Outcome(errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  text = std::string_view(buffer).substr(0, length);
  return ReadOutcome::kOk;
}

ReadOutcome ProcDirectory::CountFds(pid_t pid, std::uint64_t& count) const {
  if (fd_size_) {
    struct stat fds{};
    if (::fstatat(fd_, Path(pid, "fd").Get(), &fds, 0) != 0) return Outcome(errno);
    count = static_cast<std::uint64_t>(fds.st_size);
    return ReadOutcome::kOk;
  }
  DirPtr dir;
  const ReadOutcome opened = OpenDirectory(pid, "fd", dir);
  if (opened != ReadOutcome::kOk) return opened;
  count = CountEntries(dir.get());
  return errno == 0 ? ReadOutcome::kOk : Outcome(errno);
}

}  // namespace procmarshal
