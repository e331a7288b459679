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
#include "exporter/config_checks.h"

namespace procmarshal {

// A value as it was written, before it is known whether it fits its key.
struct ConfigValue {
  // monostate is a kind that no key takes, such as a date.
  std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>> held;
  std::string shown;  // how an error message shows it
};
[[nodiscard]] ConfigValue TextValue(std::string_view text);

// Where in the configuration a value goes: a function, since members of members have no pointer.
template <typename T>
using Place = T& (*)(Config&);

// The kinds of keys: where the value goes, and what it may be.
struct DurationField {
  Place<std::chrono::milliseconds> place;
  std::chrono::milliseconds min, max;
};
struct IntegerField {
  Place<std::size_t> place;
  std::size_t min, max;
};
struct SizeField {
  Place<std::size_t> place;
  std::size_t min, max;  // bytes
};
struct PercentField {
  Place<double> place;  // a ratio
  double min, max;
};
struct BoolField {
  Place<bool> place;
};
struct NameField {
  Place<std::string> place;
  std::span<const std::string_view> names;
};
template <typename Enum>
struct EnumField {
  Place<Enum> place;
  std::span<const std::string_view> names;  // in the order of Enum
};
struct TextField {
  Place<std::string> place;
  TextCheck check;
  std::string_view example;
};
struct PathField {  // of a file; "" is none
  Place<std::string> place;
};
struct ListField {
  Place<std::vector<std::string>> place;
  TextCheck check;  // of each text
  std::string_view example;
  bool may_be_empty = true;
};
struct HeaderField {  // "" is none, and not kept
  std::string_view name;
  TextCheck check;
  std::string_view example;
};
struct CollectorField {
  std::string_view name;  // a known collector's
};
struct UserField {
  std::string_view name;  // anybody's
};
using ConfigField =
    std::variant<DurationField, IntegerField, SizeField, PercentField, BoolField, NameField,
                 EnumField<Config::LogFormat>, EnumField<TlsSettings::ClientAuth>, TextField,
                 PathField, ListField, HeaderField, CollectorField, UserField>;

// Puts `value` into `config`, or says why it does not fit: `"5 parsecs" is not a duration, ...`.
[[nodiscard]] Status SetConfigField(const ConfigField& field, const ConfigValue& value,
                                    Config& config);

// The field's value in `config`, as TOML writes it; of a user, something in place of the hash that
// SetConfigField refuses. Takes a copy, since a Place leads to what may be changed.
[[nodiscard]] std::string PrintConfigField(const ConfigField& field, Config config);

// What a single value has to be: the value, or why it does not fit. A list may also be one text.
[[nodiscard]] Result<bool> BoolOf(const ConfigValue& value);
[[nodiscard]] Result<std::string> TextOf(const ConfigValue& value, TextCheck check,
                                         std::string_view example);
[[nodiscard]] Result<std::vector<std::string>> TextsOf(const ConfigValue& value, TextCheck check,
                                                       std::string_view example, bool may_be_empty);

// `text` in quotes, as TOML writes it; unlike Quote, all of it.
[[nodiscard]] std::string TomlText(std::string_view text);
// `texts` as a list of such texts.
[[nodiscard]] std::string TomlList(const std::vector<std::string>& texts);

}  // namespace procmarshal
