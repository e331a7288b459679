#include "collectors/hwmon_files.h"

#include <gtest/gtest.h>

namespace procmarshal::testing {
namespace {

// "TYPE SENSOR ELEMENT", or "none".
std::string Parse(std::string_view name) {
  const auto file = ParseHwmonFile(name);
  return file ? file->type + " " + file->sensor + " " + file->element : "none";
}

HwmonMetric MetricOfName(std::string_view name, bool has_plain_file = false) {
  return MetricOf(ParseHwmonFile(name).value_or(HwmonFile{}), has_plain_file);
}

std::string Metric(std::string_view name, bool has_plain_file = false) {
  return MetricOfName(name, has_plain_file).name;
}

// What the file's number is multiplied with.
double Scale(std::string_view name) {
  const HwmonMetric metric = MetricOfName(name);
  return metric.factor / metric.divisor;
}

TEST(HwmonFiles, ReadsTypeSensorAndElement) {
  EXPECT_EQ(Parse("temp1_crit_hyst"), "temp temp1 crit_hyst");
  EXPECT_EQ(Parse("in12_input"), "in in12 input");
  EXPECT_EQ(Parse("pwm1"), "pwm pwm1 ");
  EXPECT_EQ(Parse("update_interval"), "update_interval update_interval0 ");
}

TEST(HwmonFiles, LeavesOtherFilesAlone) {
  for (const char* name :
       {"", "name", "hwmon0", "temp1x", "temp1_", "temp_label", "1temp", "temp99999999999_input"}) {
    EXPECT_EQ(Parse(name), "none") << name;
  }
}

TEST(HwmonFiles, CleansNames) {
  EXPECT_EQ(CleanHwmonName("coretemp.0"), "coretemp_0");
  EXPECT_EQ(CleanHwmonName("0000:03:00.0"), "0000:03:00_0");
  EXPECT_EQ(CleanHwmonName("_NCT6779 D_\n"), "nct6779_d");
  EXPECT_EQ(CleanHwmonName("--"), "");
}

TEST(HwmonFiles, NamesMetricsByUnit) {
  EXPECT_EQ(Metric("temp1_crit"), "node_hwmon_temp_crit_celsius");
  EXPECT_EQ(Metric("in0_min"), "node_hwmon_in_min_volts");
  EXPECT_EQ(Metric("cpu0_vid"), "node_hwmon_cpu_vid_volts");
  EXPECT_EQ(Metric("curr1_lcrit"), "node_hwmon_curr_lcrit_amps");
  EXPECT_EQ(Metric("power1_average"), "node_hwmon_power_average_watt");
  EXPECT_EQ(Metric("power1_average_interval"), "node_hwmon_power_average_interval_seconds");
  EXPECT_EQ(Metric("power1_accuracy"), "node_hwmon_power_accuracy");
  EXPECT_EQ(Metric("fan1_target"), "node_hwmon_fan_target_rpm");
  EXPECT_EQ(Metric("fan1_div"), "node_hwmon_fan_div");
  EXPECT_EQ(Metric("freq1_input"), "node_hwmon_freq_freq_mhz");
  EXPECT_EQ(Metric("update_interval"), "node_hwmon_update_interval_seconds");
  EXPECT_EQ(Metric("vrm"), "node_hwmon_voltage_regulator_version");
}

TEST(HwmonFiles, GivesNoUnitToStates) {
  EXPECT_EQ(Metric("temp1_alarm"), "node_hwmon_temp_alarm");
  EXPECT_EQ(Metric("temp1_type"), "node_hwmon_temp_type");
  EXPECT_EQ(Metric("fan1_fault"), "node_hwmon_fan_fault");
  EXPECT_EQ(Metric("in0_beep"), "node_hwmon_in_beep_enabled");
  EXPECT_EQ(Metric("beep_enable"), "node_hwmon_beep_enabled");
  EXPECT_EQ(Metric("intrusion0_alarm"), "node_hwmon_intrusion_alarm");
  EXPECT_EQ(Metric("pwm1_enable"), "node_hwmon_pwm_enable");
}

TEST(HwmonFiles, LeavesInputOutOfNamesUnlessTheNameIsTaken) {
  EXPECT_EQ(Metric("temp1_input"), "node_hwmon_temp_celsius");
  EXPECT_EQ(Metric("fan1_input"), "node_hwmon_fan_rpm");
  EXPECT_EQ(Metric("fan1_input", true), "node_hwmon_fan_input_rpm");
  EXPECT_EQ(Metric("fan1", true), "node_hwmon_fan");
}

TEST(HwmonFiles, ScalesToBaseUnits) {
  EXPECT_DOUBLE_EQ(Scale("temp1_input"), 1e-3);
  EXPECT_DOUBLE_EQ(Scale("power1_input"), 1e-6);
  EXPECT_DOUBLE_EQ(Scale("power1_average_interval"), 1e-3);
  EXPECT_DOUBLE_EQ(Scale("humidity1_input"), 1e-6);
  EXPECT_DOUBLE_EQ(Scale("fan1_input"), 1);
}

TEST(HwmonFiles, CountsEnergyOnly) {
  EXPECT_TRUE(MetricOfName("energy1_input").is_counter);
  EXPECT_FALSE(MetricOfName("power1_input").is_counter);
}

}  // namespace
}  // namespace procmarshal::testing
