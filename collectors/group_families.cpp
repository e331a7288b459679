#include "collectors/group_families.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace procmarshal {
namespace {

using Groups = std::span<const Group>;

struct Field {
  std::string_view name;
  std::string_view help;
  double (*value)(const Group&);
};

constexpr std::array<Field, 11> kGauges = {{
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
    {"linux_group_memory_resident_bytes", "Memory of the group's processes that is in RAM.",
     [](const Group& group) { return static_cast<double>(group.resident_bytes); }},
    {"linux_group_memory_resident_max_bytes", "Memory in RAM of the group's largest process.",
     [](const Group& group) { return static_cast<double>(group.resident_max_bytes); }},
    {"linux_group_cpu_ratio", "CPUs that the group keeps busy; 1 is one core.",
     [](const Group& group) { return group.cpu_ratio; }},
    {"linux_group_cpu_max_ratio", "CPUs that the group's busiest process keeps busy.",
     [](const Group& group) { return group.cpu_max_ratio; }},
    {"linux_group_open_fds", "Open file descriptors of the group's processes.",
     [](const Group& group) { return static_cast<double>(group.open_fds); }},
    {"linux_group_open_max_fds", "Open file descriptors of the process that has most.",
     [](const Group& group) { return static_cast<double>(group.open_fds_max); }},
}};

// Both kinds of counters: of groups, and of the threads of one name in a group.
void WriteCounters(Groups groups, FamilyWriter& out) {
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
  auto switches = out.Counter(
      "namedprocess_namegroup_context_switches_total",
      "Context switches; of the processes' main threads only, unless processes.threads is on.");
  for (const Group& group : groups) {
    const ProcessCounters& counters = group.counters;
    const LabelView name{"groupname", *group.name};
    cpu.Add(counters.cpu_user_seconds, {name, {"mode", "user"}});
    cpu.Add(counters.cpu_system_seconds, {name, {"mode", "system"}});
    reads.Add(static_cast<double>(counters.read_bytes), {name});
    writes.Add(static_cast<double>(counters.write_bytes), {name});
    major.Add(static_cast<double>(counters.major_faults), {name});
    minor.Add(static_cast<double>(counters.minor_faults), {name});
    switches.Add(static_cast<double>(counters.voluntary_switches),
                 {name, {"ctxswitchtype", "voluntary"}});
    switches.Add(static_cast<double>(counters.nonvoluntary_switches),
                 {name, {"ctxswitchtype", "nonvoluntary"}});
  }
}

void WriteMemory(Groups groups, bool smaps, FamilyWriter& out) {
  auto memory = out.Gauge("namedprocess_namegroup_memory_bytes",
                          "Memory of the group's processes; what they share counts for each, but "
                          "in the proportional types.");
  for (const Group& group : groups) {
    const auto add = [&](std::string_view type, auto bytes) {
      memory.Add(static_cast<double>(bytes), {{"groupname", *group.name}, {"memtype", type}});
    };
    add("resident", group.resident_bytes);
    add("virtual", group.virtual_bytes);
    add("swapped", group.swap_bytes);
    if (!smaps) continue;
    add("proportionalResident", group.pss_bytes);
    add("proportionalSwapped", group.swap_pss_bytes);
  }
}

void WriteStates(Groups groups, FamilyWriter& out) {
  auto states = out.Gauge("namedprocess_namegroup_states", "Processes of the group in each state.");
  for (const Group& group : groups) {
    for (std::size_t i = 0; i < kGroupStateNames.size(); ++i) {
      states.Add(static_cast<double>(group.states.at(i)),
                 {{"groupname", *group.name}, {"state", kGroupStateNames.at(i)}});
    }
  }
}

void WriteThreads(Groups groups, FamilyWriter& out) {
  auto count = out.Gauge("namedprocess_namegroup_thread_count", "Threads of that name.");
  auto cpu = out.Counter("namedprocess_namegroup_thread_cpu_seconds_total",
                         "CPU time used by threads of that name, ended ones included.");
  auto bytes = out.Counter("namedprocess_namegroup_thread_io_bytes_total",
                           "Bytes that threads of that name read from and wrote to storage.");
  auto major = out.Counter("namedprocess_namegroup_thread_major_page_faults_total",
                           "Page faults of threads of that name that had to read storage.");
  auto minor = out.Counter("namedprocess_namegroup_thread_minor_page_faults_total",
                           "Page faults of threads of that name served without storage.");
  auto switches = out.Counter("namedprocess_namegroup_thread_context_switches_total",
                              "Context switches of threads of that name.");
  const auto write = [&](const Group& group, const ThreadGroup& threads) {
    const ProcessCounters& counters = threads.counters;
    const LabelView name{"groupname", *group.name};
    const LabelView thread{"threadname", threads.name};
    count.Add(static_cast<double>(threads.threads), {name, thread});
    cpu.Add(counters.cpu_user_seconds, {name, thread, {"mode", "user"}});
    cpu.Add(counters.cpu_system_seconds, {name, thread, {"mode", "system"}});
    bytes.Add(static_cast<double>(counters.read_bytes), {name, thread, {"iomode", "read"}});
    bytes.Add(static_cast<double>(counters.write_bytes), {name, thread, {"iomode", "write"}});
    major.Add(static_cast<double>(counters.major_faults), {name, thread});
    minor.Add(static_cast<double>(counters.minor_faults), {name, thread});
    switches.Add(static_cast<double>(counters.voluntary_switches),
                 {name, thread, {"ctxswitchtype", "voluntary"}});
    switches.Add(static_cast<double>(counters.nonvoluntary_switches),
                 {name, thread, {"ctxswitchtype", "nonvoluntary"}});
  };
  for (const Group& group : groups) {
    for (const ThreadGroup& threads : group.thread_groups) {
      if (threads.last_alive != BootTime()) write(group, threads);
    }
  }
}

void WriteWaitChannels(Groups groups, FamilyWriter& out) {
  auto waiting = out.Gauge("namedprocess_namegroup_threads_wchan",
                           "Threads of the group that wait in that function of the kernel.");
  for (const Group& group : groups) {
    for (const WaitChannel& channel : group.wait_channels) {
      waiting.Add(static_cast<double>(channel.threads),
                  {{"groupname", *group.name}, {"wchan", channel.function}});
    }
  }
}

void WriteLimits(Groups groups, FamilyWriter& out) {
  auto used = out.Gauge("linux_group_limit_used_ratio",
                        "Highest share of the limit that a process of the group, or its cgroup, "
                        "uses.");
  for (const Group& group : groups) {
    for (std::size_t i = 0; i < kGroupLimitNames.size(); ++i) {
      const double ratio = group.limits.ratios.at(i);
      if (std::isnan(ratio)) continue;
      used.Add(ratio, {{"groupname", *group.name}, {"limit", kGroupLimitNames.at(i)}});
    }
  }
}

void WriteAges(Groups groups, WallTime now, FamilyWriter& out) {
  auto sum = out.Gauge("linux_group_age_seconds",
                       "Ages of the group's processes, added up; by num_procs the mean.");
  auto most = out.Gauge("linux_group_age_max_seconds", "Age of the group's oldest process.");
  const double time = Seconds(now.time_since_epoch());
  for (const Group& group : groups) {
    const double total =
        (time * static_cast<double>(group.processes)) - group.start_time_seconds_sum;
    const double oldest = group.processes > 0 ? time - group.oldest_start_time_seconds : 0;
    sum.Add(std::max(total, 0.0), {{"groupname", *group.name}});
    most.Add(std::max(oldest, 0.0), {{"groupname", *group.name}});
  }
}

void WritePlaces(Groups groups, FamilyWriter& out) {
  auto processes =
      out.Gauge("linux_group_processes",
                "Processes of the group by systemd unit and slice, container and Kubernetes pod.");
  for (const Group& group : groups) {
    for (const GroupPlace& place : group.places) {
      processes.Add(static_cast<double>(place.processes), {{"groupname", *group.name},
                                                           {"unit", place.unit},
                                                           {"slice", place.slice},
                                                           {"container", place.container},
                                                           {"pod", place.pod}});
    }
  }
}

}  // namespace

void WriteGroups(Groups groups, WallTime now, const GroupFamilies& wanted, FamilyWriter& out) {
  for (const Field& field : kGauges) {
    auto family = out.Gauge(field.name, field.help);
    for (const Group& group : groups) {
      family.Add(field.value(group), {{"groupname", *group.name}});
    }
  }
  WriteCounters(groups, out);
  WriteMemory(groups, wanted.smaps, out);
  WriteStates(groups, out);
  WriteAges(groups, now, out);
  WriteLimits(groups, out);
  WritePlaces(groups, out);
  if (!wanted.threads) return;
  WriteThreads(groups, out);
  WriteWaitChannels(groups, out);
}

}  // namespace procmarshal
