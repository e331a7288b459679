#include "base/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace procmarshal {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values.at(static_cast<std::uint8_t>(kDigits[i])) = static_cast<std::uint8_t>(i);
  }
  return values;
}();

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_last_not_of('=') + 1);
  if (text.size() % 4 != 0 || text.size() - digits.size() > 2) return std::nullopt;

  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned unused = 0;  // how many of the lowest bits are not in `bytes` yet
  for (const char digit : digits) {
    const std::uint8_t value = kValues.at(static_cast<std::uint8_t>(digit));
    if (value == kNoDigit) return std::nullopt;
    bits = (bits << 6U) | value;
    unused += 6;
    if (unused >= 8) {
      unused -= 8;
      bytes += static_cast<char>((bits >> unused) & 0xFFU);
    }
  }
  if ((bits & ((1U << unused) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace procmarshal
