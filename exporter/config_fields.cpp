#include "exporter/config_fields.h"

#include <array>
#include <utility>

#include "base/suggest.h"
#include "base/units.h"
#include "base/utf8.h"
#include "exporter/web/listen_address.h"

namespace procmarshal {
namespace {

// In the order of Config::LogFormat.
constexpr std::array<std::string_view, 2> kLogFormats = {"logfmt", "json"};

tl::unexpected<Error> Refuse(std::string_view shown, std::string_view reason) {
  return Fail(ErrorCode::kInvalid, std::string(shown) + std::string(reason));
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  AppendEscaped(text, out);
  return out += '"';
}

std::string ListOf(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    if (!list.empty()) list += name == names.back() ? " or " : ", ";
    list += Quoted(name);
  }
  return list;
}

// Which of `names` the value is.
Result<std::size_t> IndexOf(const ConfigValue& value, std::span<const std::string_view> names) {
  const auto* text = std::get_if<std::string>(&value.held);
  for (std::size_t i = 0; text != nullptr && i < names.size(); ++i) {
    if (names[i] == *text) return i;
  }
  const std::string hint = text == nullptr ? "" : DidYouMean(*text, names);
  return Refuse(value.shown, " does not fit, expected " + ListOf(names) + hint);
}

Status Set(const DurationField& field, const ConfigValue& value, Config& config) {
  const auto* text = std::get_if<std::string>(&value.held);
  if (text == nullptr) {
    return Refuse(value.shown, R"( is not a duration, expected a string such as "5s" or "500ms")");
  }
  const auto duration = ParseDuration(*text);
  if (!duration) return tl::unexpected(duration.error());
  if (*duration < field.min || *duration > field.max) {
    return Refuse(value.shown, " is out of range, expected " + Quoted(FormatDuration(field.min)) +
                                   " to " + Quoted(FormatDuration(field.max)));
  }
  config.*field.member = *duration;
  return {};
}

Status Set(const IntegerField& field, const ConfigValue& value, Config& config) {
  const auto* number = std::get_if<std::int64_t>(&value.held);
  const std::string expected = ", expected a whole number from 0 to " + std::to_string(field.max);
  if (number == nullptr) return Refuse(value.shown, " does not fit" + expected);
  if (*number < 0 || std::cmp_greater(*number, field.max)) {
    return Refuse(value.shown, " is out of range" + expected);
  }
  config.*field.member = static_cast<std::size_t>(*number);
  return {};
}

Status Set(const NameField& field, const ConfigValue& value, Config& config) {
  const auto index = IndexOf(value, field.names);
  if (!index) return tl::unexpected(index.error());
  config.*field.member = field.names[*index];
  return {};
}

Status Set(const LogFormatField& field, const ConfigValue& value, Config& config) {
  const auto index = IndexOf(value, kLogFormats);
  if (!index) return tl::unexpected(index.error());
  config.*field.member = static_cast<Config::LogFormat>(*index);
  return {};
}

Status Set(const AddressesField& field, const ConfigValue& value, Config& config) {
  std::vector<std::string> addresses;
  if (const auto* text = std::get_if<std::string>(&value.held)) addresses = {*text};
  if (const auto* list = std::get_if<std::vector<std::string>>(&value.held)) addresses = *list;
  if (addresses.empty()) {
    return Refuse(value.shown, R"( does not fit, expected a list such as ["0.0.0.0:9256"])");
  }
  for (const std::string& address : addresses) {
    const auto parsed = ParseListenAddress(address);
    if (!parsed) return tl::unexpected(parsed.error());
  }
  config.*field.member = std::move(addresses);
  return {};
}

Status Set(const CollectorField& field, const ConfigValue& value, Config& config) {
  const auto* on = std::get_if<bool>(&value.held);
  if (on == nullptr) return Refuse(value.shown, " does not fit, expected true or false");
  config.collectors.insert_or_assign(std::string(field.name), *on);
  return {};
}

std::string Print(const DurationField& field, const Config& config) {
  return Quoted(FormatDuration(config.*field.member));
}

std::string Print(const IntegerField& field, const Config& config) {
  return std::to_string(config.*field.member);
}

std::string Print(const NameField& field, const Config& config) {
  return Quoted(config.*field.member);
}

std::string Print(const LogFormatField& field, const Config& config) {
  return Quoted(kLogFormats.at(static_cast<std::size_t>(config.*field.member)));
}

std::string Print(const AddressesField& field, const Config& config) {
  std::string list;
  for (const std::string& address : config.*field.member) {
    list += (list.empty() ? "" : ", ") + Quoted(address);
  }
  return "[" + list + "]";
}

std::string Print(const CollectorField& field, const Config& config) {
  const auto found = config.collectors.find(field.name);
  return found != config.collectors.end() && found->second ? "true" : "false";
}

}  // namespace

ConfigValue TextValue(std::string_view text) {
  return {.held = std::string(text), .shown = Quote(text)};
}

Status SetConfigField(const ConfigField& field, const ConfigValue& value, Config& config) {
  return std::visit([&](const auto& kind) { return Set(kind, value, config); }, field);
}

std::string PrintConfigField(const ConfigField& field, const Config& config) {
  return std::visit([&](const auto& kind) { return Print(kind, config); }, field);
}

}  // namespace procmarshal
