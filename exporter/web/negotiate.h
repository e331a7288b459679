#pragma once

#include <string_view>

#include "collectors/text_encoder.h"

namespace procmarshal {

// The format to answer an Accept header with (RFC 9110, 12.5.1): the one the client wants more.
// OpenMetrics must be named, with version 1.0.0, 0.0.1 or none: no wildcard asks for it. Named, it
// wins a tie. A header that accepts neither, or makes no sense, gets the Prometheus format.
[[nodiscard]] TextFormat NegotiateFormat(std::string_view accept);

// Whether an Accept-Encoding header wants gzip.
[[nodiscard]] bool AcceptsGzip(std::string_view accept_encoding);

// The value of the Content-Type header.
[[nodiscard]] constexpr std::string_view ContentType(TextFormat format) {
  return format == TextFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace procmarshal
