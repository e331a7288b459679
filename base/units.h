#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// Parses "500ms", "5s", "1m30s", "2d": whole numbers, each with one of the units d, h, m, s, ms,
// the largest first and none twice. kInvalid on anything else, a bare number included, and on what
// does not fit; the message quotes the text.
[[nodiscard]] Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

// The shortest text that ParseDuration reads back as `duration`, which must not be negative.
[[nodiscard]] std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace procmarshal
