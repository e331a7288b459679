#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

#include "collectors/process.h"
#include "collectors/process_limits.h"

namespace procmarshal {

// The share of its soft limit that a process uses: of the limits of which the kernel shows both.
// nullopt for the others, and where there is no limit.
[[nodiscard]] std::optional<double> LimitUsedRatio(const Process& process, Limit limit);

// Limits that a group shows, with those that are not the process's own.
enum class GroupLimit : std::size_t {
  kNofile,
  kNproc,
  kMemlock,
  kAs,
  kSigpending,
  kMaxMapCount,  // vm.max_map_count: mappings of one process
  kPidsMax,      // pids.max of its cgroup or one above
  kMemoryMax,    // memory.max likewise
};
inline constexpr std::array<std::string_view, 8> kGroupLimitNames = {
    "nofile", "nproc", "memlock", "as", "sigpending", "vm.max_map_count", "pids.max", "memory.max"};

// Share in use of each of these; NaN: no such limit, or not known.
struct LimitUse {
  std::array<double, kGroupLimitNames.size()> ratios;
  LimitUse() { ratios.fill(std::numeric_limits<double>::quiet_NaN()); }
  double& operator[](GroupLimit limit) { return ratios.at(static_cast<std::size_t>(limit)); }
  double operator[](GroupLimit limit) const { return ratios.at(static_cast<std::size_t>(limit)); }
};

}  // namespace procmarshal
