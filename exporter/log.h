#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "exporter/config.h"

namespace procmarshal {

// One line of the log, newline included. Whatever `message` holds, it stays one line, and valid
// logfmt or JSON.
[[nodiscard]] std::string FormatLogLine(Config::LogFormat format, WallTime time,
                                        std::string_view level, std::string_view message);

// Sends spdlog's default logger to stderr, from `level` ("trace" to "error") upwards. The first
// call comes before other threads log; later ones, on a reload, may come from any thread at any
// time.
void SetUpLogging(Config::LogFormat format, std::string_view level);

}  // namespace procmarshal
