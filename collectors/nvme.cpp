// NVMe disks, from /sys/class/nvme/nvme0: "model", "serial", "firmware_rev", "state" ("live"),
// "cntlid", and a folder for each namespace: "nvme0n1", or "nvme0c1n1", which is one of several
// ways to nvme0n1.

#include <re2/re2.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/slow_files.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

constexpr double kSector = 512;  // bytes: sizes in sysfs, whatever the disk's blocks are

struct Namespace {
  std::string id;
  std::string folder;
};

struct Device {
  std::string name;
  std::string folder;
  std::string state;
  std::vector<Namespace> namespaces;
};

// In blocks. The kernel asks the disk for it, and waits up to a minute for an answer.
std::string UsedPath(const Namespace& of) {
  return of.folder + "/nuse";
}

Result<std::optional<double>> ParseUsed(const std::string& path, const SlowFiles::Contents& slow) {
  const auto found = slow.find(path);
  if (found == slow.end()) return std::optional<double>();
  const auto blocks = ParseFinite(found->second);
  if (!blocks) return FailExpected(path + ": expected a number", found->second);
  return blocks;
}

// Nullopt if it was unplugged.
std::optional<Device> ReadDevice(const PseudoFs& sys, const std::string& name) {
  static const re2::RE2 kNamespace(R"(nvme\d+(?:c\d+)?n(\d+))");
  Device device{.name = name, .folder = "class/nvme/" + name, .state = {}, .namespaces = {}};
  const auto names = sys.List(device.folder);
  auto state = ReadAttribute(sys, device.folder + "/state");
  if (!names || !state) return std::nullopt;
  device.state = *std::move(state);
  for (const std::string& entry : *names) {
    std::string id;
    if (!re2::RE2::FullMatch(entry, kNamespace, &id)) continue;
    device.namespaces.push_back({.id = std::move(id), .folder = device.folder + "/" + entry});
  }
  return device;
}

class NvmeCollector final : public Collector {
 public:
  explicit NvmeCollector(const Environment& env)
      : sys_(env.sys),
        slow_(*env.clock, std::chrono::minutes(1),
              [sys = PseudoFs(sys_.Root())](const auto& path) { return ReadLine(sys, path); }) {}

  Status Collect(FamilyWriter& out) override {
    const auto names = sys_.List("class/nvme");
    if (!names) return tl::unexpected(names.error());
    std::vector<Device> devices;
    for (const std::string& name : *names) {
      if (auto device = ReadDevice(sys_, name)) devices.push_back(*std::move(device));
    }
    const auto slow = slow_.Get(SlowPaths(devices));
    if (!slow) return tl::unexpected(slow.error());
    for (const Device& device : devices) {
      WriteInfo(device, out);
      for (const Namespace& of : device.namespaces) {
        if (auto written = WriteNamespace(device, of, **slow, out); !written) return written;
      }
    }
    return {};
  }

 private:
  // Only of disks that answer.
  static std::vector<std::string> SlowPaths(const std::vector<Device>& devices) {
    std::vector<std::string> paths;
    for (const Device& device : devices) {
      if (device.state != "live") continue;
      for (const Namespace& of : device.namespaces) paths.push_back(UsedPath(of));
    }
    return paths;
  }

  void WriteInfo(const Device& device, FamilyWriter& out) const {
    const auto read = [&](const char* name) {
      return ReadAttribute(sys_, device.folder + "/" + name).value_or("");
    };
    out.Gauge("node_nvme_info", "What the disk is, always 1.")
        .Add(1, {{"device", device.name},
                 {"firmware_revision", read("firmware_rev")},
                 {"model", read("model")},
                 {"serial", read("serial")},
                 {"state", device.state},
                 {"cntlid", read("cntlid")}});
  }

  Status WriteNamespace(const Device& device, const Namespace& of, const SlowFiles::Contents& slow,
                        FamilyWriter& out) const {
    const auto ana_state = ReadAttribute(sys_, of.folder + "/ana_state");
    out.Gauge("node_nvme_namespace_info", "How the namespace can be reached, always 1.")
        .Add(1, {{"device", device.name},
                 {"nsid", of.id},
                 {"ana_state", ana_state ? std::string_view(*ana_state) : "unknown"}});
    const auto sectors = ReadNumber(sys_, of.folder + "/size");
    if (!sectors) return tl::unexpected(sectors.error());
    const auto block = ReadNumber(sys_, of.folder + "/queue/logical_block_size");
    if (!block) return tl::unexpected(block.error());
    const auto used = ParseUsed(UsedPath(of), slow);
    if (!used) return tl::unexpected(used.error());
    WriteSizes({{"device", device.name}, {"nsid", of.id}},
               {.sectors = *sectors, .block = *block, .used = *used}, out);
    return {};
  }

  struct Sizes {
    std::optional<double> sectors;
    std::optional<double> block;  // in bytes
    std::optional<double> used;   // in blocks
  };

  static void WriteSizes(FamilyWriter::Family::Labels labels, const Sizes& sizes,
                         FamilyWriter& out) {
    if (sizes.sectors) {
      out.Gauge("node_nvme_namespace_capacity_bytes", "Size of the namespace, in bytes.")
          .Add(*sizes.sectors * kSector, labels);
      out.Gauge("node_nvme_namespace_size_bytes", "Size of the namespace, in bytes.")
          .Add(*sizes.sectors * kSector, labels);
    }
    if (!sizes.block) return;
    out.Gauge("node_nvme_namespace_logical_block_size_bytes",
              "Size of a block of the namespace, in bytes.")
        .Add(*sizes.block, labels);
    if (!sizes.used) return;
    out.Gauge("node_nvme_namespace_used_bytes", "What the namespace takes, in bytes.")
        .Add(*sizes.used * *sizes.block, labels);
  }

  PseudoFs sys_;
  SlowFiles slow_;
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<NvmeCollector>(env);
}

const Registration kRegistration("nvme", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
