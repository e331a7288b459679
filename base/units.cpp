#include "base/units.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr auto kUnits = std::to_array<Unit>(
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}});

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
// The units that are printed, the largest first.
constexpr auto kBinaryUnits = std::to_array<SizeUnit>({{"TiB", std::uint64_t{1} << 40U},
                                                       {"GiB", std::uint64_t{1} << 30U},
                                                       {"MiB", std::uint64_t{1} << 20U},
                                                       {"KiB", std::uint64_t{1} << 10U},
                                                       {"B", 1}});
constexpr auto kDecimalUnits = std::to_array<SizeUnit>({{"TB", 1'000'000'000'000},
                                                        {"GB", 1'000'000'000},
                                                        {"MB", 1'000'000},
                                                        {"kB", 1000},
                                                        {"KB", 1000}});

// Removes and returns the front of `rest` up to the first character that is or is not a digit.
std::string_view TakeWhileDigits(std::string_view& rest, bool digits) {
  const auto ends = [digits](char c) { return (c >= '0' && c <= '9') != digits; };
  const auto* end = std::ranges::find_if(rest, ends);
  const std::string_view head = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(head.size());
  return head;
}

// sum + count * unit, unless that overflows.
std::optional<std::int64_t> AddTo(std::int64_t sum, std::int64_t count, const Unit& unit) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(count, unit.milliseconds, &product)) return std::nullopt;
  if (__builtin_add_overflow(sum, product, &sum)) return std::nullopt;
  return sum;
}

std::optional<std::int64_t> ParseMilliseconds(std::string_view rest) {
  if (rest.empty()) return std::nullopt;

  std::optional<std::int64_t> sum = 0;
  const auto* allowed = kUnits.begin();
  while (sum && !rest.empty()) {
    const auto count = ParseNumber<std::int64_t>(TakeWhileDigits(rest, true));
    const std::string_view name = TakeWhileDigits(rest, false);
    const auto* unit = std::find_if(allowed, kUnits.end(),
                                    [name](const Unit& known) { return known.name == name; });
    if (!count || unit == kUnits.end()) return std::nullopt;

    sum = AddTo(*sum, *count, *unit);
    allowed = std::next(unit);
  }
  return sum;
}

// `milliseconds` in the units whose bit is set in `selection`; "" when something would be left
// over.
std::string Compose(std::int64_t milliseconds, unsigned selection) {
  std::string text;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const std::int64_t count = milliseconds / kUnits[i].milliseconds;
    if (((selection >> i) & 1U) == 0 || count == 0) continue;

    text += std::to_string(count);
    text += kUnits[i].name;
    milliseconds -= count * kUnits[i].milliseconds;
  }
  return milliseconds == 0 ? text : "";
}

std::optional<std::uint64_t> BytesOf(std::string_view unit) {
  for (const SizeUnit& known : kBinaryUnits) {
    if (known.name == unit) return known.bytes;
  }
  for (const SizeUnit& known : kDecimalUnits) {
    if (known.name == unit) return known.bytes;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ParseBytes(std::string_view rest) {
  const auto count = ParseNumber<std::uint64_t>(TakeWhileDigits(rest, true));
  const auto unit = BytesOf(rest);
  std::uint64_t bytes = 0;
  if (!count || !unit || __builtin_mul_overflow(*count, *unit, &bytes)) return std::nullopt;
  return bytes;
}

}  // namespace

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto parsed = ParseMilliseconds(text);
  if (parsed) return std::chrono::milliseconds(*parsed);
  return Fail(ErrorCode::kInvalid,
              Quote(text) + R"( is not a duration, expected a number with a unit such as )"
                            R"("5s" or "500ms")");
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  std::string shortest = "0s";
  if (duration.count() == 0) return shortest;

  shortest = std::to_string(duration.count()) + "ms";
  for (unsigned selection = 1; selection < (1U << kUnits.size()); ++selection) {
    std::string text = Compose(duration.count(), selection);
    if (!text.empty() && text.size() < shortest.size()) shortest = std::move(text);
  }
  return shortest;
}

Result<std::uint64_t> ParseSize(std::string_view text) {
  if (const auto bytes = ParseBytes(text)) return *bytes;
  return Fail(ErrorCode::kInvalid,
              Quote(text) + R"( is not a size, expected a number with a unit such as "64KiB" or )"
                            R"("512B")");
}

std::string FormatSize(std::uint64_t bytes) {
  for (const SizeUnit& unit : kBinaryUnits) {
    const bool whole = bytes != 0 && bytes % unit.bytes == 0;
    if (whole) return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return "0B";
}

}  // namespace procmarshal
