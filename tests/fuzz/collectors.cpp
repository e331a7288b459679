// Every collector that reads a file of its own, over any content of it: it may fail, and that is
// all. The first byte says which file.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/text_encoder.h"

namespace procmarshal {
namespace {

struct File {
  std::string_view path;
  std::string_view content;
};

struct Target {
  std::string_view collector;
  std::string_view path;
  std::array<File, 2> beside = {};  // without which it is not read
};

constexpr File kStat = {.path = "proc/stat", .content = "cpu0 1 2 3 4 5 6 7 8 9 10\n"};
constexpr File kDisk = {.path = "proc/diskstats",
                        .content = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n"};
constexpr File kLiveDisk = {.path = "sys/class/nvme/nvme0/state", .content = "live\n"};
constexpr File kCgroups = {.path = "sys/fs/cgroup/cgroup.controllers", .content = "cpu\n"};

constexpr auto kTargets = std::to_array<Target>({
    {"arp", "proc/net/arp"},
    {"bonding", "sys/class/net/bonding_masters"},
    {"conntrack",
     "proc/net/stat/nf_conntrack",
     {{{"proc/sys/net/netfilter/nf_conntrack_count", "1\n"},
       {"proc/sys/net/netfilter/nf_conntrack_max", "2\n"}}}},
    {"cpu", "proc/cpuinfo", {kStat}},
    {"cpu", "proc/stat"},
    {"cpu", "sys/devices/system/cpu/online", {kStat}},
    {"cpufreq", "sys/devices/system/cpu/cpufreq/policy0/affected_cpus"},
    {"diskstats", "proc/diskstats"},
    {"diskstats", "run/udev/data/b8:0", {kDisk}},
    {"edac", "sys/devices/system/edac/mc/mc0/ce_count"},
    {"entropy", "proc/sys/kernel/random/entropy_avail"},
    {"filefd", "proc/sys/fs/file-nr"},
    {"filesystem", "proc/1/mountinfo"},
    {"hwmon", "sys/class/hwmon/hwmon0/temp1_input"},
    {"interrupts", "proc/interrupts"},
    {"kernel_hung", "proc/sys/kernel/hung_task_detect_count"},
    {"loadavg", "proc/loadavg"},
    {"mdadm", "proc/mdstat"},
    {"meminfo", "proc/meminfo"},
    {"meminfo_numa", "sys/devices/system/node/node0/meminfo"},
    {"meminfo_numa", "sys/devices/system/node/node0/numastat"},
    {"netclass", "sys/class/net/eth0/speed"},
    {"netdev", "proc/net/dev"},
    {"netstat", "proc/net/netstat"},
    {"netstat",
     "proc/net/snmp6",
     {{{"proc/net/netstat", "IpExt: InOctets\nIpExt: 1\n"},
       {"proc/net/snmp", "Ip: Forwarding\nIp: 1\n"}}}},
    {"nvme", "sys/class/nvme/nvme0/nvme0n1/size", {kLiveDisk}},
    {"os", "etc/os-release"},
    {"powersupplyclass", "sys/class/power_supply/BAT0/capacity"},
    {"pressure", "proc/pressure/memory"},
    {"processes", "proc/1/stat"},
    {"schedstat", "proc/schedstat"},
    {"selinux", "sys/fs/selinux/enforce"},
    {"sockstat", "proc/net/sockstat"},
    {"softnet", "proc/net/softnet_stat"},
    {"stat", "proc/stat"},
    {"thermal_zone", "sys/class/thermal/thermal_zone0/temp"},
    {"time", "sys/devices/system/clocksource/clocksource0/available_clocksource"},
    {"udp_queues", "proc/net/udp"},
    {"unit_pressure", "sys/fs/cgroup/a.slice/b.service/cpu.pressure", {kCgroups}},
    {"unit_pressure", "sys/fs/cgroup/a.slice/b.service/memory.current", {kCgroups}},
    {"unit_pressure", "sys/fs/cgroup/a.slice/b.service/memory.events", {kCgroups}},
    {"vmstat", "proc/vmstat"},
});

std::filesystem::path MakeRoot() {
  std::string pattern = "/tmp/procmarshal_fuzz_XXXXXX";
  const std::filesystem::path root = ::mkdtemp(pattern.data());
  static std::filesystem::path to_remove;
  to_remove = root;
  std::atexit([] { std::filesystem::remove_all(to_remove); });
  return root;
}

const Registration& Find(std::string_view name) {
  for (const Registration* entry : Registration::All()) {
    if (entry->Name() == name) return *entry;
  }
  std::abort();  // the list above is wrong
}

void Write(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

// The error or the page that comes of a target's file, or of there being none.
std::string Run(const Target& target, std::optional<std::string_view> content) {
  static const std::filesystem::path kRoot = MakeRoot();
  for (const File& beside : target.beside) {
    if (!beside.path.empty()) Write(kRoot / beside.path, beside.content);
  }
  if (content) Write(kRoot / target.path, *content);

  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  const auto collector = Find(target.collector)
                             .Make({.proc = PseudoFs(kRoot / "proc"),
                                    .sys = PseudoFs(kRoot / "sys"),
                                    .root = PseudoFs(kRoot)});
  const Status status = collector->Collect(out);
  if (!status && status.error().message.empty()) std::abort();
  out.Finish();
  std::string page;
  EncodeText(families, TextFormat::kOpenMetrics, page);
  if (!page.ends_with("# EOF\n")) std::abort();
  std::filesystem::remove(kRoot / target.path);
  for (const File& beside : target.beside) {
    if (!beside.path.empty()) std::filesystem::remove(kRoot / beside.path);
  }
  return status ? page : status.error().message;
}

bool IsRead(const Target& target) {
  const std::string without = Run(target, std::nullopt);
  constexpr auto kContents = std::to_array<std::string_view>(
      {"zz\n", "1\n", "oom 1\n", "E:ID_MODEL=z\n", "processor : x\n", "Ip6InOctets 1\n"});
  return std::ranges::any_of(
      kContents, [&](std::string_view content) { return Run(target, content) != without; });
}

}  // namespace
}  // namespace procmarshal

// A target whose file nobody reads would find nothing.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  bool are_read = true;
  for (const procmarshal::Target& target : procmarshal::kTargets) {
    if (IsRead(target)) continue;
    std::fprintf(stderr, "%s does not read %s\n", std::string(target.collector).c_str(),
                 std::string(target.path).c_str());
    are_read = false;
  }
  if (!are_read) std::abort();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  procmarshal::Run(procmarshal::kTargets.at(data[0] % procmarshal::kTargets.size()),
                   content.substr(1));
  return 0;
}
