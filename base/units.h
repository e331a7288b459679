#pragma once

#include <chrono>
#include <cstdint>
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

// Parses "512B", "16KiB", "64MiB", "1GB" into bytes: a whole number with one of the units B; KiB,
// MiB, GiB, TiB, powers of 1024; kB (or KB), MB, GB, TB, powers of 1000. kInvalid on anything else,
// a bare number included, and on what does not fit; the message quotes the text.
[[nodiscard]] Result<std::uint64_t> ParseSize(std::string_view text);

// `bytes` in the largest of B, KiB, MiB, GiB and TiB in which it is a whole number; ParseSize reads
// it back.
[[nodiscard]] std::string FormatSize(std::uint64_t bytes);

}  // namespace procmarshal
