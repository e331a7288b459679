#include "exporter/config_toml.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/ascii.h"

namespace procmarshal {
namespace {

ConfigValue ListValue(const toml::array& array) {
  ConfigValue list{.held = {}, .shown = "a list"};
  std::vector<std::string> texts;
  for (const toml::node& element : array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return {.held = {}, .shown = "a list of something else than strings"};
    texts.push_back(*text);
  }
  list.held = std::move(texts);
  return list;
}

bool IsBare(std::string_view key) {
  return !key.empty() &&
         std::ranges::all_of(key, [](char c) { return IsAlphanumeric(c) || c == '_' || c == '-'; });
}

}  // namespace

ConfigValue ValueOf(const toml::node& node) {
  if (const auto text = node.value_exact<std::string_view>()) return TextValue(*text);
  if (const auto number = node.value_exact<std::int64_t>()) {
    return {.held = *number, .shown = std::to_string(*number)};
  }
  if (const auto on = node.value_exact<bool>())
    return {.held = *on, .shown = *on ? "true" : "false"};
  if (const auto* array = node.as_array()) return ListValue(*array);
  if (node.is_table()) return {.held = {}, .shown = "a table"};
  return {.held = {}, .shown = node.is_number() ? "a fraction" : "a date or time"};
}

std::string TomlKey(std::string_view key) {
  return IsBare(key) ? std::string(key) : TomlText(key);
}

}  // namespace procmarshal
