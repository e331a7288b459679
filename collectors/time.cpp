// The host's clock and time zone, and the clock sources of the kernel, from
// /sys/devices/system/clocksource/clocksource0/available_clocksource: "tsc hpet acpi_pm".

#include <ctime>
#include <string>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/numbered.h"

namespace procmarshal {
namespace {

void WriteClock(WallTime now, FamilyWriter& out) {
  out.Gauge("node_time_seconds", "The host's clock as Unix time.")
      .Add(Seconds(now.time_since_epoch()));

  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return;
  out.Gauge("node_time_zone_offset_seconds",
            "How far the time zone is ahead of UTC at the moment, in seconds.")
      .Add(static_cast<double>(local.tm_gmtoff), {{"time_zone", local.tm_zone}});
}

void WriteClockSources(const PseudoFs& sys, FamilyWriter& out) {
  const std::string prefix = "devices/system/clocksource/clocksource";
  auto available =
      out.Gauge("node_time_clocksource_available_info", "Clock sources that the kernel can use.");
  auto current =
      out.Gauge("node_time_clocksource_current_info", "The clock source that the kernel uses.");
  for (const std::string& device : ListNumbered(sys, "devices/system/clocksource", "clocksource")) {
    const std::string path = prefix + device;
    const auto names = ReadAttribute(sys, path + "/available_clocksource");
    std::string_view rest = names ? *names : std::string_view();
    while (!rest.empty()) {
      const std::string_view name = TakeUntil(rest, ' ');
      if (!name.empty()) available.Add(1, {{"clocksource", name}, {"device", device}});
    }
    const auto used = ReadAttribute(sys, path + "/current_clocksource");
    if (used) current.Add(1, {{"clocksource", *used}, {"device", device}});
  }
}

Status Collect(const Environment& env, FamilyWriter& out) {
  WriteClock(env.clock->Wall(), out);
  WriteClockSources(env.sys, out);
  return {};
}

const Registration kRegistration("time", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
