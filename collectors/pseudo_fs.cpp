#include "collectors/pseudo_fs.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.h"

namespace procmarshal {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20U;

}  // namespace

Result<std::string> PseudoFs::Read(std::string_view relative) const {
  const std::filesystem::path path = root_ / relative;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FailErrno("open " + path.string());

  std::string content;
  std::array<char, 16384> buffer;  // NOLINT(*-member-init): read(2) fills it
  while (true) {
    const ssize_t count = ::read(fd.Get(), buffer.data(), buffer.size());
    if (count < 0) return FailErrno("read " + path.string());
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > kMaxFileBytes) {
      return Fail(ErrorCode::kInvalid, "read " + path.string() + ": longer than 16 MiB");
    }
  }
}

}  // namespace procmarshal
