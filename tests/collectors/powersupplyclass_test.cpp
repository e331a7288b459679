#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kBattery = "sys/class/power_supply/BAT0/";

TEST(Powersupplyclass, ReadsTheBatteryOfALaptop) {
  EXPECT_EQ(CollectHost("powersupplyclass", {{kBattery + "capacity", "81\n"},
                                             {kBattery + "cycle_count", "147\n"},
                                             {kBattery + "energy_now", "47380000\n"},
                                             {kBattery + "power_now", "5100000\n"},
                                             {kBattery + "present", "1\n"},
                                             {kBattery + "temp", "314\n"},
                                             {kBattery + "voltage_now", "12229000\n"},
                                             {kBattery + "manufacturer", "LGC\n"},
                                             {kBattery + "serial_number", " 38109\n"},
                                             {kBattery + "status", "Not charging\n"},
                                             {kBattery + "type", "Battery\n"},
                                             {kBattery + "uevent", "POWER_SUPPLY_NAME=BAT0\n"}}),
            "node_power_supply_capacity{power_supply=\"BAT0\"} 81\n"
            "node_power_supply_cyclecount{power_supply=\"BAT0\"} 147\n"
            "node_power_supply_energy_watthour{power_supply=\"BAT0\"} 47.38\n"
            "node_power_supply_info{manufacturer=\"LGC\",power_supply=\"BAT0\","
            "serial_number=\"38109\",status=\"Not charging\",type=\"Battery\"} 1\n"
            "node_power_supply_power_watt{power_supply=\"BAT0\"} 5.1\n"
            "node_power_supply_present{power_supply=\"BAT0\"} 1\n"
            "node_power_supply_temp_celsius{power_supply=\"BAT0\"} 31.4\n"
            "node_power_supply_voltage_volt{power_supply=\"BAT0\"} 12.229\n");
}

TEST(Powersupplyclass, ReadsTheMains) {
  EXPECT_EQ(CollectHost("powersupplyclass", {{"sys/class/power_supply/AC/online", "1\n"},
                                             {"sys/class/power_supply/AC/type", "Mains\n"}}),
            "node_power_supply_info{power_supply=\"AC\",type=\"Mains\"} 1\n"
            "node_power_supply_online{power_supply=\"AC\"} 1\n");
}

TEST(Powersupplyclass, SkipsFilesThatCanNotBeReadNow) {
  EXPECT_EQ(CollectHost("powersupplyclass", {{kBattery + "capacity/file", "a folder"},
                                             {kBattery + "serial_number", "\n"},
                                             {kBattery + "present", "0\n"}}),
            "node_power_supply_info{power_supply=\"BAT0\"} 1\n"
            "node_power_supply_present{power_supply=\"BAT0\"} 0\n");
}

TEST(Powersupplyclass, SaysThatAKernelKnowsNoPowerSupplies) {
  EXPECT_THAT(CollectHost("powersupplyclass", {}), HasSubstr("No such file or directory"));
}

TEST(Powersupplyclass, RefusesWhatIsNoNumber) {
  EXPECT_THAT(CollectHost("powersupplyclass", {{kBattery + "capacity", "full\n"}}),
              EndsWith("power_supply/BAT0/capacity: expected a number, found \"full\""));
}

}  // namespace
}  // namespace procmarshal::testing
