#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace procmarshal {

// Which processes are read and shown, and at what cost.
struct ProcessSettings {
  std::size_t top = 50;  // so many processes by CPU and by memory are shown one by one
  bool all = false;      // shows every process
  bool threads = false;  // reads the files of threads too
  bool smaps = false;    // reads the proportional share of memory

  // Which of them may be shown one by one: shell patterns of which one has to fit; none: all.
  std::vector<std::string> users;
  std::vector<std::string> names;
  double min_cpu_ratio = 0;  // 1 = one core
  std::size_t min_memory_bytes = 0;

  // How long a group that was found, not declared, stays without a process; 0 is for ever.
  std::chrono::milliseconds group_ttl{3'600'000};
  std::size_t series_budget = 20'000;  // on /metrics

  bool operator==(const ProcessSettings&) const = default;
};

}  // namespace procmarshal
