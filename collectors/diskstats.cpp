// I/O of disks, from /proc/diskstats (see disk_stats.cpp), and what these disks are: from udev's
// files (see udev_properties.cpp), /sys/block/NAME/queue/rotational and /sys/block/NAME/slaves.

#include <re2/re2.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/disk_stats.h"
#include "collectors/udev_properties.h"

namespace procmarshal {
namespace {

// node_exporter's default: partitions, and what is no disk.
constexpr const char* kExcluded = R"(^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)";

constexpr double kSector = 512;  // bytes, whatever the disk's own is
constexpr double kMilliseconds = 0.001;

struct Field {
  std::string_view name;
  std::string_view help;
  double unit;
  bool is_counter = true;
};

// As the file has them.
constexpr std::array<Field, DiskStats::kFields> kFields = {{
    {"node_disk_reads_completed_total", "Reads that succeeded.", 1},
    {"node_disk_reads_merged_total", "Reads that were merged with others.", 1},
    {"node_disk_read_bytes_total", "Bytes read.", kSector},
    {"node_disk_read_time_seconds_total", "Time that reads took, in seconds.", kMilliseconds},
    {"node_disk_writes_completed_total", "Writes that succeeded.", 1},
    {"node_disk_writes_merged_total", "Writes that were merged with others.", 1},
    {"node_disk_written_bytes_total", "Bytes written.", kSector},
    {"node_disk_write_time_seconds_total", "Time that writes took, in seconds.", kMilliseconds},
    {"node_disk_io_now", "Requests in flight.", 1, false},
    {"node_disk_io_time_seconds_total", "Time with requests in flight, in seconds.", kMilliseconds},
    {"node_disk_io_time_weighted_seconds_total",
     "Time with requests in flight times their number, in seconds.", kMilliseconds},
    {"node_disk_discards_completed_total", "Discards that succeeded.", 1},
    {"node_disk_discards_merged_total", "Discards that were merged with others.", 1},
    {"node_disk_discarded_sectors_total", "Sectors discarded, of 512 bytes each.", 1},
    {"node_disk_discard_time_seconds_total", "Time that discards took, in seconds.", kMilliseconds},
    {"node_disk_flush_requests_total", "Flushes that succeeded.", 1},
    {"node_disk_flush_requests_time_seconds_total", "Time that flushes took, in seconds.",
     kMilliseconds},
}};

struct AtaField {
  std::string_view name;
  std::string_view help;
  std::string_view property;
};

constexpr std::array<AtaField, 3> kAtaFields = {{
    {"node_disk_ata_rotation_rate_rpm", "Rotations a minute, 0 for an SSD.",
     "ID_ATA_ROTATION_RATE_RPM"},
    {"node_disk_ata_write_cache", "Whether the disk has a write cache.", "ID_ATA_WRITE_CACHE"},
    {"node_disk_ata_write_cache_enabled", "Whether the disk uses its write cache.",
     "ID_ATA_WRITE_CACHE_ENABLED"},
}};

// By which a file that was replaced can be told, without opening it.
struct FileVersion {
  ino_t inode = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  off_t size = 0;
  [[nodiscard]] bool operator==(const FileVersion&) const = default;
};

// What there is to know of a disk besides its counts.
struct Details {
  FileVersion version;  // of the properties, all 0 if there are none
  UdevProperties properties;
  std::vector<std::string> backing;  // of a device mapper's
  std::string rotational;
};

struct Disk {
  const DiskStats* stats;
  const Details* details;
};

FileVersion VersionOf(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.inode = status.st_ino,
          .seconds = status.st_mtim.tv_sec,
          .nanoseconds = status.st_mtim.tv_nsec,
          .size = status.st_size};
}

// The first is what is printed on the disk; the others are for disks that lack it.
std::string_view Serial(const UdevProperties& properties) {
  for (const char* name : {"SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"}) {
    if (const auto serial = Find(properties, name); !serial.empty()) return serial;
  }
  return {};
}

// sysfs has "cciss!c0d0" for "cciss/c0d0".
std::string SysPath(std::string name, std::string_view rest) {
  std::ranges::replace(name, '/', '!');
  return "block/" + name + "/" + std::string(rest);
}

class DiskstatsCollector final : public Collector {
 public:
  explicit DiskstatsCollector(Environment env) : env_(std::move(env)) {}

  Status Collect(FamilyWriter& out) override {
    const auto all = env_.proc.RereadLines("diskstats").and_then(ParseDiskStats);
    if (!all) return tl::unexpected(all.error());

    std::map<std::string, Details, std::less<>> details;
    std::vector<Disk> disks;
    for (const DiskStats& stats : *all) {
      if (re2::RE2::PartialMatch(stats.name, excluded_)) continue;
      auto known = details_.extract(stats.name);
      const auto added =
          known ? details.insert(std::move(known)).position : details.try_emplace(stats.name).first;
      Update(stats, added->second);
      disks.push_back({&stats, &added->second});
    }
    details_.swap(details);  // nodes stay where they are
    WriteCounts(disks, out);
    WriteInfo(disks, out);
    WriteAta(disks, out);
    WriteFilesystems(disks, out);
    WriteDeviceMapper(disks, out);
    return {};
  }

 private:
  // udevd replaces its file at each change it hears of, as those of a device mapper's table.
  void Update(const DiskStats& stats, Details& details) const {
    details.rotational =
        ReadAttribute(env_.sys, SysPath(stats.name, "queue/rotational")).value_or("0");
    const std::string file =
        "run/udev/data/b" + std::to_string(stats.major) + ":" + std::to_string(stats.minor);
    const FileVersion version = VersionOf((env_.root.Root() / file).string());
    if (version == details.version) return;
    details.version = version;
    details.properties = ParseUdevProperties(env_.root.Read(file).value_or(""));
    details.backing.clear();
    if (Find(details.properties, "DM_NAME").empty()) return;
    details.backing =
        env_.sys.List(SysPath(stats.name, "slaves")).value_or(std::vector<std::string>());
  }

  static void WriteCounts(const std::vector<Disk>& disks, FamilyWriter& out) {
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      const Field& field = kFields.at(i);
      const auto has_it = [i](const Disk& disk) { return i < disk.stats->count; };
      if (std::ranges::none_of(disks, has_it)) continue;
      auto family = field.is_counter ? out.Counter(field.name, field.help)
                                     : out.Gauge(field.name, field.help);
      for (const Disk& disk : disks) {
        if (!has_it(disk)) continue;
        family.Add(static_cast<double>(disk.stats->fields.at(i)) * field.unit,
                   {{"device", disk.stats->name}});
      }
    }
  }

  static void WriteInfo(const std::vector<Disk>& disks, FamilyWriter& out) {
    auto info = out.Gauge("node_disk_info", "What the disk is, always 1.");
    for (const auto& [stats, details] : disks) {
      const UdevProperties& properties = details->properties;
      info.Add(1, {{"device", stats->name},
                   {"major", std::to_string(stats->major)},
                   {"minor", std::to_string(stats->minor)},
                   {"path", Find(properties, "ID_PATH")},
                   {"wwn", Find(properties, "ID_WWN")},
                   {"model", Find(properties, "ID_MODEL")},
                   {"serial", Serial(properties)},
                   {"revision", Find(properties, "ID_REVISION")},
                   {"rotational", details->rotational}});
    }
  }

  static void WriteAta(const std::vector<Disk>& disks, FamilyWriter& out) {
    for (const auto& [stats, details] : disks) {
      if (Find(details->properties, "ID_ATA").empty()) continue;
      for (const AtaField& field : kAtaFields) {
        const auto value = ParseFinite(Find(details->properties, field.property));
        if (value) out.Gauge(field.name, field.help).Add(*value, {{"device", stats->name}});
      }
    }
  }

  static void WriteFilesystems(const std::vector<Disk>& disks, FamilyWriter& out) {
    for (const auto& [stats, details] : disks) {
      const UdevProperties& properties = details->properties;
      const auto type = Find(properties, "ID_FS_TYPE");
      if (type.empty()) continue;
      out.Gauge("node_disk_filesystem_info", "The file system on the disk, always 1.")
          .Add(1, {{"device", stats->name},
                   {"type", type},
                   {"usage", Find(properties, "ID_FS_USAGE")},
                   {"uuid", Find(properties, "ID_FS_UUID")},
                   {"version", Find(properties, "ID_FS_VERSION")}});
    }
  }

  static void WriteDeviceMapper(const std::vector<Disk>& disks, FamilyWriter& out) {
    for (const auto& [stats, details] : disks) {
      const UdevProperties& properties = details->properties;
      const auto name = Find(properties, "DM_NAME");
      if (name.empty()) continue;
      out.Gauge("node_disk_device_mapper_info", "What device mapper made of disks, always 1.")
          .Add(1, {{"device", stats->name},
                   {"name", name},
                   {"uuid", Find(properties, "DM_UUID")},
                   {"vg_name", Find(properties, "DM_VG_NAME")},
                   {"lv_name", Find(properties, "DM_LV_NAME")},
                   {"lv_layer", Find(properties, "DM_LV_LAYER")}});
      for (const std::string& backing : details->backing) {
        out.Gauge("node_disk_device_mapper_backing_device_info",
                  "A disk that device mapper made it of, always 1.")
            .Add(1, {{"device", stats->name}, {"backing_device", backing}});
      }
    }
  }

  Environment env_;
  re2::RE2 excluded_{kExcluded, re2::RE2::Latin1};
  std::map<std::string, Details, std::less<>> details_;  // by name, of the disks of the last time
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<DiskstatsCollector>(env);
}

const Registration kRegistration("diskstats", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
