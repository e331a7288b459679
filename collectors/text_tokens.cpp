// The words of lines such as: node_x{a="1",b="say \"hi\""} 1e9
#include "collectors/text_tokens.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

std::string_view TakeName(std::string_view& rest, bool colons) {
  std::size_t size = 0;
  while (size < rest.size() &&
         (IsAlphanumeric(rest[size]) || rest[size] == '_' || (colons && rest[size] == ':'))) {
    ++size;
  }
  if (size > 0 && rest.front() >= '0' && rest.front() <= '9') size = 0;
  const std::string_view name = rest.substr(0, size);
  rest.remove_prefix(size);
  return name;
}

std::optional<char> Unescaped(char c) {
  if (c == 'n') return '\n';
  if (c == '\\' || c == '"') return c;
  return std::nullopt;
}

// How many digits the front of `digits` has.
std::int64_t CountDigits(std::string_view digits) {
  const std::size_t end = digits.find_first_not_of("0123456789");
  return static_cast<std::int64_t>(std::min(end, digits.size()));
}

// A number that no double can hold.
bool IsOutOfRange(std::string_view number) {
  double value = 0;
  const auto [end, err] = std::from_chars(number.data(), number.data() + number.size(), value);
  return err == std::errc::result_out_of_range && end == number.data() + number.size();
}

// Whether a number, which is far from one, is closer to zero: it is 0.d * 10^n, n below zero.
bool IsBelowOne(std::string_view number) {
  const std::size_t at = std::min(number.find_first_of("eE"), number.size());
  std::string_view digits = number.substr(0, at);
  digits.remove_prefix(std::min(digits.find_first_not_of("-0"), digits.size()));
  std::int64_t order = CountDigits(digits);
  if (digits.starts_with('.')) {
    digits.remove_prefix(1);
    order = -static_cast<std::int64_t>(std::min(digits.find_first_not_of('0'), digits.size()));
  }
  std::string_view exponent = number.substr(std::min(at + 1, number.size()));
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  if (exponent.empty()) return order < 0;
  // One of so many digits outdoes those before it.
  const auto power = ParseNumber<std::int32_t>(exponent);
  return power ? order + *power < 0 : exponent.starts_with('-');
}

}  // namespace

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

void SkipBlanks(std::string_view& rest) {
  while (!rest.empty() && IsBlank(rest.front())) rest.remove_prefix(1);
}

std::string_view TakeMetricName(std::string_view& rest) {
  return TakeName(rest, true);
}

std::string_view TakeLabelName(std::string_view& rest) {
  return TakeName(rest, false);
}

std::string_view TakeToken(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

bool TakeChar(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

Result<std::string> TakeQuoted(std::string_view& rest) {
  if (!rest.starts_with('"')) return Expected("a label's value in double quotes", rest);
  std::size_t end = 1;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  if (end >= rest.size()) return Expected("a quote behind the label's value", rest);
  if (end - 1 > kLongestLabelValue) {
    return Fail(ErrorCode::kInvalid, "a label's value of more than " +
                                         std::to_string(kLongestLabelValue) +
                                         " bytes: " + Quote(rest.substr(1, end - 1)));
  }
  auto value = Unescape(rest.substr(1, end - 1));
  if (value && !IsValidUtf8(*value)) return Expected("a label's value in UTF-8", *value);
  rest.remove_prefix(end + 1);
  return value;
}

Result<std::string> Unescape(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\\'), text.size());
    plain.append(text.substr(0, size));
    text.remove_prefix(size);
    if (text.empty()) break;
    const auto c = text.size() > 1 ? Unescaped(text[1]) : std::nullopt;
    if (!c) return Expected(R"(\\, \n or \")", text.substr(0, 2));
    plain.push_back(*c);
    text.remove_prefix(2);
  }
  return plain;
}

Result<double> ParseSampleValue(std::string_view text) {
  std::string_view number = text;
  if (number.starts_with('+') && !number.starts_with("+-")) number.remove_prefix(1);
  // "nan(1)" is a number to C++ only.
  if (number.ends_with(')')) return Expected("a number", text);
  if (const auto value = ParseNumber<double>(number)) {
    const bool has_sign = text.starts_with('+') || text.starts_with('-');
    if (std::isnan(*value) && has_sign) return Expected("a number", text);  // as Go has it
    return *value;
  }
  if (IsOutOfRange(number) && IsBelowOne(number)) return number.starts_with('-') ? -0.0 : 0.0;
  return Expected("a number", text);
}

Result<std::uint64_t> ParseSampleCount(std::string_view text) {
  constexpr double kTooLarge = 18446744073709551616.0;  // 2^64
  if (const auto count = ParseNumber<std::uint64_t>(text)) return *count;
  const auto value = ParseSampleValue(text);
  if (!value) return tl::unexpected(value.error());
  const bool fits = *value >= 0 && *value < kTooLarge && std::trunc(*value) == *value;
  if (!fits) return Expected("a whole number", text);
  return static_cast<std::uint64_t>(*value);
}

tl::unexpected<Error> Expected(std::string_view what, std::string_view found) {
  return Fail(ErrorCode::kInvalid,
              "expected " + std::string(what) +
                  (found.empty() ? ", found the end of the line" : ", found " + Quote(found)));
}

}  // namespace procmarshal
