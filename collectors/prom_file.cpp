#include "collectors/prom_file.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <span>

#include "base/unique_fd.h"
#include "base/utf8.h"
#include "collectors/pseudo_fs.h"
#include "collectors/text_parser.h"

namespace procmarshal {
namespace {

namespace fs = std::filesystem;

// `path` is a regular file?
Status CheckRegular(const struct stat& status) {
  if (S_ISREG(status.st_mode)) return {};
  return Fail(ErrorCode::kInvalid, "not a regular file");
}

tl::unexpected<Error> FailLarge() {
  return Fail(ErrorCode::kInvalid, "longer than 16 MiB");
}

Result<std::string> ReadAll(const UniqueFd& fd) {
  std::string content;
  std::array<char, 65536> buffer;  // NOLINT(*-member-init): read(2) fills it
  while (true) {
    const ssize_t count = ::read(fd.Get(), buffer.data(), buffer.size());
    if (count < 0) return FailErrno("read");
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > kMostPromFileBytes) return FailLarge();
  }
}

std::chrono::nanoseconds ToDuration(const struct timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// The folders that the pattern fits; if none, the pattern, for it to be missed.
std::vector<fs::path> Expand(const fs::path& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, decltype(&::globfree)> owner(&found, &::globfree);
  // It is safe but for ~ and the environment, which we don't use.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (::glob(pattern.c_str(), GLOB_NOCHECK, nullptr, &found) != 0) return {pattern};
  const std::span<char* const> names(found.gl_pathv, found.gl_pathc);
  return {names.begin(), names.end()};
}

// The *.prom files of a folder.
std::vector<fs::path> ListPromFiles(const fs::path& folder, std::vector<std::string>& problems) {
  const auto names = PseudoFs(folder).List("");
  if (!names) {
    problems.push_back(names.error().message);
    return {};
  }
  std::vector<fs::path> files;
  for (const std::string& name : *names) {
    if (name.ends_with(".prom")) files.push_back(folder / name);
  }
  return files;
}

// One text of them all, since there may be thousands.
std::string LeftOut(std::size_t count, const fs::path& first, const std::string& why) {
  return "files left out: " + std::to_string(count) + ", the first is " + first.string() + "; " +
         why;
}

// Repaired, two paths could be one.
void LeaveOutNonUtf8(std::vector<fs::path>& files, std::vector<std::string>& problems) {
  const auto is_bad = [](const fs::path& path) { return !IsValidUtf8(path.native()); };
  const auto first = std::ranges::find_if(files, is_bad);
  if (first == files.end()) return;
  const auto count = static_cast<std::size_t>(std::ranges::count_if(files, is_bad));
  problems.push_back(LeftOut(count, *first, "their paths are not UTF-8"));
  std::erase_if(files, is_bad);
}

}  // namespace

Result<FileStamp> StampOf(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    std::error_code ignored;
    if (fs::is_symlink(path, ignored)) return Fail(ErrorCode::kInvalid, "link to nothing");
    return FailErrno("stat");
  }
  if (const Status regular = CheckRegular(status); !regular) {
    return tl::unexpected(regular.error());
  }
  return FileStamp{.device = status.st_dev,
                   .inode = status.st_ino,
                   .size = status.st_size,
                   .modified = ToDuration(status.st_mtim),
                   .changed = ToDuration(status.st_ctim)};
}

Result<std::vector<prometheus::MetricFamily>> ReadPromFile(const fs::path& path) {
  // Not to wait for the other end, should it have become a FIFO.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return FailErrno("open");
  struct stat status{};
  if (::fstat(fd.Get(), &status) != 0) return FailErrno("stat");
  if (const Status regular = CheckRegular(status); !regular) {
    return tl::unexpected(regular.error());
  }
  if (status.st_size > static_cast<off_t>(kMostPromFileBytes)) return FailLarge();
  return ReadAll(fd).and_then([](const std::string& text) { return ParseText(text); });
}

std::vector<fs::path> FindPromFiles(const std::vector<fs::path>& patterns,
                                    std::vector<std::string>& problems) {
  std::vector<fs::path> files;
  for (const fs::path& pattern : patterns) {
    for (const fs::path& folder : Expand(pattern)) {
      std::ranges::move(ListPromFiles(folder, problems), std::back_inserter(files));
    }
  }
  std::ranges::sort(files);
  const auto again = std::ranges::unique(files);
  files.erase(again.begin(), again.end());
  LeaveOutNonUtf8(files, problems);
  if (files.size() > kMostPromFiles) {
    problems.push_back(LeftOut(files.size() - kMostPromFiles, files[kMostPromFiles],
                               "no more than " + std::to_string(kMostPromFiles) + " are read"));
    files.resize(kMostPromFiles);
  }
  return files;
}

}  // namespace procmarshal
