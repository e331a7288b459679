#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "exporter/config.h"

namespace procmarshal {

// A value as it was written, before it is known whether it fits its key.
struct ConfigValue {
  // monostate is a kind that no key takes, such as a date.
  std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>> held;
  std::string shown;  // how an error message shows it
};
[[nodiscard]] ConfigValue TextValue(std::string_view text);

// The kinds of keys: where the value goes, and what it may be.
struct DurationField {
  std::chrono::milliseconds Config::* member;
  std::chrono::milliseconds min, max;
};
struct IntegerField {
  std::size_t Config::* member;
  std::size_t max;
};
struct NameField {
  std::string Config::* member;
  std::span<const std::string_view> names;
};
struct LogFormatField {
  Config::LogFormat Config::* member;
};
struct AddressesField {
  std::vector<std::string> Config::* member;
};
struct CollectorField {
  std::string_view name;  // a known collector's
};
using ConfigField = std::variant<DurationField, IntegerField, NameField, LogFormatField,
                                 AddressesField, CollectorField>;

// Puts `value` into `config`, or says why it does not fit: `"5 parsecs" is not a duration, ...`.
[[nodiscard]] Status SetConfigField(const ConfigField& field, const ConfigValue& value,
                                    Config& config);

// The field's value in `config`, as TOML writes it.
[[nodiscard]] std::string PrintConfigField(const ConfigField& field, const Config& config);

}  // namespace procmarshal
