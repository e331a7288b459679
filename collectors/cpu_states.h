#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/family_writer.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// The numbers in one of the kernel's lists of CPUs, ascending: "0-2,8" are 0, 1, 2 and 8.
[[nodiscard]] Result<std::vector<unsigned>> ParseCpuList(std::string_view text);

// Which CPUs are online, of those that the host has, and which are isolated.
[[nodiscard]] Status WriteCpuStates(const PseudoFs& sys, FamilyWriter& out);

}  // namespace procmarshal
