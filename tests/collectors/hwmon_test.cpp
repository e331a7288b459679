#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/collect.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A host whose /sys/class/hwmon has links to chips below devices, as the kernel makes them.
class Sensors {
 public:
  Sensors() { std::filesystem::create_directories(Sys() / "class/hwmon"); }

  // "sys/devices/DEVICE/hwmon/hwmonN/FILE", and the links.
  void AddChip(const std::string& device, const std::string& entry,
               const std::vector<File>& files) const {
    const std::string folder = "devices/" + device + "/hwmon/" + entry;
    std::filesystem::create_directories(Sys() / folder);
    for (const File& file : files) tree_.Write("sys/" + folder + "/" + file.path, file.content);
    std::filesystem::create_directory_symlink("../..", Sys() / folder / "device");
    std::filesystem::create_directory_symlink("../../" + folder, Sys() / "class/hwmon" / entry);
  }

  void RemoveChip(const std::string& device, const std::string& entry) const {
    tree_.Remove("sys/class/hwmon/" + entry);
    tree_.Remove("sys/devices/" + device + "/hwmon/" + entry);
  }

  [[nodiscard]] std::unique_ptr<Collector> Make() const {
    Environment env = HostOf(tree_);
    env.clock = &clock_;
    return MakeCollector("hwmon", env);
  }
  [[nodiscard]] std::string Collect() const { return CollectOnce(*Make()); }
  void Write(const std::string& path, std::string_view content) const {
    tree_.Write(path, content);
  }
  void Advance(std::chrono::seconds by) { clock_.Advance(by); }

 private:
  [[nodiscard]] std::filesystem::path Sys() const { return tree_.Fs().Root() / "sys"; }
  ProcTree tree_;
  ManualClock clock_;
};

TEST(Hwmon, ReadsTheProcessorOfALaptop) {
  const Sensors host;
  host.AddChip("platform/coretemp.0", "hwmon3",
               {{"name", "coretemp\n"},
                {"temp1_input", "45000\n"},
                {"temp1_crit", "100000\n"},
                {"temp1_crit_alarm", "0\n"},
                {"temp1_label", "Package id 0\n"}});
  EXPECT_EQ(host.Collect(),
            "node_hwmon_chip_names{chip=\"platform_coretemp_0\",chip_name=\"coretemp\"} 1\n"
            "node_hwmon_sensor_label{chip=\"platform_coretemp_0\",label=\"Package id 0\","
            "sensor=\"temp1\"} 1\n"
            "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 45\n"
            "node_hwmon_temp_crit_alarm_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 0\n"
            "node_hwmon_temp_crit_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 100\n");
}

TEST(Hwmon, ReadsTheDiskOfALaptop) {
  const Sensors host;
  host.AddChip("pci0000:00/0000:03:00.0/nvme/nvme0", "hwmon1",
               {{"name", "nvme\n"}, {"temp1_input", "38850\n"}});
  EXPECT_THAT(host.Collect(),
              HasSubstr("node_hwmon_temp_celsius{chip=\"nvme_nvme0\",sensor=\"temp1\"} 38.85\n"));
}

TEST(Hwmon, ReadsTheFansOfAServer) {
  const Sensors host;
  host.AddChip("platform/nct6775.656", "hwmon2",
               {{"name", "nct6779\n"},
                {"beep_enable", "1\n"},
                {"fan1_input", "1520\n"},
                {"fan1_alarm", "0\n"},
                {"in0_input", "856\n"},
                {"intrusion0_alarm", "1\n"},
                {"pwm1", "153\n"}});
  const std::string chip = "{chip=\"platform_nct6775_656\",sensor=";
  EXPECT_EQ(host.Collect(),
            "node_hwmon_beep_enabled" + chip + "\"beep_enable0\"} 1\n" +
                "node_hwmon_chip_names{chip=\"platform_nct6775_656\",chip_name=\"nct6779\"} 1\n" +
                "node_hwmon_fan_alarm" + chip + "\"fan1\"} 0\n" +              //
                "node_hwmon_fan_rpm" + chip + "\"fan1\"} 1520\n" +             //
                "node_hwmon_in_volts" + chip + "\"in0\"} 0.856\n" +            //
                "node_hwmon_intrusion_alarm" + chip + "\"intrusion0\"} 1\n" +  //
                "node_hwmon_pwm" + chip + "\"pwm1\"} 153\n");
}

TEST(Hwmon, ReadsAPowerMeterAndItsWords) {
  const Sensors host;
  host.AddChip("LNXSYSTM:00/ACPI000D:00", "hwmon0",
               {{"power1_average", "184000000\n"},
                {"power1_average_interval", "1000\n"},
                {"power1_model_number", "X-1\n"},
                {"energy1_input", "2500000\n"}});
  const std::string labels = "{chip=\"lnxsystm:00_acpi000d:00\",sensor=";
  EXPECT_EQ(host.Collect(), "node_hwmon_energy_joule_total" + labels + "\"energy1\"} 2.5\n" +
                                "node_hwmon_power_average_interval_seconds" + labels +
                                "\"power1\"} 1\n" + "node_hwmon_power_average_watt" + labels +
                                "\"power1\"} 184\n");
}

TEST(Hwmon, NamesTheClockOfAGraphicsCardByItsLabel) {
  const Sensors host;
  host.AddChip(
      "pci0000:00/0000:0b:00.0", "hwmon4",
      {{"freq1_input", "2124000000\n"}, {"freq1_label", "SCLK\n"}, {"freq2_input", "1\n"}});
  const std::string chip = "chip=\"pci0000:00_0000:0b:00_0\"";
  EXPECT_EQ(host.Collect(), "node_hwmon_freq_freq_mhz{" + chip + ",sensor=\"sclk\"} 2124\n" +
                                "node_hwmon_sensor_label{" + chip +
                                ",label=\"SCLK\",sensor=\"freq1\"} 1\n");
}

TEST(Hwmon, FindsSensorsInTheFolderOfTheDevice) {
  const Sensors host;
  host.AddChip("pci0000:00/0000:00:18.3", "hwmon0", {{"name", "k10temp\n"}});
  host.Write("sys/devices/pci0000:00/0000:00:18.3/temp1_input", "51500\n");
  EXPECT_THAT(host.Collect(),
              HasSubstr("{chip=\"pci0000:00_0000:00:18_3\",sensor=\"temp1\"} 51.5\n"));
}

TEST(Hwmon, NamesAChipWithoutADeviceByItsName) {
  EXPECT_THAT(CollectHost("hwmon", {{"sys/class/hwmon/hwmon0/name", "acpitz\n"},
                                    {"sys/class/hwmon/hwmon0/temp1_input", "27800\n"}}),
              HasSubstr("node_hwmon_temp_celsius{chip=\"acpitz\",sensor=\"temp1\"} 27.8\n"));
}

TEST(Hwmon, NamesAChipWithNeitherByItsNumber) {
  EXPECT_EQ(CollectHost("hwmon", {{"sys/class/hwmon/hwmon7/temp1_input", "1000\n"}}),
            "node_hwmon_temp_celsius{chip=\"hwmon7\",sensor=\"temp1\"} 1\n");
}

TEST(Hwmon, TellsTwoChipsOfOneDeviceApart) {
  const Sensors host;
  host.AddChip("platform/asus-nb-wmi", "hwmon5", {{"name", "asus\n"}, {"pwm1_enable", "2\n"}});
  host.AddChip("platform/asus-nb-wmi", "hwmon6",
               {{"name", "asus_custom_fan_curve\n"}, {"pwm1_enable", "0\n"}});
  const std::string metrics = host.Collect();
  EXPECT_THAT(metrics, HasSubstr("{chip=\"platform_asus_nb_wmi\",sensor=\"pwm1\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("{chip=\"platform_asus_nb_wmi_asus_custom_fan_curve\","
                                 "sensor=\"pwm1\"} 0\n"));
}

TEST(Hwmon, SkipsWhatIsNoNumber) {
  const std::string chip = "sys/class/hwmon/hwmon0/";
  EXPECT_EQ(CollectHost("hwmon", {{chip + "temp1_input", "hot\n"},
                                  {chip + "temp2_input", ""},
                                  {chip + "temp3_input", "nan\n"},
                                  {chip + "temp4_input/file", "a folder"},
                                  {chip + "temp5_input", "5000\n"}}),
            "node_hwmon_temp_celsius{chip=\"hwmon0\",sensor=\"temp5\"} 5\n");
}

TEST(Hwmon, SaysThatAHostHasNoSensors) {
  EXPECT_THAT(CollectHost("hwmon", {}), HasSubstr("class/hwmon: No such file or directory"));
}

TEST(Hwmon, ReadsTheValuesEachTime) {
  const Sensors host;
  host.AddChip("platform/coretemp.0", "hwmon0", {{"temp1_input", "45000\n"}});
  const auto hwmon = host.Make();
  (void)CollectOnce(*hwmon);
  host.Write("sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_input", "46000\n");
  EXPECT_THAT(CollectOnce(*hwmon), HasSubstr("} 46\n"));
}

TEST(Hwmon, NoticesAnotherChipInTheSamePlaceAtOnce) {
  const Sensors host;
  host.AddChip("platform/coretemp.0", "hwmon0", {{"temp1_input", "45000\n"}});
  const auto hwmon = host.Make();
  (void)CollectOnce(*hwmon);
  host.RemoveChip("platform/coretemp.0", "hwmon0");
  EXPECT_EQ(CollectOnce(*hwmon), "");
  host.AddChip("platform/dell_smm", "hwmon0", {{"fan1_input", "900\n"}});
  EXPECT_EQ(CollectOnce(*hwmon),
            "node_hwmon_fan_rpm{chip=\"platform_dell_smm\",sensor=\"fan1\"} 900\n");
}

TEST(Hwmon, NoticesAnotherChipUnderTheSameNumberAtOnce) {
  const Sensors host;
  host.AddChip("platform/coretemp.0", "hwmon0", {{"temp1_input", "45000\n"}});
  const auto hwmon = host.Make();
  (void)CollectOnce(*hwmon);
  host.RemoveChip("platform/coretemp.0", "hwmon0");
  host.AddChip("platform/dell_smm", "hwmon0", {{"temp2_input", "30000\n"}});
  EXPECT_EQ(CollectOnce(*hwmon),
            "node_hwmon_temp_celsius{chip=\"platform_dell_smm\",sensor=\"temp2\"} 30\n");
}

TEST(Hwmon, LooksForNewSensorsOnceAMinute) {
  Sensors host;
  host.AddChip("platform/coretemp.0", "hwmon0", {{"temp1_input", "45000\n"}});
  const auto hwmon = host.Make();
  (void)CollectOnce(*hwmon);
  host.Write("sys/devices/platform/coretemp.0/hwmon/hwmon0/temp2_input", "46000\n");
  EXPECT_THAT(CollectOnce(*hwmon), Not(HasSubstr("temp2")));
  host.Advance(std::chrono::seconds(60));
  EXPECT_THAT(CollectOnce(*hwmon), HasSubstr("sensor=\"temp2\"} 46\n"));
}

}  // namespace
}  // namespace procmarshal::testing
