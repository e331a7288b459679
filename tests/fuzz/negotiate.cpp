// No header breaks the negotiation, and who asks for text as well never gets OpenMetrics for it.
#include "exporter/web/negotiate.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  const auto format = procmarshal::NegotiateFormat(header);
  const auto beside_text = procmarshal::NegotiateFormat(std::string(header) + ",text/plain");
  if (beside_text == procmarshal::TextFormat::kOpenMetrics && format != beside_text) std::abort();
  static_cast<void>(procmarshal::AcceptsGzip(header));
  return 0;
}
