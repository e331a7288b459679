#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// The flags of process-exporter that change what is on its page, with its defaults.
struct ProcessExporterFlags {
  bool children = true;
  bool threads = true;
  bool gather_smaps = true;
  bool remove_empty_groups = false;

  bool operator==(const ProcessExporterFlags&) const = default;
};

struct Migration {
  std::string toml;  // a configuration of procmarshal that gives the same groups
  // What has no equivalent, `FILE:LINE: ...` in a line each. They are comments in `toml`, too.
  std::vector<std::string> losses;
};

// Translates `yaml`, process-exporter's configuration file. kInvalid in one line, `FILE:LINE: ...`,
// when it is none.
[[nodiscard]] Result<Migration> Migrate(std::string_view yaml, std::string_view file,
                                        const ProcessExporterFlags& flags);

// The same for a file, which may be a pipe. kInvalid too when it is larger than 1 MiB.
[[nodiscard]] Result<Migration> MigrateFile(const std::filesystem::path& file,
                                            const ProcessExporterFlags& flags);

}  // namespace procmarshal
