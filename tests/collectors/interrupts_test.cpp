#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

TEST(Interrupts, ReadsTheControllerAndTheDevicesOfOneWithANumber) {
  EXPECT_EQ(
      CollectFrom("interrupts", {{"interrupts",
                                  "           CPU0       CPU1       \n"
                                  " 24:          1     353334  IO-APIC   5-edge      a, b\n"}}),
      "node_interrupts_total{cpu=\"0\",type=\"24\",info=\"IO-APIC\",devices=\"5-edge a, b\"} 1\n"
      "node_interrupts_total{cpu=\"1\",type=\"24\",info=\"IO-APIC\",devices=\"5-edge a, b\"} "
      "353334\n");
}

TEST(Interrupts, ReadsTheDescriptionOfOneWithAName) {
  EXPECT_EQ(
      CollectFrom("interrupts", {{"interrupts",
                                  "           CPU0       \n"
                                  "LOC:   10408851   Local timer interrupts\n"}}),
      "node_interrupts_total{cpu=\"0\",type=\"LOC\",info=\"Local timer interrupts\",devices=\"\"} "
      "10408851\n");
}

TEST(Interrupts, ReadsCountsThatTouchTheColon) {
  EXPECT_THAT(
      CollectFrom("interrupts", {{"interrupts",
                                  "           CPU0       CPU1       \n"
                                  "IPI0:3829313104 3829313105       Rescheduling\n"}}),
      HasSubstr("{cpu=\"0\",type=\"IPI0\",info=\"Rescheduling\",devices=\"\"} 3829313104\n"));
}

TEST(Interrupts, NamesTheCpusOfTheHeadWhenSomeAreOffline) {
  EXPECT_EQ(
      CollectFrom("interrupts", {{"interrupts",
                                  "           CPU0       CPU300       \n"
                                  "NMI:          4          5   Non-maskable\n"}}),
      "node_interrupts_total{cpu=\"0\",type=\"NMI\",info=\"Non-maskable\",devices=\"\"} 4\n"
      "node_interrupts_total{cpu=\"300\",type=\"NMI\",info=\"Non-maskable\",devices=\"\"} 5\n");
}

TEST(Interrupts, LeavesOutCountsOfNoCpu) {
  EXPECT_EQ(CollectFrom("interrupts", {{"interrupts", " CPU0 \nERR:          7\n"}}), "");
}

TEST(Interrupts, SaysThatTheHostHasNoSuchFile) {
  EXPECT_THAT(CollectFrom("interrupts", {}), HasSubstr("interrupts: No such file"));
}

TEST(Interrupts, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("interrupts", {{"interrupts", ""}}),
            "error: interrupts: expected \"CPU0 CPU1 ...\", found \"\"");
}

TEST(Interrupts, RefusesAHeadThatNamesNoCpus) {
  EXPECT_EQ(CollectFrom("interrupts", {{"interrupts", "CPU0 CPUx\n 1: 2 3 a b\n"}}),
            "error: interrupts: expected \"CPU0 CPU1 ...\", found \"CPU0 CPUx\"");
}

TEST(Interrupts, RefusesACountThatIsNoNumber) {
  EXPECT_EQ(CollectFrom("interrupts", {{"interrupts", "CPU0 CPU1\n 1: 2 IO-APIC 5-edge rtc0\n"}}),
            "error: interrupts: expected a number for each CPU, found \" 1: 2 IO-APIC 5-edge "
            "rtc0\"");
}

TEST(Interrupts, RefusesALineWithoutAName) {
  EXPECT_EQ(CollectFrom("interrupts", {{"interrupts", "CPU0\n 1 2 IO-APIC\n"}}),
            "error: interrupts: expected \"NAME: NUMBER ...\", found \" 1 2 IO-APIC\"");
}

}  // namespace
}  // namespace procmarshal::testing
