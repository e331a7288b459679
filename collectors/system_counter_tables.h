#pragma once

#include <array>
#include <string_view>

#include "collectors/system_statistics.h"

namespace procmarshal {

// A counter and the rate that is made of it. `name` is that of the family, or of the CPU's mode.
template <typename Rates, typename Rate = double>
struct CounterOf {
  std::string_view name;
  Rate Rates::* rate;
};

// The orders of counters in SystemCounters.

inline constexpr std::array<CounterOf<CpuPercent>, 8> kCpuCounters = {{
    {"user", &CpuPercent::user},
    {"nice", &CpuPercent::nice},
    {"system", &CpuPercent::system},
    {"idle", &CpuPercent::idle},
    {"iowait", &CpuPercent::iowait},
    {"irq", &CpuPercent::irq},
    {"softirq", &CpuPercent::softirq},
    {"steal", &CpuPercent::steal},
}};

inline constexpr std::array<CounterOf<DiskRates>, 5> kDiskCounters = {{
    {"node_disk_read_bytes_total", &DiskRates::read_bytes_per_second},
    {"node_disk_written_bytes_total", &DiskRates::written_bytes_per_second},
    {"node_disk_reads_completed_total", &DiskRates::reads_per_second},
    {"node_disk_writes_completed_total", &DiskRates::writes_per_second},
    {"node_disk_io_time_seconds_total", &DiskRates::utilisation},
}};

inline constexpr std::array<CounterOf<InterfaceRates>, 8> kInterfaceCounters = {{
    {"node_network_receive_bytes_total", &InterfaceRates::receive_bytes_per_second},
    {"node_network_receive_packets_total", &InterfaceRates::receive_packets_per_second},
    {"node_network_receive_errs_total", &InterfaceRates::receive_errors_per_second},
    {"node_network_receive_drop_total", &InterfaceRates::receive_drops_per_second},
    {"node_network_transmit_bytes_total", &InterfaceRates::transmit_bytes_per_second},
    {"node_network_transmit_packets_total", &InterfaceRates::transmit_packets_per_second},
    {"node_network_transmit_errs_total", &InterfaceRates::transmit_errors_per_second},
    {"node_network_transmit_drop_total", &InterfaceRates::transmit_drops_per_second},
}};

// Each by itself: kernels have some of them.
inline constexpr std::array<CounterOf<PressureShare, std::optional<double>>, 6> kPressureCounters =
    {{
        {"node_pressure_cpu_waiting_seconds_total", &PressureShare::cpu_waiting},
        {"node_pressure_io_waiting_seconds_total", &PressureShare::io_waiting},
        {"node_pressure_io_stalled_seconds_total", &PressureShare::io_stalled},
        {"node_pressure_memory_waiting_seconds_total", &PressureShare::memory_waiting},
        {"node_pressure_memory_stalled_seconds_total", &PressureShare::memory_stalled},
        {"node_pressure_irq_stalled_seconds_total", &PressureShare::irq_stalled},
    }};

}  // namespace procmarshal
