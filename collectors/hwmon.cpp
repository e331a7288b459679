// Sensors of temperature, voltage, fans and such, from /sys/class/hwmon/hwmon0/temp1_input and its
// neighbours: "45000". Drivers have them in the folder of hwmon0, old ones in that of its device.

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/hwmon_files.h"

namespace procmarshal {
namespace {

struct Sensor {
  std::string path;
  std::string name;
  HwmonMetric metric;
};

// What a chip has: read once, as it takes more time than the values do.
struct Chip {
  std::string target;  // where the link in /sys/class/hwmon leads: one path for one device
  BootTime described;
  std::string label;
  std::string name;  // empty if it has none
  std::map<std::string, std::string> sensor_labels;
  std::vector<Sensor> sensors;
};

// Paths of files by sensor and element.
using Files = std::map<std::pair<std::string, std::string>, std::pair<HwmonFile, std::string>>;

void FindFiles(const PseudoFs& sys, const std::string& folder, Files& files) {
  const auto names = sys.List(folder);
  if (!names) return;
  const std::string prefix = folder + "/";
  for (const std::string& name : *names) {
    if (name == "power") continue;  // a folder, of how the device saves power
    if (auto file = ParseHwmonFile(name)) {
      const std::pair key(file->sensor, file->element);
      files.insert_or_assign(key, std::pair(*std::move(file), prefix + name));
    }
  }
}

std::map<std::string, std::string> ReadLabels(const PseudoFs& sys, const Files& files) {
  std::map<std::string, std::string> labels;
  for (const auto& [key, found] : files) {
    const auto& [file, path] = found;
    if (file.element != "label") continue;
    auto text = sys.Read(path);
    if (!text) continue;
    while (text->ends_with('\n')) text->pop_back();
    labels.emplace(file.sensor, *std::move(text));
  }
  return labels;
}

// The label "sensor" of a file's metric; nullopt if there shall be none.
std::optional<std::string> SensorOf(const HwmonFile& file,
                                    const std::map<std::string, std::string>& labels) {
  if (file.element == "label") return std::nullopt;
  if (file.type != "freq" || file.element != "input") return file.sensor;
  // A clock of a graphics card goes by its label.
  const auto label = labels.find(file.sensor);
  if (label == labels.end()) return std::nullopt;
  return CleanHwmonName(label->second);
}

std::vector<Sensor> ListSensors(const Files& files, const Chip& chip) {
  std::vector<Sensor> sensors;
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& [key, found] : files) {
    const auto& [file, path] = found;
    const auto sensor = SensorOf(file, chip.sensor_labels);
    auto metric = MetricOf(file, files.contains({file.sensor, ""}));
    if (!sensor || !seen.emplace(metric.name, *sensor).second) continue;
    sensors.push_back({path, *sensor, std::move(metric)});
  }
  return sensors;
}

std::string CleanFileName(const std::filesystem::path& path) {
  return CleanHwmonName(path.filename().string());
}

// The numbers of hwmon0, hwmon1 depend on the order of loading, so that a chip is known by its
// device: "platform_coretemp_0" for /sys/devices/platform/coretemp.0.
std::string LabelOf(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  const auto device = std::filesystem::canonical(folder / "device", error);
  if (!error) {
    const std::string bus = CleanFileName(device.parent_path());
    const std::string label = CleanFileName(device);
    if (!label.empty()) return bus.empty() ? label : bus + "_" + label;
  }
  return name.empty() ? CleanFileName(folder) : name;
}

void WriteSensor(const PseudoFs& sys, const Chip& chip, const Sensor& sensor, FamilyWriter& out) {
  // There are files of words too, such as power1_model_number.
  const auto text = ReadAttribute(sys, sensor.path);
  const auto value = text ? ParseFinite(*text) : std::nullopt;
  if (!value) return;
  const HwmonMetric& metric = sensor.metric;
  auto family = metric.is_counter ? out.Counter(metric.name, metric.help)
                                  : out.Gauge(metric.name, metric.help);
  family.Add(*value * metric.factor / metric.divisor,
             {{"chip", chip.label}, {"sensor", sensor.name}});
}

void Write(const PseudoFs& sys, const Chip& chip, FamilyWriter& out) {
  if (!chip.name.empty()) {
    out.Gauge("node_hwmon_chip_names", "Names that drivers give to chips.")
        .Add(1, {{"chip", chip.label}, {"chip_name", chip.name}});
  }
  for (const auto& [sensor, label] : chip.sensor_labels) {
    out.Gauge("node_hwmon_sensor_label", "Names that drivers give to sensors.")
        .Add(1, {{"chip", chip.label}, {"label", label}, {"sensor", sensor}});
  }
  for (const Sensor& sensor : chip.sensors) WriteSensor(sys, chip, sensor, out);
}

class HwmonCollector final : public Collector {
 public:
  explicit HwmonCollector(Environment env) : env_(std::move(env)) {}

  Status Collect(FamilyWriter& out) override {
    const auto entries = env_.sys.List("class/hwmon");
    if (!entries) return tl::unexpected(entries.error());

    std::erase_if(chips_, [&](const auto& chip) {
      return !std::ranges::binary_search(*entries, chip.first);
    });
    for (const std::string& entry : *entries) {
      Update(entry);
      Write(env_.sys, chips_[entry], out);
    }
    return {};
  }

 private:
  // Describes a chip that is new here, or was described a minute ago.
  void Update(const std::string& entry) {
    const std::string folder = "class/hwmon/" + entry;
    const std::filesystem::path path = env_.sys.Root() / folder;
    std::error_code no_link;
    const std::string target = std::filesystem::read_symlink(path, no_link);
    const BootTime now = env_.clock->Boot();
    const auto known = chips_.find(entry);
    if (known != chips_.end() && known->second.target == target &&
        now - known->second.described < std::chrono::minutes(1)) {
      return;
    }
    chips_.erase(entry);
    Chip chip;
    chip.target = target;
    chip.described = now;
    chip.name = CleanHwmonName(ReadAttribute(env_.sys, folder + "/name").value_or(""));
    chip.label = Distinct(LabelOf(path, chip.name), chip.name, entry);
    Files files;
    FindFiles(env_.sys, folder, files);
    FindFiles(env_.sys, folder + "/device", files);
    chip.sensor_labels = ReadLabels(env_.sys, files);
    chip.sensors = ListSensors(files, chip);
    chips_.emplace(entry, std::move(chip));
  }

  // Some devices have two chips, "asus" and "asus_custom_fan_curve" of a laptop. Two series of one
  // name would spoil the whole page.
  [[nodiscard]] std::string Distinct(const std::string& label, const std::string& name,
                                     const std::string& entry) const {
    const auto is_taken = [this](const std::string& wanted) {
      return std::ranges::any_of(chips_,
                                 [&](const auto& chip) { return chip.second.label == wanted; });
    };
    if (!is_taken(label)) return label;
    const std::string longer = label + "_" + name;
    return is_taken(longer) ? label + "_" + CleanHwmonName(entry) : longer;
  }

  Environment env_;
  std::map<std::string, Chip> chips_;  // by entry of /sys/class/hwmon
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<HwmonCollector>(env);
}

const Registration kRegistration("hwmon", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
