#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace procmarshal {

// Characters and their case as protocols mean them: ASCII, whatever the locale.

[[nodiscard]] constexpr bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Tab, CR and LF among them.
[[nodiscard]] constexpr bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
}

[[nodiscard]] constexpr char Lowercase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string Lowercase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = Lowercase(c);
  return lower;
}

[[nodiscard]] inline bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return Lowercase(x) == Lowercase(y); });
}

}  // namespace procmarshal
