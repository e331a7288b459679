#include "collectors/process_families.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace procmarshal {
namespace {

using prometheus::MetricType;

std::optional<double> IfTrue(bool known, std::uint64_t value) {
  if (!known) return std::nullopt;
  return static_cast<double>(value);
}

constexpr std::array kColumns = {
    ProcessColumn{"linux_process_cpu_user_seconds_total", "CPU time spent in user mode.",
                  MetricType::Counter,
                  [](const Process& p) -> std::optional<double> { return p.cpu_user_seconds; }},
    ProcessColumn{"linux_process_cpu_system_seconds_total", "CPU time spent in the kernel.",
                  MetricType::Counter,
                  [](const Process& p) -> std::optional<double> { return p.cpu_system_seconds; }},
    ProcessColumn{"linux_process_cpu_ratio",
                  "CPUs kept busy since the last scheduled sample; 1 is one core.",
                  MetricType::Gauge,
                  [](const Process& p) -> std::optional<double> {
                    if (std::isnan(p.cpu_ratio)) return std::nullopt;
                    return p.cpu_ratio;
                  }},
    ProcessColumn{"linux_process_memory_resident_bytes", "Memory that is in RAM.",
                  MetricType::Gauge,
                  [](const Process& p) { return IfTrue(true, p.resident_bytes); }},
    ProcessColumn{"linux_process_memory_virtual_bytes", "Address space in use.", MetricType::Gauge,
                  [](const Process& p) { return IfTrue(true, p.virtual_bytes); }},
    ProcessColumn{"linux_process_memory_swap_bytes", "Memory that was swapped out.",
                  MetricType::Gauge, [](const Process& p) { return IfTrue(true, p.swap_bytes); }},
    ProcessColumn{"linux_process_memory_ratio", "Share of the host's RAM that is resident.",
                  MetricType::Gauge,
                  [](const Process& p) -> std::optional<double> { return p.memory_ratio; }},
    ProcessColumn{"linux_process_minor_page_faults_total", "Page faults served without storage.",
                  MetricType::Counter,
                  [](const Process& p) { return IfTrue(true, p.minor_faults); }},
    ProcessColumn{"linux_process_major_page_faults_total", "Page faults that had to read storage.",
                  MetricType::Counter,
                  [](const Process& p) { return IfTrue(true, p.major_faults); }},
    ProcessColumn{"linux_process_read_bytes_total", "Bytes read from storage.", MetricType::Counter,
                  [](const Process& p) { return IfTrue(p.has_io, p.read_bytes); }},
    ProcessColumn{"linux_process_write_bytes_total", "Bytes written to storage.",
                  MetricType::Counter,
                  [](const Process& p) { return IfTrue(p.has_io, p.write_bytes); }},
    ProcessColumn{"linux_process_open_fds", "Open file descriptors.", MetricType::Gauge,
                  [](const Process& p) { return IfTrue(p.has_fds, p.open_fds); }},
    ProcessColumn{"linux_process_threads", "Threads.", MetricType::Gauge,
                  [](const Process& p) { return IfTrue(true, p.threads); }},
    ProcessColumn{"linux_process_nice", "Nice value, from -20 (first) to 19 (last).",
                  MetricType::Gauge,
                  [](const Process& p) -> std::optional<double> { return p.nice; }},
    ProcessColumn{"linux_process_start_time_seconds", "Start time as Unix time.", MetricType::Gauge,
                  [](const Process& p) -> std::optional<double> { return p.start_time_seconds; }},
};

FamilyWriter::Family Declare(const ProcessColumn& column, FamilyWriter& out) {
  return column.type == MetricType::Counter ? out.Counter(column.name, column.help)
                                            : out.Gauge(column.name, column.help);
}

// Adds the `top` processes with the highest `field` to `chosen`.
void TakeTop(std::vector<const Process*>& all, std::size_t top, double Process::* field,
             std::vector<const Process*>& chosen) {
  const std::size_t count = std::min(top, all.size());
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::nth_element(all, end, [field](const Process* a, const Process* b) {
    const double first = std::fmax(a->*field, 0);  // NaN counts as 0
    const double second = std::fmax(b->*field, 0);
    // Most processes are idle: among equals the choice must not change from sample to sample.
    return first != second ? first > second : a->key < b->key;
  });
  chosen.insert(chosen.end(), all.begin(), end);
}

void WriteCounters(std::span<const Group> groups, FamilyWriter& out) {
  auto cpu = out.Counter("namedprocess_namegroup_cpu_seconds_total",
                         "CPU time used by the group's processes, ended ones included.");
  auto reads = out.Counter("namedprocess_namegroup_read_bytes_total",
                           "Bytes the group's processes read from storage.");
  auto writes = out.Counter("namedprocess_namegroup_write_bytes_total",
                            "Bytes the group's processes wrote to storage.");
  auto major = out.Counter("namedprocess_namegroup_major_page_faults_total",
                           "Page faults that had to read storage.");
  auto minor = out.Counter("namedprocess_namegroup_minor_page_faults_total",
                           "Page faults served without storage.");
  for (const Group& group : groups) {
    const ProcessCounters& counters = group.counters;
    cpu.Add(counters.cpu_user_seconds, {{"groupname", group.name}, {"mode", "user"}});
    cpu.Add(counters.cpu_system_seconds, {{"groupname", group.name}, {"mode", "system"}});
    reads.Add(static_cast<double>(counters.read_bytes), {{"groupname", group.name}});
    writes.Add(static_cast<double>(counters.write_bytes), {{"groupname", group.name}});
    major.Add(static_cast<double>(counters.major_faults), {{"groupname", group.name}});
    minor.Add(static_cast<double>(counters.minor_faults), {{"groupname", group.name}});
  }
}

void WriteMemory(std::span<const Group> groups, FamilyWriter& out) {
  auto memory = out.Gauge("namedprocess_namegroup_memory_bytes",
                          "Memory of the group's processes; shared memory counts for each.");
  for (const Group& group : groups) {
    const auto add = [&](std::string_view type, std::uint64_t bytes) {
      memory.Add(static_cast<double>(bytes), {{"groupname", group.name}, {"memtype", type}});
    };
    add("resident", group.resident_bytes);
    add("virtual", group.virtual_bytes);
    add("swapped", group.swap_bytes);
  }
}

void WriteStates(std::span<const Group> groups, FamilyWriter& out) {
  auto states = out.Gauge("namedprocess_namegroup_states", "Processes of the group in each state.");
  for (const Group& group : groups) {
    for (std::size_t i = 0; i < kGroupStateNames.size(); ++i) {
      states.Add(static_cast<double>(group.states.at(i)),
                 {{"groupname", group.name}, {"state", kGroupStateNames.at(i)}});
    }
  }
}

}  // namespace

std::span<const ProcessColumn> ProcessColumns() {
  return kColumns;
}

ProcessLabels::ProcessLabels(const Process& process) {
  const char* end = std::to_chars(pid_.data(), pid_.data() + pid_.size(), process.key.pid).ptr;
  const ProcessInfo& info = *process.info;
  labels_ = {{{"pid", {pid_.data(), end}},
              {"name", process.name},
              {"user", info.user},
              {"groupname", info.group},
              {"unit", info.unit},
              {"container", info.container}}};
}

std::vector<const Process*> TopProcesses(std::span<const Process> processes, std::size_t top) {
  std::vector<const Process*> all;
  all.reserve(processes.size());
  for (const Process& process : processes) all.push_back(&process);

  std::vector<const Process*> chosen;
  TakeTop(all, top, &Process::cpu_ratio, chosen);
  TakeTop(all, top, &Process::memory_ratio, chosen);
  std::ranges::sort(chosen);  // by address: the rows ascend by pid
  const auto twice = std::ranges::unique(chosen);
  chosen.erase(twice.begin(), twice.end());
  return chosen;
}

void WriteProcesses(std::span<const Process* const> processes, FamilyWriter& out) {
  std::vector<FamilyWriter::Family> families;
  families.reserve(kColumns.size());
  for (const ProcessColumn& column : kColumns) families.push_back(Declare(column, out));

  for (const Process* process : processes) {
    const ProcessLabels labels(*process);
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      if (const auto value = kColumns.at(i).value(*process)) families[i].Add(*value, labels.All());
    }
  }
}

void WriteGroups(std::span<const Group> groups, FamilyWriter& out) {
  struct Field {
    std::string_view name;
    std::string_view help;
    double (*value)(const Group&);
  };
  constexpr std::array<Field, 5> kFields = {{
      {"namedprocess_namegroup_num_procs", "Processes of the group.",
       [](const Group& group) { return static_cast<double>(group.processes); }},
      {"namedprocess_namegroup_num_threads", "Threads of the group's processes.",
       [](const Group& group) { return static_cast<double>(group.threads); }},
      {"namedprocess_namegroup_open_filedesc", "Open file descriptors of the group's processes.",
       [](const Group& group) { return static_cast<double>(group.open_fds); }},
      {"namedprocess_namegroup_worst_fd_ratio",
       "Highest share of its limit of open files that a process of the group uses.",
       [](const Group& group) { return group.worst_fd_ratio; }},
      {"namedprocess_namegroup_oldest_start_time_seconds",
       "Start of the group's oldest process as Unix time; 0 while it has none.",
       [](const Group& group) { return group.oldest_start_time_seconds; }},
  }};
  for (const Field& field : kFields) {
    auto family = out.Gauge(field.name, field.help);
    for (const Group& group : groups) family.Add(field.value(group), {{"groupname", group.name}});
  }
  WriteCounters(groups, out);
  WriteMemory(groups, out);
  WriteStates(groups, out);
}

}  // namespace procmarshal
