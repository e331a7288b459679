#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace procmarshal {

// A line of a meminfo file, the host's or a NUMA node's.
struct MemoryField {
  std::string_view field;  // "Active(anon)"
  std::string name;        // as a part of a metric's name: "Active_anon"
  double value = 0;        // bytes, or how many
  bool is_bytes = false;
};

// Of "Active(anon):  1528 kB" or "HugePages_Total: 3"; nullopt if it is anything else.
[[nodiscard]] std::optional<MemoryField> ParseMemoryField(std::string_view line);

}  // namespace procmarshal
