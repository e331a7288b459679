#include <fmt/chrono.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string CollectAt(const Clock& clock) {
  const ProcTree tree;
  Environment env = HostOf(tree);
  env.clock = &clock;
  return CollectOnce(*MakeCollector("time", env));
}

TEST(Time, TellsTheTimeInFractionsOfASecond) {
  ManualClock clock;
  clock.Advance(std::chrono::milliseconds(500));
  EXPECT_THAT(CollectAt(clock), HasSubstr("node_time_seconds 1700007200.5\n"));
}

TEST(Time, TellsTheTimeZone) {
  const ManualClock clock;
  const std::tm local = fmt::localtime(std::chrono::system_clock::to_time_t(clock.Wall()));
  EXPECT_THAT(CollectAt(clock),
              HasSubstr(fmt::format("node_time_zone_offset_seconds{{time_zone=\"{}\"}} {}\n",
                                    local.tm_zone, local.tm_gmtoff)));
}

TEST(Time, NamesTheClockSources) {
  const std::string folder = "sys/devices/system/clocksource/clocksource0/";
  EXPECT_THAT(
      CollectHost("time", {{folder + "available_clocksource", "tsc hpet acpi_pm \n"},
                           {folder + "current_clocksource", "tsc\n"}}),
      HasSubstr("node_time_clocksource_available_info{clocksource=\"acpi_pm\",device=\"0\"} 1\n"
                "node_time_clocksource_available_info{clocksource=\"hpet\",device=\"0\"} 1\n"
                "node_time_clocksource_available_info{clocksource=\"tsc\",device=\"0\"} 1\n"
                "node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"} 1\n"));
}

TEST(Time, DoesWithoutClockSources) {
  EXPECT_THAT(CollectAt(ManualClock()), Not(HasSubstr("clocksource")));
}

}  // namespace
}  // namespace procmarshal::testing
