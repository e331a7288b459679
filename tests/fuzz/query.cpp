// No query breaks the parser, and what it takes can be encoded again and read back.
#include "exporter/web/query.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

std::string Encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte / 16], kDigits[byte % 16]};
  }
  return encoded;
}

void Run(std::string_view query) {
  const auto parameters = ParseQuery(query);
  if (!parameters) return;
  std::string again;
  for (const auto& [name, value] : *parameters) again += Encode(name) + '=' + Encode(value) + '&';
  const auto read = ParseQuery(again);
  if (!read || *read != *parameters) std::abort();
}

}  // namespace
}  // namespace procmarshal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
