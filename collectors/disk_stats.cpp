// I/O of disks, from /proc/diskstats: "   8       0 sda 1357749 146972 73485266 2368562 1914693
// 549246 160961544 725141 0 423332 3296257 1229549 78 147045752 155865 324388 46687". See
// Documentation/admin-guide/iostats.rst of the kernel.
#include "collectors/disk_stats.h"

#include <algorithm>
#include <optional>

#include "base/parse.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

constexpr std::size_t kFewestFields = 11;

std::optional<DiskStats> ParseLine(std::string_view line) {
  DiskStats disk;
  const auto major = ParseNumber<unsigned>(TakeWord(line));
  const auto minor = ParseNumber<unsigned>(TakeWord(line));
  disk.name = TakeWord(line);
  if (!major || !minor || disk.name.empty()) return std::nullopt;
  disk.major = *major;
  disk.minor = *minor;
  for (; disk.count < DiskStats::kFields; ++disk.count) {
    const std::string_view word = TakeWord(line);
    if (word.empty()) break;
    const auto value = ParseNumber<std::uint64_t>(word);
    if (!value) return std::nullopt;
    disk.fields.at(disk.count) = *value;
  }
  if (disk.count < kFewestFields) return std::nullopt;
  return disk;
}

}  // namespace

Result<std::vector<DiskStats>> ParseDiskStats(std::string_view text) {
  std::vector<DiskStats> disks;
  while (!text.empty()) {
    const std::string_view line = TakeUntil(text, '\n');
    auto disk = ParseLine(line);
    if (!disk) {
      return FailExpected(R"(diskstats: expected "MAJOR MINOR NAME" and at least 11 numbers)",
                          line);
    }
    disks.push_back(*std::move(disk));
  }
  return disks;
}

}  // namespace procmarshal
