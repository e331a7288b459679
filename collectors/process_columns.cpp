#include "collectors/process_columns.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "collectors/limit_use.h"
#include "collectors/process_limits.h"

namespace procmarshal {
namespace {

using prometheus::MetricType;
using Value = std::optional<double>;

constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;

Value IfTrue(bool known, auto value) {
  if (!known) return std::nullopt;
  return static_cast<double>(value);
}

Value IfNumber(double value) {
  if (std::isnan(value)) return std::nullopt;
  return value;
}

std::size_t At(Limit limit) {
  return static_cast<std::size_t>(limit);
}

Value SoftLimit(const Process& p, std::size_t limit) {
  if (!p.info->limits) return std::nullopt;
  return IfNumber(p.info->limits->soft.at(limit));
}

Value HardLimit(const Process& p, std::size_t limit) {
  if (!p.info->limits) return std::nullopt;
  return IfNumber(p.info->limits->hard.at(limit));
}

Value UsedRatio(const Process& p, std::size_t limit) {
  return LimitUsedRatio(p, static_cast<Limit>(limit));
}

ExtraLabels LimitLabel(const Process& /*process*/, std::size_t limit) {
  return {{{"limit", kLimitNames.at(limit)}, {}}};
}

ExtraLabels StateLabel(const Process& process, std::size_t /*argument*/) {
  return {{{"state", {&process->state, 1}}, {}}};
}

// sched(7); in the order of their numbers in linux/sched.h.
ExtraLabels PolicyLabel(const Process& process, std::size_t /*argument*/) {
  constexpr std::array<std::string_view, 8> kNames = {"other", "fifo", "rr",       "batch",
                                                      "iso",   "idle", "deadline", "ext"};
  const std::size_t policy = process->policy;
  return {{{"policy", policy < kNames.size() ? kNames.at(policy) : "unknown"}, {}}};
}

ExtraLabels PlaceLabels(const Process& process, std::size_t /*argument*/) {
  return {{{"slice", process.info->slice}, {"pod", process.info->pod}}};
}

constexpr std::array kBasics = {
    ProcessColumn{"linux_process_info", "Where the process belongs; always 1.", kGauge,
                  [](const Process&, std::size_t) { return IfTrue(true, 1); }, &PlaceLabels},
    ProcessColumn{"linux_process_state",
                  "The state of the process, by its letter in ps(1); always 1.", kGauge,
                  [](const Process&, std::size_t) { return IfTrue(true, 1); }, &StateLabel},
    ProcessColumn{"linux_process_scheduling_policy",
                  "The policy it is scheduled by, sched(7); always 1.", kGauge,
                  [](const Process&, std::size_t) { return IfTrue(true, 1); }, &PolicyLabel},
    ProcessColumn{
        "linux_process_cpu_user_seconds_total", "CPU time spent in user mode.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(true, p->counters.cpu_user_seconds); }},
    ProcessColumn{
        "linux_process_cpu_system_seconds_total", "CPU time spent in the kernel.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(true, p->counters.cpu_system_seconds); }},
    ProcessColumn{"linux_process_cpu_ratio",
                  "CPUs kept busy since the last scheduled sample; 1 is one core.", kGauge,
                  [](const Process& p, std::size_t) { return IfNumber(p.cpu_ratio); }},
    ProcessColumn{"linux_process_memory_resident_bytes", "Memory that is in RAM.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->resident_bytes); }},
    ProcessColumn{"linux_process_memory_virtual_bytes", "Address space in use.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->virtual_bytes); }},
    ProcessColumn{"linux_process_memory_swap_bytes", "Memory that was swapped out.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->swap_bytes); }},
    ProcessColumn{"linux_process_memory_shared_bytes",
                  "Resident memory that others may share: files and shared memory.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->shared_bytes); }},
    ProcessColumn{"linux_process_memory_proportional_bytes",
                  "Resident memory, of which a page that N processes share counts 1/N.", kGauge,
                  [](const Process& p, std::size_t) { return IfNumber(p.memory.pss_bytes); }},
    ProcessColumn{"linux_process_memory_proportional_swap_bytes",
                  "Swapped memory, of which a page that N processes share counts 1/N.", kGauge,
                  [](const Process& p, std::size_t) { return IfNumber(p.memory.swap_pss_bytes); }},
    ProcessColumn{"linux_process_memory_mappings", "Areas of its address space.", kGauge,
                  [](const Process& p, std::size_t) { return IfNumber(p.memory.mappings); }},
    ProcessColumn{"linux_process_memory_ratio", "Share of the host's RAM that is resident.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p.memory_ratio); }},
    ProcessColumn{
        "linux_process_minor_page_faults_total", "Page faults served without storage.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(true, p->counters.minor_faults); }},
    ProcessColumn{
        "linux_process_major_page_faults_total", "Page faults that had to read storage.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(true, p->counters.major_faults); }},
    ProcessColumn{
        "linux_process_voluntary_context_switches_total",
        "Times it gave up a CPU; of its main thread, unless processes.threads is on.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(true, p->counters.voluntary_switches); }},
    ProcessColumn{"linux_process_nonvoluntary_context_switches_total",
                  "Times it lost a CPU; of its main thread, unless processes.threads is on.",
                  kCounter,
                  [](const Process& p, std::size_t) {
                    return IfTrue(true, p->counters.nonvoluntary_switches);
                  }},
    ProcessColumn{
        "linux_process_read_bytes_total", "Bytes read from storage.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(p->has_io, p->counters.read_bytes); }},
    ProcessColumn{
        "linux_process_write_bytes_total", "Bytes written to storage.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(p->has_io, p->counters.write_bytes); }},
    ProcessColumn{"linux_process_cancelled_write_bytes_total",
                  "Bytes counted as written that never were: they were removed before.", kCounter,
                  [](const Process& p, std::size_t) {
                    return IfTrue(p->has_io, p->io.cancelled_write_bytes);
                  }},
    ProcessColumn{
        "linux_process_read_chars_total", "Bytes read, from storage or not.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(p->has_io, p->io.read_chars); }},
    ProcessColumn{
        "linux_process_write_chars_total", "Bytes written, to storage or not.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(p->has_io, p->io.write_chars); }},
    ProcessColumn{
        "linux_process_read_syscalls_total", "System calls that read.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(p->has_io, p->io.read_syscalls); }},
    ProcessColumn{
        "linux_process_write_syscalls_total", "System calls that write.", kCounter,
        [](const Process& p, std::size_t) { return IfTrue(p->has_io, p->io.write_syscalls); }},
    ProcessColumn{"linux_process_open_fds", "Open file descriptors.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(p->has_fds, p->open_fds); }},
    ProcessColumn{"linux_process_threads", "Threads.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->threads); }},
    ProcessColumn{"linux_process_nice", "Nice value, from -20 (first) to 19 (last).", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->nice); }},
    ProcessColumn{"linux_process_realtime_priority",
                  "Priority under a real-time policy, from 1 to 99; 0 under the others.", kGauge,
                  [](const Process& p, std::size_t) { return IfTrue(true, p->realtime_priority); }},
    ProcessColumn{
        "linux_process_oom_score",
        "How likely it is killed when memory runs out, from 0 (not) to 2000.", kGauge,
        [](const Process& p, std::size_t) { return IfTrue(p->has_oom_score, p->oom_score); }},
    ProcessColumn{
        "linux_process_oom_score_adj",
        "What was added to that score, from -1000 (never killed) to 1000.", kGauge,
        [](const Process& p, std::size_t) { return IfTrue(p->has_oom_score, p->oom_score_adj); }},
    ProcessColumn{
        "linux_process_start_time_seconds", "Start time as Unix time.", kGauge,
        [](const Process& p, std::size_t) { return IfTrue(true, p->start_time_seconds); }},
};

constexpr std::array kUsed = {Limit::kCpu,    Limit::kData,    Limit::kStack, Limit::kNproc,
                              Limit::kNofile, Limit::kMemlock, Limit::kAs,    Limit::kSigpending};

std::vector<ProcessColumn> MakeColumns() {
  std::vector<ProcessColumn> columns(kBasics.begin(), kBasics.end());
  const auto add = [&](std::string_view name, std::string_view help, auto value,
                       std::size_t limit) {
    columns.push_back({name, help, kGauge, value, &LimitLabel, limit});
  };
  for (std::size_t limit = 0; limit < kLimitNames.size(); ++limit) {
    add("linux_process_limit_soft",
        "Soft limit (getrlimit(2)) in seconds, bytes or numbers; +Inf: unlimited.", &SoftLimit,
        limit);
  }
  for (std::size_t limit = 0; limit < kLimitNames.size(); ++limit) {
    add("linux_process_limit_hard",
        "Hard limit (getrlimit(2)) in seconds, bytes or numbers; +Inf: unlimited.", &HardLimit,
        limit);
  }
  for (const Limit limit : kUsed) {
    add("linux_process_limit_used_ratio", "Share of its soft limit that the process uses.",
        &UsedRatio, At(limit));
  }
  return columns;
}

using Columns = std::span<const ProcessColumn>;

std::unordered_map<std::string_view, Columns> ByFamily(Columns all) {
  std::unordered_map<std::string_view, Columns> families;
  while (!all.empty()) {
    const auto end = std::ranges::find_if_not(
        all, [&](const ProcessColumn& column) { return column.name == all.front().name; });
    const auto count = static_cast<std::size_t>(end - all.begin());
    families.emplace(all.front().name, all.first(count));
    all = all.subspan(count);
  }
  return families;
}

}  // namespace

ProcessLabels::ProcessLabels(const Process& process) {
  const char* end = std::to_chars(pid_.data(), pid_.data() + pid_.size(), process->key.pid).ptr;
  const ProcessInfo& info = *process.info;
  labels_ = {{{"pid", {pid_.data(), end}},
              {"name", process->name},
              {"user", info.user},
              {"groupname", process.group ? std::string_view(*process.group) : std::string_view{}},
              {"unit", info.unit},
              {"container", info.container},
              {},
              {}}};
}

void ProcessLabels::SetExtra(std::span<const LabelView> extra) {
  count_ = kCommon;
  for (const LabelView& label : extra) {
    if (!label.name.empty()) labels_.at(count_++) = label;
  }
}

Columns ProcessColumns() {
  static const std::vector<ProcessColumn> kColumns = MakeColumns();
  return kColumns;
}

Columns ProcessColumnsOf(std::string_view family) {
  static const auto kFamilies = ByFamily(ProcessColumns());
  const auto found = kFamilies.find(family);
  return found != kFamilies.end() ? found->second : Columns{};
}

void DeclareProcessFamilies(FamilyWriter& out) {
  for (const ProcessColumn& column : ProcessColumns()) {
    if (column.type == kCounter) {
      (void)out.Counter(column.name, column.help);
    } else {
      (void)out.Gauge(column.name, column.help);
    }
  }
}

}  // namespace procmarshal
