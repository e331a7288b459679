#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/group_matcher.h"
#include "collectors/process_settings.h"
#include "exporter/web/settings.h"

namespace procmarshal {

// WebSettings with the headers that are sent unless the configuration says otherwise.
[[nodiscard]] WebSettings DefaultWebSettings();

// What is in force: the built-in defaults, under the file, under the flags.
// packaging/procmarshal.toml explains each key; a test keeps the two in step.
struct Config {
  enum class LogFormat { kLogfmt, kJson };

  std::chrono::milliseconds sampling_interval{5000};    // sampling.interval
  WebSettings web = DefaultWebSettings();               // web
  std::string log_level = "info";                       // log.level
  LogFormat log_format = LogFormat::kLogfmt;            // log.format
  ProcessSettings processes;                            // processes and budget
  std::vector<std::string> textfile_directories;        // textfile.directories
  std::vector<GroupRule> groups;                        // [[group]], in order
  std::map<std::string, bool, std::less<>> collectors;  // collectors.NAME, each known one

  bool operator==(const Config&) const = default;
};

// Applies the TOML in `text` on top of `base`, whose collectors are the known ones; its groups come
// behind those of `base`. `file_name` stands in the messages, and relative paths in the text begin
// in its folder. kInvalid names every
// mistake, one self-contained line each, and shows no password's hash:
// `procmarshal.toml:3: unknown key "log.levle", did you mean "log.level"?`.
[[nodiscard]] Result<Config> ParseConfig(std::string_view text, std::string_view file_name,
                                         Config base);

// Everything in force as TOML, which ParseConfig reads back to an equal Config as long as there are
// no users: a password's hash is a secret, so what stands in its place is refused when it is read,
// lest a copy of what was printed lets everybody in. Relative paths are as they were found, so what
// is read back must bear a name without a folder.
[[nodiscard]] std::string ToToml(const Config& config);

}  // namespace procmarshal
