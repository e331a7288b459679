#include "base/percent.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

// Hundredths of a percent are whole numbers, so that what is printed is what was read.
constexpr std::uint64_t kHundredths = 100;                // in a percent
constexpr double kHundredthsInOne = 100.0 * kHundredths;  // in a ratio of 1
constexpr std::size_t kDigits = 2;                        // behind the point
constexpr std::uint64_t kMostPercent = 1'000'000'000;

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "25" and "5" as hundredths: 25 and 50.
std::optional<std::uint64_t> ParseFraction(std::string_view digits) {
  if (digits.empty() || digits.size() > kDigits || !IsDigits(digits)) return std::nullopt;
  const auto value = ParseNumber<std::uint64_t>(digits);
  return value && digits.size() < kDigits ? *value * 10 : value;
}

std::optional<double> ParseRatio(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const bool has_point = text.find('.') != std::string_view::npos;
  const auto percent = ParseNumber<std::uint64_t>(TakeUntil(text, '.'));
  const auto fraction = has_point ? ParseFraction(text) : 0;
  if (!percent || !fraction || *percent > kMostPercent) return std::nullopt;
  return static_cast<double>((*percent * kHundredths) + *fraction) / kHundredthsInOne;
}

}  // namespace

Result<double> ParsePercent(std::string_view text) {
  if (const auto ratio = ParseRatio(text)) return *ratio;
  return Fail(ErrorCode::kInvalid,
              Quote(text) + R"( is not a percentage, expected a number such as "80%" or "2.5%")");
}

std::string FormatPercent(double ratio) {
  const auto hundredths = static_cast<std::uint64_t>(std::llround(ratio * kHundredthsInOne));
  // With a one in front, that zeros at the beginning stay.
  std::string fraction = std::to_string(kHundredths + (hundredths % kHundredths));
  fraction.front() = '.';
  fraction.erase(fraction.find_last_not_of(".0") + 1);
  return std::to_string(hundredths / kHundredths) + fraction + '%';
}

}  // namespace procmarshal
