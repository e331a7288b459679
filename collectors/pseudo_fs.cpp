#include "collectors/pseudo_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "base/unique_fd.h"

namespace procmarshal {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20U;

UniqueFd Open(const std::filesystem::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// How many files may be kept open. Others need some, too.
std::size_t MostKept() {
  constexpr rlim_t kMost = 1024;
  constexpr rlim_t kShare = 8;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min(kMost, limit.rlim_cur / kShare);
}

Result<std::string> ReadFromStart(const UniqueFd& fd, const std::filesystem::path& path) {
  std::string content;
  std::array<char, 16384> buffer;  // NOLINT(*-member-init): pread(2) fills it
  while (true) {
    const auto offset = static_cast<off_t>(content.size());
    const ssize_t count = ::pread(fd.Get(), buffer.data(), buffer.size(), offset);
    if (count < 0) return FailErrno("read " + path.string());
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > kMaxFileBytes) {
      return Fail(ErrorCode::kInvalid, "read " + path.string() + ": longer than 16 MiB");
    }
  }
}

}  // namespace

class PseudoFs::KeptFiles {
 public:
  Result<std::string> Read(const std::filesystem::path& path) {
    ++reads_;
    const auto kept = files_.find(path.native());
    if (kept != files_.end()) {
      kept->second.last_read = reads_;
      auto content = ReadFromStart(kept->second.fd, path);
      if (IsThere(content)) return content;
      files_.erase(kept);
    }
    UniqueFd fd = OpenAtAnyCost(path);
    if (!fd) return FailErrno("open " + path.string());
    auto content = ReadFromStart(fd, path);
    if (IsThere(content)) Keep(path.native(), std::move(fd));
    return content;
  }

 private:
  struct Kept {
    UniqueFd fd;
    std::uint64_t last_read;  // by the count of reads
  };

  // Else, another may be by now. Drivers that have no value now fail otherwise, and stay.
  static bool IsThere(const Result<std::string>& content) {
    return content || content.error().code != ErrorCode::kNotFound;
  }

  // When no more files can be opened, those that are kept go.
  UniqueFd OpenAtAnyCost(const std::filesystem::path& path) {
    UniqueFd fd = Open(path);
    if (!fd && (errno == EMFILE || errno == ENFILE)) {
      files_.clear();
      fd = Open(path);
    }
    return fd;
  }

  void Keep(const std::string& path, UniqueFd fd) {
    if (files_.size() >= most_) DropUnused();
    if (files_.size() < most_) files_.emplace(path, Kept{std::move(fd), reads_});
  }

  // The files of devices that come and go pile up: nobody reads them any more. So many reads are
  // more than one pass over a large host, whose files must not take turns.
  void DropUnused() {
    constexpr std::uint64_t kLong = 32768;
    if (reads_ - last_drop_ < kLong) return;
    last_drop_ = reads_;
    std::erase_if(files_,
                  [this](const auto& file) { return reads_ - file.second.last_read >= kLong; });
  }

  std::size_t most_ = MostKept();
  std::uint64_t reads_ = 0;
  std::uint64_t last_drop_ = 0;
  std::unordered_map<std::string, Kept> files_;  // by path
};

PseudoFs::PseudoFs(std::filesystem::path root)
    : root_(std::move(root)), kept_(std::make_shared<KeptFiles>()) {}

Result<std::string> PseudoFs::Read(std::string_view relative) const {
  const std::filesystem::path path = root_ / relative;
  const UniqueFd fd = Open(path);
  if (!fd) return FailErrno("open " + path.string());
  return ReadFromStart(fd, path);
}

Result<std::string> PseudoFs::Reread(std::string_view relative) const {
  return kept_->Read(root_ / relative);
}

Result<std::string> PseudoFs::RereadLines(std::string_view relative) const {
  auto content = Reread(relative);
  if (content && !content->empty() && content->back() != '\n') {
    return Fail(ErrorCode::kInvalid, std::string(relative) + ": the file ends within a line");
  }
  return content;
}

Result<std::vector<std::string>> PseudoFs::List(std::string_view relative) const {
  const std::filesystem::path path = root_ / relative;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (!folder) return FailErrno("open " + path.string());

  std::vector<std::string> names;
  while (true) {
    errno = 0;  // tells an error from the end
    // This DIR is of one thread only. NOLINTNEXTLINE(concurrency-mt-unsafe)
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return FailErrno("list " + path.string());
  std::ranges::sort(names);
  return names;
}

}  // namespace procmarshal
