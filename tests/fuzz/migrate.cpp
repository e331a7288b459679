#include <toml++/toml.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exporter/migrate.h"

// Whatever the file holds, what is made of it is TOML, and has no group where there is no rule.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto migration = procmarshal::Migrate(text, "fuzz.yml", {});
  if (!migration) return 0;
  try {
    if (!toml::parse(migration->toml)["group"].is_array_of_tables()) std::abort();
  } catch (const toml::parse_error&) {
    std::abort();
  }
  return 0;
}
