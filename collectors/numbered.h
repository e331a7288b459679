#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/pseudo_fs.h"

namespace procmarshal {

// The numbers N of the entries PREFIXn of a folder: "0", "1" for node0 and node1 in
// /sys/devices/system/node. None if there is no such folder.
[[nodiscard]] std::vector<std::string> ListNumbered(const PseudoFs& fs, std::string_view folder,
                                                    std::string_view prefix);

}  // namespace procmarshal
