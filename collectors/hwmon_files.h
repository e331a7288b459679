#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace procmarshal {

// The kernel's names of hardware monitoring, and what node_exporter calls them
// (Documentation/hwmon/sysfs-interface.rst).

// A sensor's file: "temp1_crit" is the "crit" of "temp1", a "temp"; "pwm1" has no element.
struct HwmonFile {
  std::string type;
  std::string sensor;
  std::string element;
};

// Nullopt for files that are no sensor's.
[[nodiscard]] std::optional<HwmonFile> ParseHwmonFile(std::string_view name);

// A name in lower case, other characters than [a-z0-9:_] replaced by "_", and none of these at the
// ends: "coretemp_0" for "coretemp.0". Part of metrics' names and of labels.
[[nodiscard]] std::string CleanHwmonName(std::string_view name);

// The metric of a file. Its value is what the file holds times `factor`, divided by `divisor`: one
// of the two is 1, so that the result is node_exporter's to the last bit.
struct HwmonMetric {
  std::string name;
  std::string help;
  double factor = 1;
  double divisor = 1;
  bool is_counter = false;
};

// `has_plain_file` tells that the sensor has a file without element too, whose metric has the name
// that "input" has otherwise.
[[nodiscard]] HwmonMetric MetricOf(const HwmonFile& file, bool has_plain_file);

}  // namespace procmarshal
