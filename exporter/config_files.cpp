#include "exporter/config_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 4U << 20U;

// The whole file. Its size is not asked for: it may be a pipe, as in `check <(generate)`.
Result<std::string> ReadFile(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FailErrno("open " + Printable(file.string()));

  std::string text;
  std::array<char, 16'384> buffer{};
  while (text.size() <= kLargestFile) {
    const ssize_t count = ::read(fd.Get(), buffer.data(), buffer.size());
    if (count < 0) return FailErrno("read " + Printable(file.string()));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return Fail(ErrorCode::kInvalid, "read " + Printable(file.string()) + ": larger than 4 MiB");
}

// What `ls DIRECTORY/*.toml` lists; nothing when there is no such directory.
Result<std::vector<fs::path>> TomlFiles(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code failure;
  fs::directory_iterator entry(directory, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const fs::path& file = entry->path();
    const bool hidden = file.filename().native().starts_with('.');
    if (!hidden && file.extension() == ".toml") files.push_back(file);
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return FailErrno("list " + Printable(directory.string()), failure.value());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<Config> LoadConfig(const fs::path& file, const Config& base) {
  Config config = base;
  std::optional<Error> errors;  // a line each, the first one's code
  const auto add = [&errors](const Error& error) {
    if (errors) errors->message += '\n' + error.message;
    if (!errors) errors = error;
  };

  auto parts = TomlFiles(file.parent_path() / "conf.d");
  if (!parts) add(parts.error());
  std::vector<fs::path> files = {file};
  if (parts) files.insert(files.end(), parts->begin(), parts->end());

  for (const fs::path& each : files) {
    const auto text = ReadFile(each);
    if (!text) {
      add(text.error());
      continue;
    }
    auto merged = ParseConfig(*text, each.string(), config);
    if (merged)
      config = *std::move(merged);
    else
      add(merged.error());
  }
  if (errors) return tl::unexpected(*errors);
  return config;
}

}  // namespace procmarshal
