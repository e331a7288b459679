#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// Parses "80%", "0.5%", "1600%" into a ratio, 0.8 for the first: a number with at most two digits
// behind the point, and the sign. kInvalid on anything else, a bare number included; the message
// quotes the text.
[[nodiscard]] Result<double> ParsePercent(std::string_view text);

// The shortest text that ParsePercent reads back as `ratio`, to a hundredth of a percent; `ratio`
// must not be negative.
[[nodiscard]] std::string FormatPercent(double ratio);

}  // namespace procmarshal
