#include "collectors/system_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "collectors/system_counter_tables.h"

namespace procmarshal {
namespace {

using ByName = SystemCounters::ByName;

constexpr double kPercent = 100;

// How much each counter of `name` grew; nullopt if there is none before, or one that fell.
std::optional<std::vector<double>> Growth(const ByName& before, const std::string& name,
                                          const std::vector<double>& now) {
  const auto former = before.find(name);
  if (former == before.end()) return std::nullopt;
  std::vector<double> growth(now.size());
  std::ranges::transform(now, former->second, growth.begin(), std::minus<>());
  const bool is_valid =
      std::ranges::all_of(growth, [](double grown) { return std::isfinite(grown) && grown >= 0; });
  return is_valid ? std::optional(std::move(growth)) : std::nullopt;
}

// `growth` in the units of the rates.
template <typename Rates, std::size_t kCount>
Rates ToRates(const std::array<CounterOf<Rates>, kCount>& table, const std::vector<double>& growth,
              double seconds) {
  Rates rates;
  for (std::size_t i = 0; i < kCount; ++i) rates.*table.at(i).rate = growth.at(i) / seconds;
  return rates;
}

// nullopt of no time at all: the kernel counts in ticks.
std::optional<CpuPercent> PercentOf(const std::vector<double>& growth) {
  const double total = std::accumulate(growth.begin(), growth.end(), 0.0);
  if (!(total > 0)) return std::nullopt;
  CpuPercent percent = ToRates(kCpuCounters, growth, total / kPercent);
  percent.busy = std::max(kPercent - percent.idle - percent.iowait, 0.0);
  return percent;
}

void AddCpus(const SystemCounters& now, const SystemCounters& before, SystemStatistics& out) {
  std::vector<double> sum(kCpuCounters.size());
  for (const auto& [cpu, times] : now.cpus) {
    CpuUse use{.cpu = cpu, .busy_percent = std::nullopt};
    if (const auto growth = Growth(before.cpus, cpu, times)) {
      std::ranges::transform(sum, *growth, sum.begin(), std::plus<>());
      if (const auto percent = PercentOf(*growth)) use.busy_percent = percent->busy;
    }
    out.cpus.push_back(std::move(use));
  }
  out.cpu = PercentOf(sum);
  // "2" before "10".
  std::ranges::sort(out.cpus, {}, [](const CpuUse& use) {
    return std::pair(use.cpu.size(), std::string_view(use.cpu));
  });
}

template <typename Use, typename Table>
std::vector<Use> DevicesOf(const ByName& now, const ByName& before, const Table& table,
                           double seconds) {
  std::vector<Use> devices;
  for (const auto& [device, counters] : now) {
    Use use{.device = device, .rates = std::nullopt};
    if (const auto growth = Growth(before, device, counters)) {
      use.rates = ToRates(table, *growth, seconds);
    }
    devices.push_back(std::move(use));
  }
  return devices;
}

// Adds up the rates of the devices whose names `is_part` takes.
template <typename Rates, std::size_t kCount, typename Use, typename Predicate>
std::optional<Rates> SumOf(const std::array<CounterOf<Rates>, kCount>& table,
                           const std::vector<Use>& devices, Predicate is_part) {
  std::optional<Rates> sum;
  for (const Use& use : devices) {
    if (!use.rates || !is_part(use.device)) continue;
    if (!sum) sum.emplace();
    for (const auto& counter : table) (*sum).*counter.rate += (*use.rates).*counter.rate;
  }
  return sum;
}

bool BeginsWithOneOf(std::string_view name, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes,
                             [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// "sda1" beside "sda", "nvme0n1p2" beside "nvme0n1".
bool IsPartition(std::string_view name, const ByName& disks) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t last = name.find_last_not_of(kDigits);
  if (last == std::string_view::npos || last + 1 == name.size()) return false;
  const std::string_view stem = name.substr(0, last + 1);
  if (disks.contains(stem)) return true;
  const std::string_view disk = stem.substr(0, last);
  return stem.back() == 'p' && !disk.empty() &&
         kDigits.find(disk.back()) != std::string_view::npos && disks.contains(disk);
}

void AddDisks(const SystemCounters& now, const SystemCounters& before, double seconds,
              SystemStatistics& out) {
  constexpr std::array<std::string_view, 7> kMadeOfOthers = {"bcache", "dm-", "drbd", "loop",
                                                             "md",     "zd",  "zram"};
  out.disks = DevicesOf<DiskUse>(now.disks, before.disks, kDiskCounters, seconds);
  double busiest = 0;
  const auto is_part = [&now, &kMadeOfOthers](std::string_view name) {
    return !BeginsWithOneOf(name, kMadeOfOthers) && !IsPartition(name, now.disks);
  };
  for (DiskUse& use : out.disks) {
    if (!use.rates) continue;
    // The clock that counts it and ours differ a little.
    use.rates->utilisation = std::min(use.rates->utilisation, 1.0);
    if (is_part(use.device)) busiest = std::max(busiest, use.rates->utilisation);
  }
  out.all_disks = SumOf(kDiskCounters, out.disks, is_part);
  if (out.all_disks) out.all_disks->utilisation = busiest;
}

void AddInterfaces(const SystemCounters& now, const SystemCounters& before, double seconds,
                   SystemStatistics& out) {
  constexpr std::array<std::string_view, 23> kThroughOthers = {
      "bond",   "br",   "cali",  "cilium", "cni",    "docker",    "dummy", "flannel",
      "geneve", "ifb",  "lxc",   "lxdbr",  "podman", "tailscale", "tap",   "team",
      "tun",    "veth", "virbr", "vlan",   "vnet",   "vxlan",     "wg"};
  out.interfaces =
      DevicesOf<InterfaceUse>(now.interfaces, before.interfaces, kInterfaceCounters, seconds);
  out.all_interfaces =
      SumOf(kInterfaceCounters, out.interfaces, [&kThroughOthers](std::string_view name) {
        const bool is_vlan = name.find('.') != std::string_view::npos;  // "eth0.7"
        return name != "lo" && !is_vlan && !BeginsWithOneOf(name, kThroughOthers);
      });
}

PressureShare PressureOf(const SystemCounters& now, const SystemCounters& before, double seconds) {
  PressureShare pressure;
  for (const auto& counter : kPressureCounters) {
    const std::string family(counter.name);
    const auto total = now.pressure.find(family);
    if (total == now.pressure.end()) continue;
    const auto growth = Growth(before.pressure, family, total->second);
    if (growth) pressure.*counter.rate = std::min(growth->front() / seconds, 1.0);
  }
  return pressure;
}

}  // namespace

SystemStatistics Summarize(const SystemCounters& now, const SystemCounters* before) {
  const SystemCounters nothing;
  const bool has_interval = before != nullptr && before->taken < now.taken;
  const SystemCounters& former = has_interval ? *before : nothing;
  const double seconds = Seconds(now.taken - former.taken);

  SystemStatistics statistics;
  statistics.state = now.state;
  if (has_interval) statistics.interval_seconds = seconds;
  AddCpus(now, former, statistics);
  AddDisks(now, former, seconds, statistics);
  AddInterfaces(now, former, seconds, statistics);
  statistics.pressure = PressureOf(now, former, seconds);
  return statistics;
}

}  // namespace procmarshal
