#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// What process-exporter's configuration file says (its README, "Using a config file"), read as
// process-exporter reads it.
struct ProcessExporterFile {
  struct Text {
    std::string text;  // valid UTF-8
    int line = 0;
  };
  using List = std::optional<std::vector<Text>>;  // empty and absent differ: an empty one fits none

  struct Rule {
    int line = 0;
    Text name;  // "": the default
    List comm, exe, cmdline;
    std::vector<Text> ignored;  // what is written there and process-exporter does not heed
  };

  std::vector<Rule> rules;
  std::vector<Text> ignored;
};

// The YAML in `text`. kInvalid, `FILE:LINE: ...`, for all that process-exporter refuses, for a file
// without `process_names`, and for one that is out of proportion: its time and memory are bounded,
// however its aliases unfold.
[[nodiscard]] Result<ProcessExporterFile> ParseProcessExporterFile(std::string_view text,
                                                                   std::string_view file);

}  // namespace procmarshal
