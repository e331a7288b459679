#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config.h"
#include "exporter/config_fields.h"

namespace procmarshal {

struct ConfigKey {
  std::string_view path;  // "section.name"
  std::string_view doc;   // one line
  ConfigField field;
};

// Every key but the collectors', those of one section side by side. A new key is a line here.
[[nodiscard]] std::span<const ConfigKey> ConfigKeys();

// The path of every key, collectors.NAME included.
[[nodiscard]] std::vector<std::string> ConfigPaths(const Config& config);

// The field of the key at `path`, if there is one. Valid as long as `config`.
[[nodiscard]] std::optional<ConfigField> FindConfigField(std::string_view path,
                                                         const Config& config);

}  // namespace procmarshal
