#include "exporter/config_fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/percent.h"
#include "base/units.h"
#include "base/utf8.h"
#include "exporter/web/basic_auth.h"

namespace procmarshal {
namespace {

tl::unexpected<Error> Refuse(std::string_view shown, std::string_view reason) {
  return Fail(ErrorCode::kInvalid, std::string(shown) + std::string(reason));
}

std::string OutOfRange(const std::string& min, const std::string& max) {
  return " is out of range, expected " + TomlText(min) + " to " + TomlText(max);
}

// Which of `names` the value is.
Result<std::size_t> IndexOf(const ConfigValue& value, std::span<const std::string_view> names) {
  if (const auto* text = std::get_if<std::string>(&value.held)) return FindName(*text, names);
  return Refuse(value.shown, " does not fit, expected " + ListOf(names));
}

Status Set(const DurationField& field, const ConfigValue& value, Config& config) {
  const auto* text = std::get_if<std::string>(&value.held);
  if (text == nullptr) {
    return Refuse(value.shown, R"( is not a duration, expected a string such as "5s" or "500ms")");
  }
  const auto duration = ParseDuration(*text);
  if (!duration) return tl::unexpected(duration.error());
  if (*duration < field.min || *duration > field.max) {
    return Refuse(value.shown, OutOfRange(FormatDuration(field.min), FormatDuration(field.max)));
  }
  field.place(config) = *duration;
  return {};
}

Status Set(const IntegerField& field, const ConfigValue& value, Config& config) {
  const auto* number = std::get_if<std::int64_t>(&value.held);
  const std::string expected = ", expected a whole number from " + std::to_string(field.min) +
                               " to " + std::to_string(field.max);
  if (number == nullptr) return Refuse(value.shown, " does not fit" + expected);
  if (std::cmp_less(*number, field.min) || std::cmp_greater(*number, field.max)) {
    return Refuse(value.shown, " is out of range" + expected);
  }
  field.place(config) = static_cast<std::size_t>(*number);
  return {};
}

Status Set(const SizeField& field, const ConfigValue& value, Config& config) {
  const auto* text = std::get_if<std::string>(&value.held);
  if (text == nullptr) {
    return Refuse(value.shown, R"( is not a size, expected a string such as "64KiB" or "512B")");
  }
  const auto size = ParseSize(*text);
  if (!size) return tl::unexpected(size.error());
  if (*size < field.min || *size > field.max) {
    return Refuse(value.shown, OutOfRange(FormatSize(field.min), FormatSize(field.max)));
  }
  field.place(config) = *size;
  return {};
}

Status Set(const PercentField& field, const ConfigValue& value, Config& config) {
  const auto* text = std::get_if<std::string>(&value.held);
  if (text == nullptr) {
    return Refuse(value.shown, R"( is not a percentage, expected a string such as "80%")");
  }
  const auto ratio = ParsePercent(*text);
  if (!ratio) return tl::unexpected(ratio.error());
  if (*ratio < field.min || *ratio > field.max) {
    return Refuse(value.shown, OutOfRange(FormatPercent(field.min), FormatPercent(field.max)));
  }
  field.place(config) = *ratio;
  return {};
}

Status Set(const BoolField& field, const ConfigValue& value, Config& config) {
  const auto on = BoolOf(value);
  if (!on) return tl::unexpected(on.error());
  field.place(config) = *on;
  return {};
}

Status Set(const NameField& field, const ConfigValue& value, Config& config) {
  const auto index = IndexOf(value, field.names);
  if (!index) return tl::unexpected(index.error());
  field.place(config) = field.names[*index];
  return {};
}

template <typename Enum>
Status Set(const EnumField<Enum>& field, const ConfigValue& value, Config& config) {
  const auto index = IndexOf(value, field.names);
  if (!index) return tl::unexpected(index.error());
  field.place(config) = static_cast<Enum>(*index);
  return {};
}

Status Set(const TextField& field, const ConfigValue& value, Config& config) {
  auto text = TextOf(value, field.check, field.example);
  if (!text) return tl::unexpected(text.error());
  field.place(config) = *std::move(text);
  return {};
}

Status Set(const PathField& field, const ConfigValue& value, Config& config) {
  return Set(TextField{field.place, &CheckPath, "server.pem"}, value, config);
}

Status Set(const ListField& field, const ConfigValue& value, Config& config) {
  auto texts = TextsOf(value, field.check, field.example, field.may_be_empty);
  if (!texts) return tl::unexpected(texts.error());
  field.place(config) = *std::move(texts);
  return {};
}

Status Set(const HeaderField& field, const ConfigValue& value, Config& config) {
  auto text = TextOf(value, field.check, field.example);
  if (!text) return tl::unexpected(text.error());
  const std::string name(field.name);
  if (text->empty()) {
    config.web.headers.erase(name);
  } else {
    config.web.headers.insert_or_assign(name, *std::move(text));
  }
  return {};
}

Status Set(const CollectorField& field, const ConfigValue& value, Config& config) {
  const auto on = BoolOf(value);
  if (!on) return tl::unexpected(on.error());
  config.collectors.insert_or_assign(std::string(field.name), *on);
  return {};
}

// Shows nothing of the value: logs and terminals are no place for hashes.
Status Set(const UserField& field, const ConfigValue& value, Config& config) {
  if (Status name = CheckUserName(field.name); !name) return name;
  const auto* hash = std::get_if<std::string>(&value.held);
  if (Status fits = CheckBcryptHash(hash != nullptr ? *hash : ""); !fits) return fits;
  config.web.basic_auth_users.insert_or_assign(std::string(field.name), *hash);
  return {};
}

std::string Print(const DurationField& field, Config& config) {
  return TomlText(FormatDuration(field.place(config)));
}

std::string Print(const IntegerField& field, Config& config) {
  return std::to_string(field.place(config));
}

std::string Print(const SizeField& field, Config& config) {
  return TomlText(FormatSize(field.place(config)));
}

std::string Print(const PercentField& field, Config& config) {
  return TomlText(FormatPercent(field.place(config)));
}

std::string Print(const BoolField& field, Config& config) {
  return field.place(config) ? "true" : "false";
}

template <typename Enum>
std::string Print(const EnumField<Enum>& field, Config& config) {
  return TomlText(field.names[static_cast<std::size_t>(field.place(config))]);
}

std::string Print(const ListField& field, Config& config) {
  return TomlList(field.place(config));
}

std::string Print(const HeaderField& field, Config& config) {
  const auto found = config.web.headers.find(field.name);
  return TomlText(found != config.web.headers.end() ? found->second : "");
}

std::string Print(const CollectorField& field, Config& config) {
  const auto found = config.collectors.find(field.name);
  return found != config.collectors.end() && found->second ? "true" : "false";
}

std::string Print(const UserField& /*field*/, Config& /*config*/) {
  return TomlText("not shown");
}

// NameField, TextField and PathField.
std::string Print(const auto& field, Config& config) {
  return TomlText(field.place(config));
}

}  // namespace

ConfigValue TextValue(std::string_view text) {
  return {.held = std::string(text), .shown = Quote(text)};
}

Status SetConfigField(const ConfigField& field, const ConfigValue& value, Config& config) {
  return std::visit([&](const auto& kind) { return Set(kind, value, config); }, field);
}

std::string PrintConfigField(const ConfigField& field, Config config) {
  return std::visit([&](const auto& kind) { return Print(kind, config); }, field);
}

Result<bool> BoolOf(const ConfigValue& value) {
  if (const auto* on = std::get_if<bool>(&value.held)) return *on;
  return Refuse(value.shown, " does not fit, expected true or false");
}

Result<std::string> TextOf(const ConfigValue& value, TextCheck check, std::string_view example) {
  if (const auto* text = std::get_if<std::string>(&value.held)) return check(*text);
  return Refuse(value.shown, " does not fit, expected a string such as " + TomlText(example));
}

Result<std::vector<std::string>> TextsOf(const ConfigValue& value, TextCheck check,
                                         std::string_view example, bool may_be_empty) {
  const auto* list = std::get_if<std::vector<std::string>>(&value.held);
  std::vector<std::string> texts;
  if (list != nullptr) texts = *list;
  const auto* text = std::get_if<std::string>(&value.held);
  if (text != nullptr) texts = {*text};
  if ((list == nullptr && text == nullptr) || (texts.empty() && !may_be_empty)) {
    return Refuse(value.shown,
                  " does not fit, expected a list such as [" + TomlText(example) + "]");
  }
  for (std::string& each : texts) {
    auto kept = check(each);
    if (!kept) return tl::unexpected(kept.error());
    each = *std::move(kept);
  }
  return texts;
}

std::string TomlText(std::string_view text) {
  std::string out = "\"";
  AppendEscaped(text, out);
  return out += '"';
}

std::string TomlList(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + TomlText(text);
  return "[" + list + "]";
}

}  // namespace procmarshal
