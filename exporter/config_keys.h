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
  std::string_view path;  // "section.name", the section with dots of its own if it is in another
  std::string_view doc;   // one line
  ConfigField field;

  [[nodiscard]] constexpr std::string_view Section() const {
    return path.substr(0, path.rfind('.'));
  }
  [[nodiscard]] constexpr std::string_view Name() const { return path.substr(path.rfind('.') + 1); }
};

// Two tables have keys that are not known beforehand: the collectors of this program, and the users
// whom the configuration names.
inline constexpr std::string_view kCollectorsSection = "collectors";
inline constexpr std::string_view kUsersSection = "web.basic_auth_users";

// Every other key, those of one section side by side. A new key is a line here.
[[nodiscard]] std::span<const ConfigKey> ConfigKeys();

// Whether there is a table at `path`, such as "web" or "web.limits".
[[nodiscard]] bool IsConfigSection(std::string_view path);

// The field of the key `name`, as TOML unquotes it, in `section`, if there is one. Valid as long as
// `name` and `config`.
[[nodiscard]] std::optional<ConfigField> FindConfigField(std::string_view section,
                                                         std::string_view name,
                                                         const Config& config);

// The end of a message about a key that does not exist: `, did you mean "log.level"?`, or nothing
// when no key and no table is near.
[[nodiscard]] std::string ConfigHint(std::string_view section, std::string_view name,
                                     const Config& config);

}  // namespace procmarshal
