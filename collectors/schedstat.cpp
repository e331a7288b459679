// Time the CPUs ran tasks and let them wait, from /proc/schedstat (Documentation/scheduler/
// sched-stats.rst), in nanoseconds:
// "version 17", "timestamp 4295105012", "cpu0 0 0 65279 8841 37792 37792 80015632879 18335798709
// 56073", "domain0 MC 00000003 30 ...". The last three numbers of a CPU are time that tasks ran,
// time that they waited, and timeslices. Versions up to 14, of old kernels, have other columns.

#include <array>
#include <string>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct CpuTimes {
  std::string_view cpu;
  std::array<std::uint64_t, 3> values;  // running, waiting, timeslices
};

// "cpu0 0 0 65279 8841 37792 37792 80015632879 18335798709 56073".
Result<CpuTimes> ParseLine(std::string_view line) {
  constexpr std::size_t kSkipped = 6;
  std::string_view rest = line;
  CpuTimes times{TakeUntil(rest, ' ').substr(3), {}};
  bool is_valid = ParseNumber<unsigned>(times.cpu).has_value();
  for (std::size_t i = 0; i < kSkipped + times.values.size(); ++i) {
    const auto number = ParseNumber<std::uint64_t>(TakeUntil(rest, ' '));
    is_valid = is_valid && number;
    if (number && i >= kSkipped) times.values.at(i - kSkipped) = *number;
  }
  if (!is_valid) {
    return FailExpected(R"(schedstat: expected "cpuN" and nine numbers)", line);
  }
  return times;
}

void Write(const CpuTimes& times, FamilyWriter& out) {
  const auto [running, waiting, timeslices] = times.values;
  out.Counter("node_schedstat_running_seconds_total", "Time the CPU ran tasks, in seconds.")
      .Add(static_cast<double>(running) / 1e9, {{"cpu", times.cpu}});
  out.Counter("node_schedstat_waiting_seconds_total",
              "Time that tasks waited for the CPU while they could run, in seconds.")
      .Add(static_cast<double>(waiting) / 1e9, {{"cpu", times.cpu}});
  out.Counter("node_schedstat_timeslices_total", "Times the CPU was given to a task.")
      .Add(static_cast<double>(timeslices), {{"cpu", times.cpu}});
}

Status CheckVersion(std::string_view line) {
  const std::string_view whole = line;
  const bool is_version = TakeUntil(line, ' ') == "version";
  const auto version = ParseNumber<unsigned>(line);
  if (is_version && version && *version >= 15) return {};
  return FailExpected(R"(schedstat: expected "version 15" or later)", whole);
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.RereadLines("schedstat");
  if (!text) return tl::unexpected(text.error());

  std::string_view rest = *text;
  if (auto known = CheckVersion(TakeUntil(rest, '\n')); !known) return known;
  while (!rest.empty()) {
    const std::string_view line = TakeUntil(rest, '\n');
    if (!line.starts_with("cpu")) continue;
    const auto times = ParseLine(line);
    if (!times) return tl::unexpected(times.error());
    Write(*times, out);
  }
  return {};
}

const Registration kRegistration("schedstat", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
