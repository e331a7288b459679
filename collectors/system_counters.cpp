// Finds the system's numbers among the families of a snapshot, by the names that node_exporter
// gave them.
#include "collectors/system_counters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "collectors/series_source.h"
#include "collectors/system_counter_tables.h"

namespace procmarshal {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// The values of families of one series each; nullopt if one is missing.
std::optional<std::vector<double>> Values(const SeriesSource& source,
                                          std::initializer_list<std::string_view> families) {
  std::vector<double> values;
  for (const std::string_view family : families) {
    values.push_back(kMissing);
    source.ForEach(family, [&values](const Series& series) { values.back() = series.Value(); });
    if (std::isnan(values.back())) return std::nullopt;
  }
  return values;
}

std::optional<double> BootTimeOf(const SeriesSource& source) {
  const auto values = Values(source, {"node_boot_time_seconds"});
  return values ? std::optional(values->front()) : std::nullopt;
}

std::optional<LoadAverage> LoadOf(const SeriesSource& source) {
  const auto values = Values(source, {"node_load1", "node_load5", "node_load15"});
  if (!values) return std::nullopt;
  return LoadAverage{
      .one_minute = values->at(0), .five_minutes = values->at(1), .fifteen_minutes = values->at(2)};
}

std::optional<MemoryUse> MemoryOf(const SeriesSource& source) {
  const auto values =
      Values(source, {"node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes",
                      "node_memory_Buffers_bytes", "node_memory_Cached_bytes"});
  if (!values) return std::nullopt;
  const double total = values->at(0);
  const double available = values->at(1);
  return MemoryUse{.total_bytes = total,
                   .available_bytes = available,
                   .used_bytes = std::max(total - available, 0.0),
                   .buffers_bytes = values->at(2),
                   .cached_bytes = values->at(3)};
}

std::optional<SwapUse> SwapOf(const SeriesSource& source) {
  const auto values = Values(source, {"node_memory_SwapTotal_bytes", "node_memory_SwapFree_bytes"});
  if (!values) return std::nullopt;
  const double total = values->at(0);
  return SwapUse{.total_bytes = total, .used_bytes = std::max(total - values->at(1), 0.0)};
}

// A host has processes: where there are none, they could not be read.
std::optional<ProcessCounts> CountProcesses(std::span<const Process> rows) {
  if (rows.empty()) return std::nullopt;
  ProcessCounts counts;
  counts.processes = rows.size();
  for (const Process& row : rows) {
    counts.threads += row->threads;
    ++counts.by_state[row->state];
  }
  return counts;
}

std::optional<double> UsedRatio(double size, double available, double free) {
  const double used = std::max(size - free, 0.0);
  return used + available > 0 ? std::optional(used / (used + available)) : std::nullopt;
}

std::vector<FilesystemUse> FilesystemsOf(const SeriesSource& source) {
  constexpr std::array<std::string_view, 3> kFamilies = {
      "node_filesystem_size_bytes", "node_filesystem_avail_bytes", "node_filesystem_free_bytes"};
  constexpr std::array<double, 3> kNothing = {kMissing, kMissing, kMissing};
  std::map<std::array<std::string, 3>, std::array<double, 3>> found;  // by mountpoint, device, type
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    source.ForEach(kFamilies.at(i), [&](const Series& series) {
      const auto [entry, _] = found.try_emplace(
          {std::string(series.Label("mountpoint")), std::string(series.Label("device")),
           std::string(series.Label("fstype"))},
          kNothing);
      entry->second.at(i) = series.Value();
    });
  }

  std::vector<FilesystemUse> filesystems;
  for (const auto& [names, values] : found) {
    const auto [size, available, free] = values;
    if (std::isnan(size + available + free)) continue;
    filesystems.push_back({.device = names[1],
                           .mountpoint = names[0],
                           .type = names[2],
                           .size_bytes = size,
                           .available_bytes = available,
                           .used_ratio = UsedRatio(size, available, free)});
  }
  return filesystems;
}

// The counters of `name`, of which there are `count`.
std::vector<double>& CountersOf(SystemCounters::ByName& counters, std::string_view name,
                                std::size_t count) {
  return counters.try_emplace(std::string(name), count, kMissing).first->second;
}

SystemCounters::ByName CpusOf(const SeriesSource& source) {
  SystemCounters::ByName cpus;
  source.ForEach("node_cpu_seconds_total", [&cpus](const Series& series) {
    const auto mode = std::ranges::find(kCpuCounters, series.Label("mode"),
                                        &decltype(kCpuCounters)::value_type::name);
    if (mode == kCpuCounters.end()) return;
    auto& times = CountersOf(cpus, series.Label("cpu"), kCpuCounters.size());
    times.at(static_cast<std::size_t>(mode - kCpuCounters.begin())) = series.Value();
  });
  return cpus;
}

template <typename Table>
SystemCounters::ByName DevicesOf(const SeriesSource& source, const Table& table) {
  SystemCounters::ByName devices;
  for (std::size_t i = 0; i < table.size(); ++i) {
    source.ForEach(table.at(i).name, [&devices, &table, i](const Series& series) {
      CountersOf(devices, series.Label("device"), table.size()).at(i) = series.Value();
    });
  }
  return devices;
}

SystemCounters::ByName PressureOf(const SeriesSource& source) {
  SystemCounters::ByName pressure;
  for (const auto& counter : kPressureCounters) {
    if (auto value = Values(source, {counter.name})) {
      pressure.emplace(counter.name, *std::move(value));
    }
  }
  return pressure;
}

}  // namespace

SystemCounters SystemCounters::Of(const Snapshot& snapshot) {
  const SeriesSource source(snapshot);
  SystemCounters counters{.taken = snapshot.taken,
                          .state = {.uptime_seconds = Seconds(snapshot.taken.time_since_epoch()),
                                    .boot_time_seconds = BootTimeOf(source),
                                    .cpus = std::nullopt,
                                    .load = LoadOf(source),
                                    .memory = MemoryOf(source),
                                    .swap = SwapOf(source),
                                    .processes = CountProcesses(snapshot.processes),
                                    .filesystems = FilesystemsOf(source)},
                          .cpus = CpusOf(source),
                          .disks = DevicesOf(source, kDiskCounters),
                          .interfaces = DevicesOf(source, kInterfaceCounters),
                          .pressure = PressureOf(source)};
  if (!counters.cpus.empty()) counters.state.cpus = counters.cpus.size();
  return counters;
}

}  // namespace procmarshal
