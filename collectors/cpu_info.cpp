// /proc/cpuinfo: a block for each CPU, blocks separated by an empty line.
// "processor\t: 0", "vendor_id\t: GenuineIntel", "cpu family\t: 6", "model\t\t: 142", "model
// name\t: Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", "stepping\t: 10", "microcode\t: 0xb4", "cache
// size\t: 6144 KB", "physical id\t: 0", "core id\t\t: 0". ARM has little of that; PowerPC has "cpu"
// for the vendor, RISC-V has "hart" and "isa" for core and model.
//
// s390x has "vendor_id       : IBM/S390" at the start, then a line for each CPU, "processor 0:
// version = FF,  identification = 2733E8,  machine = 2964", then a block for each, which begins
// with "cpu number      : 0".
#include "collectors/cpu_info.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Key {
  std::string_view key;
  std::string CpuInfo::* field;
};

constexpr std::array<Key, 13> kKeys = {{
    {"vendor_id", &CpuInfo::vendor},
    {"cpu family", &CpuInfo::family},
    {"model", &CpuInfo::model},
    {"model name", &CpuInfo::model_name},
    {"stepping", &CpuInfo::stepping},
    {"microcode", &CpuInfo::microcode},
    {"cache size", &CpuInfo::cache_size},
    {"physical id", &CpuInfo::package},
    {"core id", &CpuInfo::core},
    {"vendor", &CpuInfo::vendor},
    {"cpu", &CpuInfo::vendor},
    {"hart", &CpuInfo::core},
    {"isa", &CpuInfo::model_name},
}};

class Reader {
 public:
  Status ReadLine(std::string_view line) {
    std::string_view value = line;
    const std::string_view key = Trim(TakeUntil(value, ':'));
    value = Trim(value);
    if (key == "processor") {
      if (!ParseNumber<unsigned>(value)) {
        return FailExpected(R"(cpuinfo: expected "processor : NUMBER")", line);
      }
      Begin(value);
    } else if (key.starts_with(kOfS390) && ParseNumber<unsigned>(key.substr(kOfS390.size()))) {
      Begin(key.substr(kOfS390.size()));
      in_block_ = false;
    } else if (key == "cpu number") {
      current_ = std::ranges::find(cpus_, value, &CpuInfo::cpu) - cpus_.begin();
      in_block_ = current_ < std::ssize(cpus_);
    } else {
      Take(key, value);
    }
    return {};
  }

  [[nodiscard]] std::vector<CpuInfo> Cpus() && { return std::move(cpus_); }

 private:
  static constexpr std::string_view kOfS390 = "processor ";

  void Begin(std::string_view cpu) {
    current_ = std::ssize(cpus_);
    cpus_.push_back(common_);
    cpus_.back().cpu = cpu;
    in_block_ = true;
  }

  // A block ends with an empty line: PowerPC tells of the machine behind the last one.
  void Take(std::string_view key, std::string_view value) {
    if (key.empty()) in_block_ = false;
    if (cpus_.empty() && key == "vendor_id") common_.vendor = value;
    const auto* const known = std::ranges::find(kKeys, key, &Key::key);
    if (in_block_ && known != kKeys.end()) {
      cpus_.at(static_cast<std::size_t>(current_)).*(known->field) = value;
    }
  }

  std::vector<CpuInfo> cpus_;
  CpuInfo common_;  // what is said before the first one
  std::ptrdiff_t current_ = 0;
  bool in_block_ = false;
};

}  // namespace

Result<std::vector<CpuInfo>> ParseCpuInfo(std::string_view text) {
  Reader reader;
  while (!text.empty()) {
    if (auto read = reader.ReadLine(TakeUntil(text, '\n')); !read) {
      return tl::unexpected(read.error());
    }
  }
  return std::move(reader).Cpus();
}

void WriteCpuInfo(const std::vector<CpuInfo>& cpus, FamilyWriter& out) {
  for (const CpuInfo& info : cpus) {
    out.Gauge("node_cpu_info", "The CPU's place and make, from /proc/cpuinfo; always 1.")
        .Add(1, {{"package", info.package},
                 {"core", info.core},
                 {"cpu", info.cpu},
                 {"vendor", info.vendor},
                 {"family", info.family},
                 {"model", info.model},
                 {"model_name", info.model_name},
                 {"microcode", info.microcode},
                 {"stepping", info.stepping},
                 {"cachesize", info.cache_size}});
  }
}

}  // namespace procmarshal
