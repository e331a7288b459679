#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// One line of /proc/PID/mountinfo. Names may hold any byte but NUL.
struct Mount {
  unsigned major = 0;
  unsigned minor = 0;
  std::string point;  // unescaped: it can be asked for
  // As the kernel writes them, with \040 for a blank: so node_exporter shows them.
  std::string type;
  std::string source;  // a device, "server:/export", or whatever the file system calls itself
  bool is_read_only = false;
};

// All of them in the order of the file; kInvalid if a line is not as the kernel writes it.
[[nodiscard]] Result<std::vector<Mount>> ParseMountInfo(std::string_view text);

}  // namespace procmarshal
