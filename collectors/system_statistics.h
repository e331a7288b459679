#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/system_counters.h"

namespace procmarshal {

// Percent of the time of all CPUs together, 0 to 100. The modes add up to 100.
struct CpuPercent {
  double user = 0;  // guests included, and so in nice
  double nice = 0;
  double system = 0;
  double idle = 0;
  double iowait = 0;
  double irq = 0;
  double softirq = 0;
  double steal = 0;
  double busy = 0;  // all modes but idle and iowait
};

struct CpuUse {
  std::string cpu;                     // its number
  std::optional<double> busy_percent;  // 0 to 100
};

struct DiskRates {
  double read_bytes_per_second = 0;
  double written_bytes_per_second = 0;
  double reads_per_second = 0;   // operations that completed
  double writes_per_second = 0;  // likewise
  double utilisation = 0;        // part of the time in which it had something to do, 0 to 1
};

struct DiskUse {
  std::string device;
  std::optional<DiskRates> rates;
};

struct InterfaceRates {
  double receive_bytes_per_second = 0;
  double receive_packets_per_second = 0;
  double receive_errors_per_second = 0;
  double receive_drops_per_second = 0;
  double transmit_bytes_per_second = 0;
  double transmit_packets_per_second = 0;
  double transmit_errors_per_second = 0;
  double transmit_drops_per_second = 0;
};

struct InterfaceUse {
  std::string device;
  std::optional<InterfaceRates> rates;
};

// Part of the time in which tasks waited for a resource, 0 to 1: at least one of them (waiting), or
// all at once (stalled). Documentation/accounting/psi.rst has "some" and "full".
struct PressureShare {
  std::optional<double> cpu_waiting;
  std::optional<double> io_waiting;
  std::optional<double> io_stalled;
  std::optional<double> memory_waiting;
  std::optional<double> memory_stalled;
  std::optional<double> irq_stalled;
};

// The system in numbers for people: what it is like now, and rates since an earlier moment. A rate
// is absent where there is none: of what is new since then, and of what counts from the beginning
// again, as a CPU that was off and a device that was taken away do. For such a reset nothing is
// guessed: the next interval has a rate again.
struct SystemStatistics {
  SystemState state;
  std::optional<double> interval_seconds;  // of the rates; absent: there are none
  std::optional<CpuPercent> cpu;           // of the CPUs that have a rate
  std::vector<CpuUse> cpus;                // by number
  std::vector<DiskUse> disks;              // by name
  // Of the disks that have a rate, and are not made of others on this list, as partitions, RAID and
  // LVM volumes are: their bytes would count twice. The utilisation is that of the busiest.
  std::optional<DiskRates> all_disks;
  std::vector<InterfaceUse> interfaces;  // by name
  // Of the interfaces that have a rate, without the loopback and those whose traffic passes through
  // another too, as of bridges, bonds, VLANs, tunnels and containers: known by the names that
  // programs give them.
  std::optional<InterfaceRates> all_interfaces;
  PressureShare pressure;
};

// `before` is of an earlier snapshot of the same host, or null. One that is not earlier gives no
// rates.
[[nodiscard]] SystemStatistics Summarize(const SystemCounters& now, const SystemCounters* before);

}  // namespace procmarshal
