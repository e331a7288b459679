#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// An array of disks, from /proc/mdstat.
struct MdArray {
  std::string name;
  std::string state;  // "active", "inactive", "broken", "recovering", "resync", "check", "reshape"
  std::uint64_t blocks = 0;  // of 1024 bytes
  std::uint64_t blocks_synced = 0;
  std::uint64_t disks_required = 0;
  std::uint64_t disks_active = 0;
  std::uint64_t disks_failed = 0;
  std::uint64_t disks_spare = 0;
};

// kInvalid if an array is not described as the kernel does it.
[[nodiscard]] Result<std::vector<MdArray>> ParseMdstat(std::string_view text);

}  // namespace procmarshal
