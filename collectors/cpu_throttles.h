#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "collectors/family_writer.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// A file that counts how often a core, or a whole package, was slowed down because it was hot.
struct ThrottleCounter {
  std::string path;  // in /sys
  std::string package;
  std::string core;  // empty: counts for the package
};

// One for each core and each package of the CPUs that are online, where the hardware counts: on
// most hosts none. Good as long as the same CPUs are online.
[[nodiscard]] Result<std::vector<ThrottleCounter>> FindThrottleCounters(const PseudoFs& sys);

[[nodiscard]] Status WriteThrottles(const PseudoFs& sys,
                                    const std::vector<ThrottleCounter>& counters,
                                    FamilyWriter& out);

}  // namespace procmarshal
