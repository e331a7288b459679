#pragma once

#include <toml++/toml.h>
#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/config_fields.h"

namespace procmarshal {

// toml++ hands out keys by name; mistakes are reported by line.
struct ConfigMistake {
  std::size_t line;
  std::string text;
};

// What stands at `node`, for any kind of it.
[[nodiscard]] ConfigValue ValueOf(const toml::node& node);

// `key` with the quotes that TOML needs, if any.
[[nodiscard]] std::string TomlKey(std::string_view key);

}  // namespace procmarshal
