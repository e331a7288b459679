// Temperatures and throttling, from /sys/class/thermal/thermal_zone0/temp: "49925", and
// /sys/class/thermal/cooling_device0/cur_state: "0".

#include <optional>
#include <string>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/numbered.h"

namespace procmarshal {
namespace {

Status WriteZones(const PseudoFs& sys, FamilyWriter& out) {
  const std::string prefix = "class/thermal/thermal_zone";
  auto temperature =
      out.Gauge("node_thermal_zone_temp", "Temperature of the zone, in degrees Celsius.");
  for (const std::string& zone : ListNumbered(sys, "class/thermal", "thermal_zone")) {
    const std::string path = prefix + zone;
    // A disabled zone may still show what it last knew.
    if (ReadAttribute(sys, path + "/mode") == "disabled") continue;
    const auto millidegrees = ReadNumber(sys, path + "/temp");
    if (!millidegrees) return tl::unexpected(millidegrees.error());
    const std::optional<double> value = *millidegrees;
    const auto type = ReadAttribute(sys, path + "/type");
    if (type && value) temperature.Add(*value / 1000, {{"type", *type}, {"zone", zone}});
  }
  return {};
}

Status WriteCoolingDevices(const PseudoFs& sys, FamilyWriter& out) {
  const std::string prefix = "class/thermal/cooling_device";
  auto current =
      out.Gauge("node_cooling_device_cur_state", "How far the cooling device throttles.");
  auto maximum =
      out.Gauge("node_cooling_device_max_state", "How far the cooling device can throttle.");
  for (const std::string& device : ListNumbered(sys, "class/thermal", "cooling_device")) {
    const std::string path = prefix + device;
    const auto now = ReadNumber(sys, path + "/cur_state");
    if (!now) return tl::unexpected(now.error());
    const auto most = ReadNumber(sys, path + "/max_state");
    if (!most) return tl::unexpected(most.error());
    const std::optional<double> now_value = *now;
    const std::optional<double> most_value = *most;
    const auto type = ReadAttribute(sys, path + "/type");
    if (!type || !now_value || !most_value) continue;
    current.Add(*now_value, {{"name", device}, {"type", *type}});
    maximum.Add(*most_value, {{"name", device}, {"type", *type}});
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const Status zones = WriteZones(env.sys, out);
  const Status devices = WriteCoolingDevices(env.sys, out);
  return zones ? devices : zones;
}

const Registration kRegistration("thermal_zone", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
