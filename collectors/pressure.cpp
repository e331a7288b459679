// Time in which tasks waited for a resource, from /proc/pressure/{cpu,io,memory,irq}, in
// microseconds (Documentation/accounting/psi.rst):
// "some avg10=0.38 avg60=0.15 avg300=0.21 total=199352517"
// "full avg10=0.38 avg60=0.14 avg300=0.18 total=84050052"
// All tasks together never lack the CPU: its line "full" is 0, and old kernels have none. `irq`
// (Linux 6.1, CONFIG_IRQ_TIME_ACCOUNTING) has only "full".

#include <array>
#include <optional>
#include <string>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Total {
  std::string_view line;  // empty: none
  std::string_view name;
  std::string_view help;
};

struct Resource {
  std::string_view file;
  std::array<Total, 2> totals;
};

constexpr std::array<Resource, 4> kResources = {{
    {"pressure/cpu",
     {{{"some", "node_pressure_cpu_waiting_seconds_total",
        "Time in which some tasks waited for a CPU, in seconds."},
       {}}}},
    {"pressure/io",
     {{{"some", "node_pressure_io_waiting_seconds_total",
        "Time in which some tasks waited for I/O, in seconds."},
       {"full", "node_pressure_io_stalled_seconds_total",
        "Time in which all tasks that had work waited for I/O, in seconds."}}}},
    {"pressure/memory",
     {{{"some", "node_pressure_memory_waiting_seconds_total",
        "Time in which some tasks waited for memory, in seconds."},
       {"full", "node_pressure_memory_stalled_seconds_total",
        "Time in which all tasks that had work waited for memory, in seconds."}}}},
    {"pressure/irq",
     {{{"full", "node_pressure_irq_stalled_seconds_total",
        "Time that interrupts took away from tasks, in seconds."},
       {}}}},
}};

// What follows "total=" in the line that begins with `key`.
std::optional<std::uint64_t> FindTotal(std::string_view text, std::string_view key) {
  constexpr std::string_view kTotal = "total=";
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (TakeUntil(line, ' ') != key) continue;
    while (!line.empty()) {
      const std::string_view field = TakeUntil(line, ' ');
      if (!field.starts_with(kTotal)) continue;
      return ParseNumber<std::uint64_t>(field.substr(kTotal.size()));
    }
  }
  return std::nullopt;
}

Status Write(const Resource& resource, std::string_view text, FamilyWriter& out) {
  for (const Total& total : resource.totals) {
    if (total.line.empty()) continue;
    const auto microseconds = FindTotal(text, total.line);
    if (!microseconds) {
      return FailExpected(std::string(resource.file) + ": expected a line \"" +
                              std::string(total.line) + " ... total=NUMBER\"",
                          text);
    }
    out.Counter(total.name, total.help).Add(static_cast<double>(*microseconds) / 1e6);
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  Status found = Fail(ErrorCode::kNotFound, "pressure: this kernel has none");
  for (const Resource& resource : kResources) {
    const auto text = env.proc.RereadLines(resource.file);
    if (!text && text.error().code == ErrorCode::kNotFound) continue;
    if (!text) return tl::unexpected(text.error());
    if (auto written = Write(resource, *text, out); !written) return written;
    found = {};
  }
  return found;
}

const Registration kRegistration("pressure", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
