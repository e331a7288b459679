#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/family_writer.h"
#include "collectors/system_counters.h"

namespace procmarshal::testing {

// One sample of a family, as a collector would give it.
struct SystemSample {
  std::string family;
  std::vector<LabelView> labels;
  double value = 0;
};
using SystemSamples = std::vector<SystemSample>;

// What is kept of a snapshot with these samples, so long after boot.
inline SystemCounters KeptAt(std::chrono::milliseconds since_boot, const SystemSamples& samples) {
  Snapshot snapshot;
  snapshot.taken = BootTime(since_boot);
  FamilyWriter out(snapshot.families);
  for (const SystemSample& sample : samples) {
    auto family = sample.family.ends_with("_total") ? out.Counter(sample.family, "Help.")
                                                    : out.Gauge(sample.family, "Help.");
    family.Add(sample.value, sample.labels);
  }
  out.Finish();
  return SystemCounters::Of(snapshot);
}

inline SystemSamples operator+(SystemSamples a, const SystemSamples& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Seconds of one CPU, the other modes at 0.
struct CpuSeconds {
  double user = 0;
  double system = 0;
  double idle = 0;
  double iowait = 0;
  double steal = 0;
};
inline SystemSamples Cpu(std::string_view cpu, CpuSeconds seconds) {
  const std::array<std::pair<std::string_view, double>, 8> modes = {{{"user", seconds.user},
                                                                     {"nice", 0},
                                                                     {"system", seconds.system},
                                                                     {"idle", seconds.idle},
                                                                     {"iowait", seconds.iowait},
                                                                     {"irq", 0},
                                                                     {"softirq", 0},
                                                                     {"steal", seconds.steal}}};
  SystemSamples samples;
  for (const auto& [mode, value] : modes) {
    samples.push_back({"node_cpu_seconds_total", {{"cpu", cpu}, {"mode", mode}}, value});
  }
  return samples;
}

inline SystemSamples Disk(std::string_view device, const std::array<double, 5>& values) {
  constexpr std::array<const char*, 5> kFamilies = {
      "read_bytes", "written_bytes", "reads_completed", "writes_completed", "io_time_seconds"};
  SystemSamples samples;
  for (std::size_t i = 0; i < values.size(); ++i) {
    samples.push_back({std::string("node_disk_") + kFamilies.at(i) + "_total",
                       {{"device", device}},
                       values.at(i)});
  }
  return samples;
}

// Bytes, packets, errors and drops: of those received, then of those sent.
inline SystemSamples Interface(std::string_view device, const std::array<double, 8>& values) {
  constexpr std::array<const char*, 8> kFamilies = {
      "receive_bytes",  "receive_packets",  "receive_errs",  "receive_drop",
      "transmit_bytes", "transmit_packets", "transmit_errs", "transmit_drop"};
  SystemSamples samples;
  for (std::size_t i = 0; i < values.size(); ++i) {
    samples.push_back({std::string("node_network_") + kFamilies.at(i) + "_total",
                       {{"device", device}},
                       values.at(i)});
  }
  return samples;
}

}  // namespace procmarshal::testing
