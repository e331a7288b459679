#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exporter/config.h"

// Whatever the file holds, what is accepted is printed as a file that says the same, but for the
// users, who are not to be read back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Config base;
  base.collectors = {{"arp", false}, {"loadavg", true}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto config = procmarshal::ParseConfig(text, "fuzz.toml", base);
  if (!config) return 0;

  const bool has_users = !config->web.basic_auth_users.empty();
  if (has_users && procmarshal::ParseConfig(procmarshal::ToToml(*config), "printed.toml", base)) {
    std::abort();
  }
  config->web.basic_auth_users.clear();

  const auto again = procmarshal::ParseConfig(procmarshal::ToToml(*config), "printed.toml", base);
  if (!again || *again != *config) std::abort();
  return 0;
}
