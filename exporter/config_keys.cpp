#include "exporter/config_keys.h"

#include <array>
#include <chrono>

namespace procmarshal {
namespace {

constexpr std::string_view kCollectorPrefix = "collectors.";
constexpr std::array<std::string_view, 5> kLogLevels = {"trace", "debug", "info", "warn", "error"};

constexpr auto kKeys = std::to_array<ConfigKey>({
    {"sampling.interval", "How often every process is read.",
     DurationField{&Config::sampling_interval, std::chrono::milliseconds(100),
                   std::chrono::hours(1)}},
    {"web.listen", "Where /metrics is served, HOST:PORT each.",
     AddressesField{&Config::web_listen}},
    {"log.level", "The least important lines that are written.",
     NameField{&Config::log_level, kLogLevels}},
    {"log.format", "How a line is written.", LogFormatField{&Config::log_format}},
    {"processes.top", "How many processes /metrics shows one by one.",
     IntegerField{&Config::processes_top, 10'000}},
});

}  // namespace

std::span<const ConfigKey> ConfigKeys() {
  return kKeys;
}

std::vector<std::string> ConfigPaths(const Config& config) {
  std::vector<std::string> paths;
  paths.reserve(kKeys.size() + config.collectors.size());
  for (const ConfigKey& key : kKeys) paths.emplace_back(key.path);
  for (const auto& [name, on] : config.collectors) {
    paths.push_back(std::string(kCollectorPrefix) + name);
  }
  return paths;
}

std::optional<ConfigField> FindConfigField(std::string_view path, const Config& config) {
  for (const ConfigKey& key : kKeys) {
    if (key.path == path) return key.field;
  }
  if (!path.starts_with(kCollectorPrefix)) return std::nullopt;

  const auto collector = config.collectors.find(path.substr(kCollectorPrefix.size()));
  if (collector == config.collectors.end()) return std::nullopt;
  return CollectorField{collector->first};
}

}  // namespace procmarshal
