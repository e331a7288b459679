#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/family_writer.h"

namespace procmarshal {

// What /proc/cpuinfo says of one CPU. What the architecture does not tell is empty.
struct CpuInfo {
  std::string cpu;
  std::string package;
  std::string core;
  std::string vendor;
  std::string family;
  std::string model;
  std::string model_name;
  std::string microcode;
  std::string stepping;
  std::string cache_size;
};

[[nodiscard]] Result<std::vector<CpuInfo>> ParseCpuInfo(std::string_view text);

// The family node_cpu_info, if there are CPUs.
void WriteCpuInfo(const std::vector<CpuInfo>& cpus, FamilyWriter& out);

}  // namespace procmarshal
