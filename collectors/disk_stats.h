#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// One line of /proc/diskstats. Kernels before 4.18 have no discards, those before 5.5 no flushes.
struct DiskStats {
  static constexpr std::size_t kFields = 17;
  unsigned major = 0;
  unsigned minor = 0;
  std::string name;
  std::size_t count = 0;  // of fields
  std::array<std::uint64_t, kFields> fields{};
};

// kInvalid if a line is not as the kernel writes it.
[[nodiscard]] Result<std::vector<DiskStats>> ParseDiskStats(std::string_view text);

}  // namespace procmarshal
