#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace procmarshal::testing {

// What the families hold, one "name{label="value"} number" line a sample, sorted; gauges and
// counters only.
std::string Print(const std::vector<prometheus::MetricFamily>& families);

// Runs the named collector over the captured tree tests/fixtures/linux-6.18 and prints what it
// wrote; "error: ..." if it failed.
std::string CollectFixture(std::string_view collector);

// The same over files of /proc given inline: {{"loadavg", "0.1 0.2\n"}}.
struct File {
  std::string path;
  std::string content;
};
std::string CollectFrom(std::string_view collector, const std::vector<File>& proc);

}  // namespace procmarshal::testing
