#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;

const std::string kThermal = "sys/class/thermal/";

TEST(ThermalZone, ReadsTheZonesOfALaptop) {
  EXPECT_EQ(CollectHost("thermal_zone", {{kThermal + "thermal_zone0/type", "acpitz\n"},
                                         {kThermal + "thermal_zone0/temp", "49925\n"},
                                         {kThermal + "thermal_zone0/mode", "enabled\n"},
                                         {kThermal + "thermal_zone11/type", "x86_pkg_temp\n"},
                                         {kThermal + "thermal_zone11/temp", "-5000\n"}}),
            "node_thermal_zone_temp{type=\"acpitz\",zone=\"0\"} 49.925\n"
            "node_thermal_zone_temp{type=\"x86_pkg_temp\",zone=\"11\"} -5\n");
}

TEST(ThermalZone, ReadsCoolingDevices) {
  EXPECT_EQ(CollectHost("thermal_zone", {{kThermal + "cooling_device0/type", "Processor\n"},
                                         {kThermal + "cooling_device0/cur_state", "0\n"},
                                         {kThermal + "cooling_device0/max_state", "10\n"},
                                         {kThermal + "cooling_device1/type", "intel_powerclamp\n"},
                                         {kThermal + "cooling_device1/cur_state", "-1\n"},
                                         {kThermal + "cooling_device1/max_state", "50\n"}}),
            "node_cooling_device_cur_state{name=\"0\",type=\"Processor\"} 0\n"
            "node_cooling_device_cur_state{name=\"1\",type=\"intel_powerclamp\"} -1\n"
            "node_cooling_device_max_state{name=\"0\",type=\"Processor\"} 10\n"
            "node_cooling_device_max_state{name=\"1\",type=\"intel_powerclamp\"} 50\n");
}

TEST(ThermalZone, SkipsADisabledZone) {
  EXPECT_EQ(CollectHost("thermal_zone", {{kThermal + "thermal_zone0/type", "INT3400 Thermal\n"},
                                         {kThermal + "thermal_zone0/temp", "20000\n"},
                                         {kThermal + "thermal_zone0/mode", "disabled\n"}}),
            "");
}

// The wireless card of a laptop gives an error while it is off.
TEST(ThermalZone, SkipsAZoneThatCanNotBeReadNow) {
  EXPECT_EQ(CollectHost("thermal_zone", {{kThermal + "thermal_zone0/type", "iwlwifi_1\n"},
                                         {kThermal + "thermal_zone1/temp", "20000\n"},
                                         {kThermal + "cooling_device0/type", "Fan\n"}}),
            "");
}

TEST(ThermalZone, IsSilentOnAVirtualMachine) {
  EXPECT_EQ(CollectHost("thermal_zone", {}), "");
}

TEST(ThermalZone, RefusesWhatIsNoNumber) {
  EXPECT_THAT(CollectHost("thermal_zone", {{kThermal + "thermal_zone0/type", "acpitz\n"},
                                           {kThermal + "thermal_zone0/temp", "hot\n"}}),
              EndsWith("class/thermal/thermal_zone0/temp: expected a number, found \"hot\""));
  EXPECT_THAT(CollectHost("thermal_zone", {{kThermal + "cooling_device0/cur_state", ""}}),
              EndsWith("class/thermal/cooling_device0/cur_state: expected a number, found \"\""));
}

}  // namespace
}  // namespace procmarshal::testing
