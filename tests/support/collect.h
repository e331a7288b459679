#pragma once

#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {

// What the families hold, one "name{label="value"} number" line a sample, sorted; gauges,
// counters and untyped ones only.
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

// The same over files of a whole host: {{"sys/class/net/eth0/mtu", "1500\n"}}, "proc/...",
// "etc/os-release", "run/udev/data/b8:0".
std::string CollectHost(std::string_view collector, const std::vector<File>& files);

// What a collector finds if `tree` is the root directory of a host, whose clock stands still.
Environment HostOf(const ProcTree& tree);

// The named collector, to be run more than once.
std::unique_ptr<Collector> MakeCollector(std::string_view name, const Environment& env);

// Runs it once and prints what it wrote; "error: ..." if it failed.
std::string CollectOnce(Collector& collector);

}  // namespace procmarshal::testing
