// How fast the CPUs run and may run, from /sys/devices/system/cpu/cpufreq/policy*/, in kHz
// (Documentation/admin-guide/pm/cpufreq.rst): scaling_cur_freq "2596134", affected_cpus "0 1".
// A policy is of one CPU or of several, and names those of them that are online. CPUs that no
// driver steers, as in most virtual machines, are in none.

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/slow_files.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Frequency {
  std::string_view file;
  std::string_view name;
  std::string_view help;
  bool is_slow = false;  // the driver asks the hardware, some wait 10 ms between two looks at it
};

constexpr std::array<Frequency, 7> kFrequencies = {{
    {"/cpuinfo_cur_freq", "node_cpu_frequency_hertz",
     "Frequency of the CPU as the hardware tells it, in hertz.", true},
    {"/cpuinfo_avg_freq", "node_cpu_frequency_avg_hertz",
     "Average frequency of the CPU in the last milliseconds, in hertz.", true},
    {"/cpuinfo_min_freq", "node_cpu_frequency_min_hertz",
     "Lowest frequency that the CPU can run at, in hertz."},
    {"/cpuinfo_max_freq", "node_cpu_frequency_max_hertz",
     "Highest frequency that the CPU can run at, in hertz."},
    {"/scaling_cur_freq", "node_cpu_scaling_frequency_hertz",
     "Frequency of the CPU as the kernel tells it, in hertz.", true},
    {"/scaling_min_freq", "node_cpu_scaling_frequency_min_hertz",
     "Lowest frequency that the CPU may run at, in hertz."},
    {"/scaling_max_freq", "node_cpu_scaling_frequency_max_hertz",
     "Highest frequency that the CPU may run at, in hertz."},
}};

// Its files are not kept open, and give nothing if they can't be read now: only root may read some,
// and the policy of CPUs that are all offline gives EBUSY.
struct Policy {
  std::string folder;
  std::vector<std::string> cpus;
};

Result<Policy> ReadPolicy(const PseudoFs& sys, std::string folder) {
  Policy policy{std::move(folder), {}};
  const std::string path = policy.folder + "/affected_cpus";
  const std::string line = ReadLine(sys, path).value_or("");
  std::string_view rest = line;
  while (!rest.empty()) {
    const std::string_view cpu = TakeUntil(rest, ' ');
    if (!ParseNumber<unsigned>(cpu)) return FailExpected(path + ": expected numbers of CPUs", line);
    policy.cpus.emplace_back(cpu);
  }
  return policy;
}

std::string PathOf(const Policy& policy, const Frequency& frequency) {
  return policy.folder + std::string(frequency.file);
}

Status WriteFrequency(const Policy& policy, const Frequency& frequency, std::string_view line,
                      FamilyWriter& out) {
  if (line == "<unknown>") return {};
  const auto kilohertz = ParseNumber<std::uint64_t>(line);
  if (!kilohertz) return FailExpected(PathOf(policy, frequency) + ": expected a number", line);
  auto family = out.Gauge(frequency.name, frequency.help);
  for (const std::string& cpu : policy.cpus) {
    family.Add(static_cast<double>(*kilohertz) * 1000, {{"cpu", cpu}});
  }
  return {};
}

// scaling_available_governors "performance powersave", scaling_governor "powersave".
void WriteGovernors(const PseudoFs& sys, const Policy& policy, FamilyWriter& out) {
  const auto current = ReadLine(sys, policy.folder + "/scaling_governor");
  const auto available = ReadLine(sys, policy.folder + "/scaling_available_governors");
  if (!current || current->empty() || !available) return;
  auto family = out.Gauge("node_cpu_scaling_governor",
                          "1 for the governor that chooses the CPU's frequency, 0 for the others.");
  std::string_view rest = *available;
  while (!rest.empty()) {
    const std::string_view governor = TakeUntil(rest, ' ');
    for (const std::string& cpu : policy.cpus) {
      family.Add(governor == *current ? 1 : 0, {{"cpu", cpu}, {"governor", governor}});
    }
  }
}

Result<std::vector<Policy>> ReadPolicies(const PseudoFs& sys) {
  constexpr std::string_view kFolder = "devices/system/cpu/cpufreq";
  const auto names = sys.List(kFolder);
  if (!names) return tl::unexpected(names.error());
  std::vector<Policy> policies;
  for (const std::string& name : *names) {
    if (!name.starts_with("policy")) continue;
    auto policy = ReadPolicy(sys, std::string(kFolder) + "/" + name);
    if (!policy) return tl::unexpected(policy.error());
    if (!policy->cpus.empty()) policies.push_back(*std::move(policy));
  }
  return policies;
}

class CpufreqCollector final : public Collector {
 public:
  explicit CpufreqCollector(const Environment& env)
      : sys_(env.sys),
        slow_(*env.clock, std::chrono::seconds(0),
              [sys = PseudoFs(sys_.Root())](const auto& path) { return ReadLine(sys, path); }) {}

  Status Collect(FamilyWriter& out) override {
    const auto policies = ReadPolicies(sys_);
    if (!policies) return tl::unexpected(policies.error());
    const auto slow = slow_.Get(SlowPaths(*policies));
    if (!slow) return tl::unexpected(slow.error());
    for (const Policy& policy : *policies) {
      if (auto written = WritePolicy(policy, **slow, out); !written) return written;
    }
    return {};
  }

 private:
  static std::vector<std::string> SlowPaths(const std::vector<Policy>& policies) {
    std::vector<std::string> paths;
    for (const Policy& policy : policies) {
      for (const Frequency& frequency : kFrequencies) {
        if (frequency.is_slow) paths.push_back(PathOf(policy, frequency));
      }
    }
    return paths;
  }

  Status WritePolicy(const Policy& policy, const SlowFiles::Contents& slow,
                     FamilyWriter& out) const {
    for (const Frequency& frequency : kFrequencies) {
      const auto line = LineOf(PathOf(policy, frequency), frequency.is_slow ? &slow : nullptr);
      if (!line) continue;
      if (auto written = WriteFrequency(policy, frequency, *line, out); !written) return written;
    }
    WriteGovernors(sys_, policy, out);
    return {};
  }

  // As it was read last, if `slow` is given.
  [[nodiscard]] std::optional<std::string> LineOf(const std::string& path,
                                                  const SlowFiles::Contents* slow) const {
    if (slow == nullptr) return ReadLine(sys_, path);
    const auto found = slow->find(path);
    if (found == slow->end()) return std::nullopt;
    return found->second;
  }

  PseudoFs sys_;
  SlowFiles slow_;
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<CpufreqCollector>(env);
}

const Registration kRegistration("cpufreq", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
