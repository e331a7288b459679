// Names of metrics are made from what files of the host hold and are called: they must be such
// names whatever that is.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ascii.h"
#include "collectors/hwmon_files.h"
#include "collectors/memory_field.h"
#include "collectors/os_release.h"

namespace {

bool IsMetricName(std::string_view name) {
  return std::ranges::all_of(
      name, [](char c) { return procmarshal::IsAlphanumeric(c) || c == '_' || c == ':'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procmarshal;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto file = ParseHwmonFile(text)) {
    if (!IsMetricName(MetricOf(*file, false).name)) std::abort();
  }
  if (!IsMetricName(CleanHwmonName(text))) std::abort();
  if (const auto field = ParseMemoryField(text)) {
    if (!IsMetricName(field->name) || !std::isfinite(field->value)) std::abort();
  }
  const auto release = ParseOsRelease(text);
  if (!release && release.error().message.find('\n') != std::string::npos) std::abort();
  return 0;
}
