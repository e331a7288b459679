#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

TEST(Pressure, GivesTheTotalsInSeconds) {
  EXPECT_EQ(CollectFrom("pressure",
                        {{"pressure/cpu",
                          "some avg10=3.21 avg60=2.39 avg300=11.75 total=17500000\n"
                          "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"},
                         {"pressure/io",
                          "some avg10=0.38 avg60=0.15 avg300=0.21 total=2500000\n"
                          "full avg10=0.38 avg60=0.14 avg300=0.18 total=1250000\n"},
                         {"pressure/memory",
                          "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n"
                          "full avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\n"},
                         {"pressure/irq", "full avg10=0.00 avg60=0.00 avg300=0.00 total=62500\n"}}),
            "node_pressure_cpu_waiting_seconds_total 17.5\n"
            "node_pressure_io_stalled_seconds_total 1.25\n"
            "node_pressure_io_waiting_seconds_total 2.5\n"
            "node_pressure_irq_stalled_seconds_total 0.0625\n"
            "node_pressure_memory_stalled_seconds_total 2\n"
            "node_pressure_memory_waiting_seconds_total 3\n");
}

TEST(Pressure, KnowsKernelsWithoutALineFullOfTheCpu) {
  EXPECT_EQ(CollectFrom("pressure", {{"pressure/cpu", "some avg10=0.00 total=1000000\n"}}),
            "node_pressure_cpu_waiting_seconds_total 1\n");
}

TEST(Pressure, SaysThatTheHostHasNone) {
  EXPECT_EQ(CollectFrom("pressure", {}), "error: pressure: this kernel has none");
}

TEST(Pressure, RefusesALineWithoutATotal) {
  EXPECT_EQ(
      CollectFrom("pressure", {{"pressure/io", "some avg10=0.38 avg60=0.15\nfull total=1\n"}}),
      "error: pressure/io: expected a line \"some ... total=NUMBER\", found \"some avg10=0.38 "
      "avg60=0.15\"");
}

TEST(Pressure, RefusesAFileThatLacksALine) {
  EXPECT_THAT(CollectFrom("pressure", {{"pressure/memory", "some avg10=0.00 total=1\n"}}),
              HasSubstr("error: pressure/memory: expected a line \"full"));
}

TEST(Pressure, RefusesATotalThatIsNoNumber) {
  EXPECT_THAT(CollectFrom("pressure", {{"pressure/irq", "full total=-1\n"}}),
              HasSubstr("error: pressure/irq: expected"));
}

TEST(Pressure, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("pressure", {{"pressure/cpu", ""}}),
            "error: pressure/cpu: expected a line \"some ... total=NUMBER\", found \"\"");
}

}  // namespace
}  // namespace procmarshal::testing
