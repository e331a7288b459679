#include "collectors/hwmon_files.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr std::array<std::string_view, 14> kTypes = {
    "vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
    "temp", "curr",        "power",           "energy", "humidity", "intrusion", "freq"};

struct Unit {
  std::string_view type;     // empty for any
  std::string_view element;  // "*" for any
  std::string_view suffix;
  std::string_view words;
  double factor;
  double divisor;
  bool is_counter = false;
};

// The first that fits counts. Odd ones are node_exporter's: crit_alarm of a temperature gets
// degrees, humidity is a tenth of the ratio that the kernel's thousandths of a percent are.
constexpr std::array<Unit, 22> kUnits = {{
    {"", "fault", "", "1 if faulty", 1, 1},
    {"", "alarm", "", "1 in alarm", 1, 1},
    {"", "beep", "_enabled", "1 if it beeps", 1, 1},
    {"beep_enable", "*", "d", "1 if it beeps", 1, 1},
    {"update_interval", "*", "_seconds", "in seconds", 0.001, 1},
    {"in", "*", "_volts", "in volts", 0.001, 1},
    {"cpu", "*", "_volts", "in volts", 0.001, 1},
    {"temp", "type", "", "as the kernel's number", 1, 1},
    {"temp", "*", "_celsius", "in degrees Celsius", 0.001, 1},
    {"curr", "*", "_amps", "in amperes", 0.001, 1},
    {"energy", "*", "_joule_total", "in joules", 1, 1e6, true},
    {"power", "accuracy", "", "as a ratio", 1, 1e6},
    {"power", "average_interval", "_seconds", "in seconds", 0.001, 1},
    {"power", "average_interval_min", "_seconds", "in seconds", 0.001, 1},
    {"power", "average_interval_max", "_seconds", "in seconds", 0.001, 1},
    {"power", "*", "_watt", "in watts", 1, 1e6},
    {"humidity", "*", "", "as a ratio", 1, 1e6},
    {"fan", "input", "_rpm", "in revolutions per minute", 1, 1},
    {"fan", "min", "_rpm", "in revolutions per minute", 1, 1},
    {"fan", "max", "_rpm", "in revolutions per minute", 1, 1},
    {"fan", "target", "_rpm", "in revolutions per minute", 1, 1},
    {"freq", "input", "_freq_mhz", "in megahertz", 1, 1e6},
}};
constexpr Unit kPlain = {"", "*", "", "as the kernel's number", 1, 1};

const Unit& UnitOf(const HwmonFile& file) {
  const auto fits = [&](const Unit& unit) {
    return (unit.type.empty() || unit.type == file.type) &&
           (unit.element == "*" || unit.element == file.element);
  };
  const auto* const unit = std::ranges::find_if(kUnits, fits);
  return unit == kUnits.end() ? kPlain : *unit;
}

std::string NameOf(const HwmonFile& file, bool has_plain_file) {
  std::string name = file.type == "vrm" ? "voltage_regulator_version" : file.type;
  if (file.element.empty() || (file.element == "input" && !has_plain_file)) return name;
  return name + "_" + CleanHwmonName(file.element);
}

}  // namespace

std::optional<HwmonFile> ParseHwmonFile(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t type_end = std::min(name.find_first_of(kDigits), name.size());
  const std::size_t number_end = std::min(name.find_first_not_of(kDigits, type_end), name.size());
  const std::string_view type = name.substr(0, type_end);
  const std::string_view digits = name.substr(type_end, number_end - type_end);
  const std::string_view rest = name.substr(number_end);
  const auto number = digits.empty() ? 0 : ParseNumber<int>(digits);
  const bool has_element = rest.size() > 1 && rest.starts_with('_');
  if (std::ranges::find(kTypes, type) == kTypes.end() || !number) return std::nullopt;
  if (!rest.empty() && !has_element) return std::nullopt;
  return HwmonFile{.type = std::string(type),
                   .sensor = std::string(type) + std::to_string(*number),
                   .element = std::string(has_element ? rest.substr(1) : rest)};
}

std::string CleanHwmonName(std::string_view name) {
  std::string clean = Lowercase(name);
  std::ranges::replace_if(clean, [](char c) { return !IsAlphanumeric(c) && c != ':'; }, '_');
  const std::size_t first = clean.find_first_not_of('_');
  if (first == std::string::npos) return {};
  return clean.substr(first, clean.find_last_not_of('_') - first + 1);
}

HwmonMetric MetricOf(const HwmonFile& file, bool has_plain_file) {
  const Unit& unit = UnitOf(file);
  const std::string element = file.element.empty() ? "" : "_" + file.element;
  return {
      .name = "node_hwmon_" + NameOf(file, has_plain_file) + std::string(unit.suffix),
      .help = "Sensors' files " + file.type + "*" + element + ", " + std::string(unit.words) + ".",
      .factor = unit.factor,
      .divisor = unit.divisor,
      .is_counter = unit.is_counter};
}

}  // namespace procmarshal
