#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/parse.h"
#include "base/result.h"

namespace procmarshal {

// For the kernel's tables: words and numbers with blanks between them.

// Removes and returns the first word of `rest`, and the blanks around it; empty if there is none.
inline std::string_view TakeWord(std::string_view& rest) {
  rest = Trim(rest);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest = Trim(rest.substr(word.size()));
  return word;
}

// All of `text` as a whole number of at most 64 bits, signed or not.
[[nodiscard]] inline std::optional<double> ParseInteger(std::string_view text) {
  if (const auto value = ParseNumber<std::uint64_t>(text)) return static_cast<double>(*value);
  if (const auto value = ParseNumber<std::int64_t>(text)) return static_cast<double>(*value);
  return std::nullopt;
}

// All of `text` as a hexadecimal number, without "0x".
[[nodiscard]] inline std::optional<std::uint64_t> ParseHex(std::string_view text) {
  constexpr int kHexadecimal = 16;
  std::uint64_t value{};
  const auto [end, err] =
      std::from_chars(text.data(), text.data() + text.size(), value, kHexadecimal);
  if (err != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// May it be a part of a metric's name, behind its start?
[[nodiscard]] inline bool IsNamePart(std::string_view text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

// "net/dev: expected a number, found "x"", with the start of the line that was found.
[[nodiscard]] inline tl::unexpected<Error> FailExpected(std::string_view expected,
                                                        std::string_view found) {
  constexpr std::size_t kMostCited = 80;
  return Fail(ErrorCode::kInvalid, std::string(expected) + ", found \"" +
                                       std::string(TakeUntil(found, '\n').substr(0, kMostCited)) +
                                       "\"");
}

}  // namespace procmarshal
