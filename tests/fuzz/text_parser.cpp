// Whatever a *.prom file holds: what is taken can be written, and reads back as the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/text_encoder.h"
#include "collectors/text_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procmarshal;  // NOLINT(google-build-using-namespace)
  const auto families = ParseText({reinterpret_cast<const char*>(data), size});
  if (!families) {
    if (families.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  std::string page;
  EncodeText(*families, TextFormat::kPrometheus, page);
  const auto again = ParseText(page);
  if (!again) std::abort();
  std::string same;
  EncodeText(*again, TextFormat::kPrometheus, same);
  if (same != page) std::abort();
  return 0;
}
