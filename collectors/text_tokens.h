#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// The words of a line in Prometheus' text format. What starts with Take removes what it returns
// from the front of `rest`; a failure is kInvalid, "expected ..., found ...".
namespace procmarshal {

// What no real metric has: names, and labels' values as they are written, that are longer. A file
// of 16 MiB could be one such, and it would come back in each message of it.
inline constexpr std::size_t kLongestName = 1024;
inline constexpr std::size_t kLongestLabelValue = 8192;

[[nodiscard]] bool IsBlank(char c);  // a space or a tab
void SkipBlanks(std::string_view& rest);

// [a-zA-Z_:][a-zA-Z0-9_:]*, a label's without colons; empty if there is none.
std::string_view TakeMetricName(std::string_view& rest);
std::string_view TakeLabelName(std::string_view& rest);

// All up to a blank.
std::string_view TakeToken(std::string_view& rest);

// Whether `c` was there.
bool TakeChar(std::string_view& rest, char c);

// A label's value in double quotes.
Result<std::string> TakeQuoted(std::string_view& rest);

// The rest of a line with its \\, \n and \" taken back.
[[nodiscard]] Result<std::string> Unescape(std::string_view text);

// As Go reads them: "+Inf", "NaN", "1e9"; "1e-999" is 0, "1e999" is none.
[[nodiscard]] Result<double> ParseSampleValue(std::string_view text);
// A whole number, which may be written "1e3".
[[nodiscard]] Result<std::uint64_t> ParseSampleCount(std::string_view text);

// `expected WHAT, found "..."`.
[[nodiscard]] tl::unexpected<Error> Expected(std::string_view what, std::string_view found);

}  // namespace procmarshal
