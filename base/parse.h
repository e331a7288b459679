#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>

namespace procmarshal {

// Parses all of `text` as a number, without locale; nullopt on anything else.
template <typename Number>
[[nodiscard]] std::optional<Number> ParseNumber(std::string_view text) {
  Number value{};
  const auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (err != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The same of a finite number: a double may be "nan" and "inf" as well.
[[nodiscard]] inline std::optional<double> ParseFinite(std::string_view text) {
  const auto value = ParseNumber<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

// The byte that two hexadecimal digits stand for; nullopt if `digits` are none.
[[nodiscard]] inline std::optional<char> ParseHexByte(std::string_view digits) {
  constexpr int kHexadecimal = 16;
  unsigned char value{};
  const auto [end, err] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, kHexadecimal);
  const bool is_byte =
      digits.size() == 2 && err == std::errc{} && end == digits.data() + digits.size();
  return is_byte ? std::optional(static_cast<char>(value)) : std::nullopt;
}

// Removes and returns the text before the first `separator`, or all of it.
inline std::string_view TakeUntil(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return head;
}

// `text` without spaces and tabs at both ends.
[[nodiscard]] inline std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace procmarshal
