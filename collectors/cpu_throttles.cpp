// /sys/devices/system/cpu/cpu3/topology/{physical_package_id,core_id}, which an offline CPU lacks,
// and cpu3/thermal_throttle/{core,package}_throttle_count: "12". The files are not kept open: hosts
// have hundreds of cores.
#include "collectors/cpu_throttles.h"

#include <optional>
#include <set>
#include <utility>

#include "collectors/attribute.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

constexpr std::string_view kFolder = "devices/system/cpu/";

// Empty if there is no such file, or if the number is -1: the architecture does not know it.
Result<std::string> ReadId(const PseudoFs& sys, const std::string& path) {
  auto id = ReadLine(sys, path);
  if (!id || *id == "-1") return std::string();
  if (!ParseNumber<std::uint64_t>(*id)) return FailExpected(path + ": expected a number", *id);
  return *std::move(id);
}

bool IsCpu(std::string_view name) {
  return name.starts_with("cpu") && ParseNumber<unsigned>(name.substr(3));
}

}  // namespace

// All CPUs of a core have files of their own. The first is taken, in the order of the names,
// "cpu10" before "cpu2": so does node_exporter.
Result<std::vector<ThrottleCounter>> FindThrottleCounters(const PseudoFs& sys) {
  std::vector<ThrottleCounter> counters;
  std::set<std::pair<std::string, std::string>> known;  // package and core
  const auto add = [&](const std::string& path, const std::string& package,
                       const std::string& core) {
    if (known.contains({package, core}) || !sys.Read(path)) return;
    known.emplace(package, core);
    counters.push_back({path, package, core});
  };
  for (const std::string& name : sys.List(kFolder).value_or(std::vector<std::string>())) {
    if (!IsCpu(name)) continue;
    const std::string cpu = std::string(kFolder) + name;
    const auto package = ReadId(sys, cpu + "/topology/physical_package_id");
    if (!package) return tl::unexpected(package.error());
    const auto core = ReadId(sys, cpu + "/topology/core_id");
    if (!core) return tl::unexpected(core.error());
    if (package->empty() || core->empty()) continue;
    add(cpu + "/thermal_throttle/core_throttle_count", *package, *core);
    add(cpu + "/thermal_throttle/package_throttle_count", *package, "");
  }
  return counters;
}

Status WriteThrottles(const PseudoFs& sys, const std::vector<ThrottleCounter>& counters,
                      FamilyWriter& out) {
  for (const ThrottleCounter& counter : counters) {
    const auto line = ReadLine(sys, counter.path);
    if (!line) continue;
    const auto count = ParseNumber<std::uint64_t>(*line);
    if (!count) return FailExpected(counter.path + ": expected a number", *line);
    const auto value = static_cast<double>(*count);
    if (counter.core.empty()) {
      out.Counter("node_cpu_package_throttles_total",
                  "Times the package was slowed down because it was hot.")
          .Add(value, {{"package", counter.package}});
    } else {
      out.Counter("node_cpu_core_throttles_total",
                  "Times the core was slowed down because it was hot.")
          .Add(value, {{"core", counter.core}, {"package", counter.package}});
    }
  }
  return {};
}

}  // namespace procmarshal
