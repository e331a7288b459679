#pragma once

#include <prometheus/metric_family.h>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// What tells that a file is the same as before.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::chrono::nanoseconds modified{0};  // Unix time, which everybody may set
  std::chrono::nanoseconds changed{0};   // which nobody may

  bool operator==(const FileStamp&) const = default;
};

// kNotFound if it has gone; a link that leads nowhere and what is no regular file is kInvalid.
[[nodiscard]] Result<FileStamp> StampOf(const std::filesystem::path& path);

inline constexpr std::size_t kMostPromFileBytes = std::size_t{16} << 20U;

// The metrics of a *.prom file of up to kMostPromFileBytes. Never waits, whatever the file is.
[[nodiscard]] Result<std::vector<prometheus::MetricFamily>> ReadPromFile(
    const std::filesystem::path& path);

inline constexpr std::size_t kMostPromFiles = 5000;

// The *.prom files of these folders, sorted: the first kMostPromFiles, so that a pass takes no
// minutes. `problems` gets a text for each folder that can't be read, one for all files whose path
// is not UTF-8, and one for all that are too many.
[[nodiscard]] std::vector<std::filesystem::path> FindPromFiles(
    const std::vector<std::filesystem::path>& patterns, std::vector<std::string>& problems);

}  // namespace procmarshal
