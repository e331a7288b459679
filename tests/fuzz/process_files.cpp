// Whatever stands in the files of /proc/PID: no parser may read past it or hang.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collectors/process_files.h"
#include "collectors/process_limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procmarshal;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto within = [&](std::string_view part) {
    return part.empty() ||
           (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  if (const auto stat = ParseStat(text); stat && !within(stat->name)) std::abort();
  (void)ParseStatus(text);
  (void)ParseIo(text);
  (void)ParseSchedstat(text);
  (void)ParseSmapsRollup(text);
  if (!within(ParseWchan(text))) std::abort();
  (void)ParseLimits(text);
  if (ParseCommandLine(text).size() > size) std::abort();
  return 0;
}
