#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "exporter/config.h"
#include "exporter/migrate.h"

namespace procmarshal {

// The flags that win over the configuration file, as they were written.
struct Overrides {
  std::vector<std::string> web_listen;  // replaces web.listen, unless it is empty
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;

  bool operator==(const Overrides&) const = default;
};

struct CommandLine {
  enum class Command { kServe, kCheck, kMigrate, kVersion, kHelp };

  Command command = Command::kServe;
  std::string text;                    // what kVersion and kHelp print
  std::filesystem::path config_file;   // empty: none, the built-in defaults
  std::filesystem::path migrate_file;  // process-exporter's, for kMigrate
  ProcessExporterFlags migrate_flags;
  Overrides overrides;
  std::filesystem::path procfs = "/proc";
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path rootfs = "/";
};

// Parses main's arguments, the program's name included. kInvalid, in one line with a suggestion,
// for what is no command, no flag, or a flag without its value.
[[nodiscard]] Result<CommandLine> ParseCommandLine(std::span<const char* const> arguments);

// `config` with the flags in force. kInvalid as for the file: `--log.level: "inof" does not fit,
// ...`.
[[nodiscard]] Result<Config> Apply(Config config, const Overrides& overrides);

}  // namespace procmarshal
