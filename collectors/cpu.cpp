// Time each CPU spent in each mode, from /proc/stat, in ticks:
// "cpu0 794 0 757 85343 11 0 5 24 0 0": user nice system idle iowait irq softirq steal guest
// guest_nice. Old kernels have fewer.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "base/parse.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

constexpr std::array<std::string_view, 8> kModes = {"user",   "nice", "system",  "idle",
                                                    "iowait", "irq",  "softirq", "steal"};
constexpr std::size_t kFields = kModes.size() + 2;
using Times = std::array<double, kFields>;  // seconds

// "0 794 0 757 ..." behind "cpu".
Result<std::pair<std::string, Times>> ParseLine(std::string_view line) {
  static const auto kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::pair<std::string, Times> cpu(TakeUntil(line, ' '), Times{});
  std::size_t count = 0;
  for (; count < kFields && !line.empty(); ++count) {
    const auto ticks = ParseNumber<std::uint64_t>(TakeUntil(line, ' '));
    if (!ticks) break;
    cpu.second.at(count) = static_cast<double>(*ticks) / kTicksPerSecond;
  }
  if (count < 4 || !ParseNumber<int>(cpu.first)) {
    return Fail(ErrorCode::kInvalid, "stat: expected \"cpuN\" and at least four numbers");
  }
  return cpu;
}

class CpuCollector final : public Collector {
 public:
  explicit CpuCollector(Environment env) : env_(std::move(env)) {}

  Status Collect(FamilyWriter& out) override {
    const auto text = env_.proc.Read("stat");
    if (!text) return tl::unexpected(text.error());

    auto seconds =
        out.Counter("node_cpu_seconds_total", "Time the CPUs spent in each mode, in seconds.");
    auto guest =
        out.Counter("node_cpu_guest_seconds_total",
                    "Time the CPUs ran virtual machines, in seconds; part of user and nice.");
    std::string_view rest = *text;
    while (!rest.empty()) {
      const std::string_view line = TakeUntil(rest, '\n');
      if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
      const auto cpu = ParseLine(line.substr(3));
      if (!cpu) return tl::unexpected(cpu.error());
      const Times& times = Highest(cpu->first, cpu->second);
      for (std::size_t i = 0; i < kModes.size(); ++i) {
        seconds.Add(times.at(i), {{"cpu", cpu->first}, {"mode", kModes.at(i)}});
      }
      guest.Add(times.at(kFields - 2), {{"cpu", cpu->first}, {"mode", "user"}});
      guest.Add(times.at(kFields - 1), {{"cpu", cpu->first}, {"mode", "nice"}});
    }
    return {};
  }

 private:
  // The kernel's idle and iowait times may step back a little (Documentation/filesystems/proc.rst);
  // a counter that does reads as a reset. After a CPU was taken away and given back they start
  // anew.
  const Times& Highest(const std::string& cpu, const Times& now) {
    constexpr double kJitterSeconds = 3;
    constexpr std::size_t kIdle = 3;
    Times& highest = highest_[cpu];
    if (now.at(kIdle) + kJitterSeconds < highest.at(kIdle)) {
      highest = now;
    } else {
      std::ranges::transform(highest, now, highest.begin(),
                             [](double a, double b) { return std::max(a, b); });
    }
    return highest;
  }

  Environment env_;
  std::map<std::string, Times, std::less<>> highest_;
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<CpuCollector>(env);
}

const Registration kRegistration("cpu", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
