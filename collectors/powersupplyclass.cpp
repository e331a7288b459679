// Batteries, chargers and mains, from the files of /sys/class/power_supply/BAT0: capacity holds
// "81", voltage_now "12229000".

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/attribute.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

// The units of Documentation/ABI/testing/sysfs-class-power: millionths of V, A, Wh, W; tenths of a
// degree.
constexpr double kMicro = 1e6;
constexpr double kTenth = 10;

struct Field {
  std::string_view file;
  std::string_view metric;  // behind "node_power_supply_"
  double divisor;
};

constexpr std::array<Field, 49> kFields = {{
    {"authentic", "authentic", 1},
    {"calibrate", "calibrate", 1},
    {"capacity", "capacity", 1},
    {"capacity_alert_max", "capacity_alert_max", 1},
    {"capacity_alert_min", "capacity_alert_min", 1},
    {"charge_control_limit", "charge_control_limit", kMicro},
    {"charge_control_limit_max", "charge_control_limit_max", kMicro},
    {"charge_counter", "charge_counter", kMicro},
    {"charge_empty", "charge_empty", kMicro},
    {"charge_empty_design", "charge_empty_design", kMicro},
    {"charge_full", "charge_full", kMicro},
    {"charge_full_design", "charge_full_design", kMicro},
    {"charge_now", "charge_ampere", kMicro},
    {"charge_term_current", "charge_term_current", kMicro},
    {"constant_charge_current", "constant_charge_current", kMicro},
    {"constant_charge_current_max", "constant_charge_current_max", kMicro},
    {"constant_charge_voltage", "constant_charge_voltage", kMicro},
    {"constant_charge_voltage_max", "constant_charge_voltage_max", kMicro},
    {"current_boot", "current_boot", kMicro},
    {"current_max", "current_max", kMicro},
    {"current_now", "current_ampere", kMicro},
    {"cycle_count", "cyclecount", 1},
    {"energy_empty", "energy_empty", kMicro},
    {"energy_empty_design", "energy_empty_design", kMicro},
    {"energy_full", "energy_full", kMicro},
    {"energy_full_design", "energy_full_design", kMicro},
    {"energy_now", "energy_watthour", kMicro},
    {"input_current_limit", "input_current_limit", kMicro},
    {"online", "online", 1},
    {"power_now", "power_watt", kMicro},
    {"precharge_current", "precharge_current", kMicro},
    {"present", "present", 1},
    {"temp", "temp_celsius", kTenth},
    {"temp_alert_max", "temp_alert_max_celsius", kTenth},
    {"temp_alert_min", "temp_alert_min_celsius", kTenth},
    {"temp_ambient", "temp_ambient_celsius", kTenth},
    {"temp_ambient_max", "temp_ambient_max_celsius", kTenth},
    {"temp_ambient_min", "temp_ambient_min_celsius", kTenth},
    {"temp_max", "temp_max_celsius", kTenth},
    {"temp_min", "temp_min_celsius", kTenth},
    {"time_to_empty_now", "time_to_empty_seconds", 1},
    {"time_to_full_now", "time_to_full_seconds", 1},
    {"voltage_boot", "voltage_boot", kMicro},
    {"voltage_max", "voltage_max", kMicro},
    {"voltage_max_design", "voltage_max_design", kMicro},
    {"voltage_min", "voltage_min", kMicro},
    {"voltage_min_design", "voltage_min_design", kMicro},
    {"voltage_now", "voltage_volt", kMicro},
    {"voltage_ocv", "voltage_ocv", kMicro},
}};

constexpr std::array<std::string_view, 11> kWords = {
    "capacity_level", "charge_type", "health",     "manufacturer", "model_name", "scope",
    "serial_number",  "status",      "technology", "type",         "usb_type"};

struct Supply {
  std::vector<std::pair<const Field*, double>> numbers;
  std::vector<std::pair<std::string_view, std::string>> words;  // by file, which is the label too
};

Result<Supply> Read(const PseudoFs& sys, const std::string& folder) {
  Supply supply;
  // Few of the files are there, so it takes less time to ask which.
  const auto files = sys.List(folder);
  if (!files) return tl::unexpected(files.error());
  const std::string prefix = folder + "/";
  for (const std::string& file : *files) {
    const auto* const field = std::ranges::find(kFields, file, &Field::file);
    if (field != kFields.end()) {
      const auto number = ReadNumber(sys, prefix + file);
      if (!number) return tl::unexpected(number.error());
      const std::optional<double> value = *number;
      if (value) supply.numbers.emplace_back(field, *value / field->divisor);
    }
    const auto* const word = std::ranges::find(kWords, file);
    if (word != kWords.end()) {
      auto text = ReadAttribute(sys, prefix + file).value_or("");
      if (!text.empty()) supply.words.emplace_back(*word, std::move(text));
    }
  }
  return supply;
}

void Write(const std::string& name, const Supply& supply, FamilyWriter& out) {
  for (const auto& [field, value] : supply.numbers) {
    out.Gauge("node_power_supply_" + std::string(field->metric),
              "From the file " + std::string(field->file) + " of the power supply.")
        .Add(value, {{"power_supply", name}});
  }
  std::vector<LabelView> labels = {{"power_supply", name}};
  for (const auto& [label, text] : supply.words) labels.push_back({label, text});
  std::ranges::sort(labels, {}, &LabelView::name);
  out.Gauge("node_power_supply_info", "What the power supply is, and its state in words.")
      .Add(1, labels);
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto names = env.sys.List("class/power_supply");
  if (!names) return tl::unexpected(names.error());
  for (const std::string& name : *names) {
    const auto supply = Read(env.sys, "class/power_supply/" + name);
    if (supply) {
      Write(name, *supply, out);
    } else if (supply.error().code != ErrorCode::kNotFound) {  // unplugged meanwhile
      return tl::unexpected(supply.error());
    }
  }
  return {};
}

const Registration kRegistration("powersupplyclass", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
