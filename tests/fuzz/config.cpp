#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exporter/config.h"

// Whatever the file holds, what is accepted is printed as a file that says the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Config base;
  base.collectors = {{"arp", false}, {"loadavg", true}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = procmarshal::ParseConfig(text, "fuzz.toml", base);
  if (!config) return 0;

  const auto again = procmarshal::ParseConfig(procmarshal::ToToml(*config), "printed.toml", base);
  if (!again || *again != *config) std::abort();
  return 0;
}
