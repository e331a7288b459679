// Time each CPU spent in each mode, from /proc/stat, in ticks:
// "cpu0 794 0 757 85343 11 0 5 24 0 0": user nice system idle iowait irq softirq steal guest
// guest_nice. Old kernels have fewer. Besides, what the CPUs are: see cpu_info.cpp, cpu_states.cpp
// and cpu_throttles.cpp.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/cpu_info.h"
#include "collectors/cpu_states.h"
#include "collectors/cpu_throttles.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

constexpr std::array<std::string_view, 8> kModes = {"user",   "nice", "system",  "idle",
                                                    "iowait", "irq",  "softirq", "steal"};
constexpr std::size_t kFields = kModes.size() + 2;
using Times = std::array<double, kFields>;  // seconds

// "0 794 0 757 ..." behind "cpu".
Result<std::pair<std::string, Times>> ParseLine(std::string_view line) {
  static const auto kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::string_view rest = line;
  std::pair<std::string, Times> cpu(TakeUntil(rest, ' '), Times{});
  bool is_valid = ParseNumber<unsigned>(cpu.first).has_value();
  std::size_t count = 0;
  for (; count < kFields && !rest.empty(); ++count) {
    const auto ticks = ParseNumber<std::uint64_t>(TakeUntil(rest, ' '));
    is_valid = is_valid && ticks;
    cpu.second.at(count) = static_cast<double>(ticks.value_or(0)) / kTicksPerSecond;
  }
  if (count < 4 || !is_valid) {
    return FailExpected(R"(stat: expected "cpuN" and at least four numbers)",
                        "cpu" + std::string(line));
  }
  return cpu;
}

class CpuCollector final : public Collector {
 public:
  explicit CpuCollector(Environment env) : env_(std::move(env)) {}

  Status Collect(FamilyWriter& out) override {
    const auto text = env_.proc.RereadLines("stat");
    if (!text) return tl::unexpected(text.error());
    if (auto written = WriteTimes(*text, out); !written) return written;
    if (auto written = WriteCpuStates(env_.sys, out); !written) return written;
    if (auto learned = LearnHardware(); !learned) return learned;
    WriteCpuInfo(info_, out);
    return WriteThrottles(env_.sys, throttles_, out);
  }

 private:
  Status WriteTimes(std::string_view rest, FamilyWriter& out) {
    auto seconds =
        out.Counter("node_cpu_seconds_total", "Time the CPUs spent in each mode, in seconds.");
    auto guest =
        out.Counter("node_cpu_guest_seconds_total",
                    "Time the CPUs ran virtual machines, in seconds; part of user and nice.");
    online_ = " ";
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
      online_ += cpu->first + ' ';
    }
    return {};
  }

  // What else is known of the CPUs changes only when other ones are online, or all of them got new
  // microcode; and /proc/cpuinfo takes the kernel long to write.
  Status LearnHardware() {
    auto microcode = ReadAttribute(env_.sys, "devices/system/cpu/cpu0/microcode/version");
    if (online_ == known_ && microcode == microcode_) return {};
    std::erase_if(highest_, [this](const auto& cpu) {
      return online_.find(' ' + cpu.first + ' ') == std::string::npos;
    });
    info_.clear();
    if (const auto text = env_.proc.RereadLines("cpuinfo")) {
      auto info = ParseCpuInfo(*text);
      if (!info) return tl::unexpected(info.error());
      info_ = *std::move(info);
    } else if (text.error().code != ErrorCode::kNotFound) {
      return tl::unexpected(text.error());
    }
    auto throttles = FindThrottleCounters(env_.sys);
    if (!throttles) return tl::unexpected(throttles.error());
    throttles_ = *std::move(throttles);
    known_ = online_;
    microcode_ = std::move(microcode);
    return {};
  }

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
  std::string online_;  // " 0 1 7 ": the CPUs of /proc/stat
  std::string known_;   // those that the following are of
  std::optional<std::string> microcode_;
  std::vector<CpuInfo> info_;
  std::vector<ThrottleCounter> throttles_;
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<CpuCollector>(env);
}

const Registration kRegistration("cpu", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
