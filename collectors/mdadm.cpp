// Software RAID, from /proc/mdstat (see mdstat.cpp), and /sys/block/NAME/md/{raid_disks,degraded}:
// "5", or "5 (4)" while the array is made larger.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/mdstat.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

// The sixth is not node_exporter's, which shows none of the others either while it lasts.
constexpr std::array<std::string_view, 6> kStates = {"active", "inactive", "recovering",
                                                     "resync", "check",    "reshape"};

void Write(const std::vector<MdArray>& arrays, FamilyWriter& out) {
  auto blocks = out.Gauge("node_md_blocks", "Size of the array, in blocks of 1024 bytes.");
  auto synced = out.Gauge("node_md_blocks_synced", "Blocks of the array that are in sync.");
  auto disks = out.Gauge("node_md_disks", "Disks of the array that work, failed or are spare.");
  auto required = out.Gauge("node_md_disks_required", "Disks that the array is made of.");
  auto states = out.Gauge("node_md_state", "Whether this is the state of the array.");
  for (const MdArray& array : arrays) {
    const LabelView device{"device", array.name};
    blocks.Add(static_cast<double>(array.blocks), {device});
    synced.Add(static_cast<double>(array.blocks_synced), {device});
    disks.Add(static_cast<double>(array.disks_active), {device, {"state", "active"}});
    disks.Add(static_cast<double>(array.disks_failed), {device, {"state", "failed"}});
    disks.Add(static_cast<double>(array.disks_spare), {device, {"state", "spare"}});
    required.Add(static_cast<double>(array.disks_required), {device});
    for (const std::string_view state : kStates) {
      states.Add(array.state == state ? 1 : 0, {device, {"state", state}});
    }
  }
}

// The first number of a file; nullopt if there is no such file, or nothing in it, as for an array
// that is not assembled.
Result<std::optional<double>> ReadFirst(const PseudoFs& sys, const std::string& path) {
  const auto text = ReadAttribute(sys, path);
  if (!text || text->empty()) return std::optional<double>();
  std::string_view rest = *text;
  const auto number = ParseNumber<std::uint64_t>(TakeUntil(rest, ' '));
  if (!number) return FailExpected(path + ": expected a number", *text);
  return static_cast<double>(*number);
}

// Arrays without redundancy have no file "degraded": they can't be.
Status WriteRaid(const PseudoFs& sys, const MdArray& array, FamilyWriter& out) {
  if (array.name.find('/') != std::string::npos) return {};
  const std::string folder = "block/" + array.name + "/md/";
  const auto disks = ReadFirst(sys, folder + "raid_disks");
  if (!disks) return tl::unexpected(disks.error());
  const auto degraded = ReadFirst(sys, folder + "degraded");
  if (!degraded) return tl::unexpected(degraded.error());
  if (const std::optional<double>& count = *disks) {
    out.Gauge("node_md_raid_disks", "Disks that the array is to have.")
        .Add(*count, {{"device", array.name}});
    out.Gauge("node_md_degraded", "Disks that the array lacks.")
        .Add(degraded->value_or(0), {{"device", array.name}});
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto arrays = env.proc.RereadLines("mdstat").and_then(ParseMdstat);
  if (!arrays) return tl::unexpected(arrays.error());
  if (arrays->empty()) return {};
  Write(*arrays, out);
  for (const MdArray& array : *arrays) {
    if (auto written = WriteRaid(env.sys, array, out); !written) return written;
  }
  return {};
}

const Registration kRegistration("mdadm", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
