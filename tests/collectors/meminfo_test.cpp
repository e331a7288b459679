#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

TEST(Meminfo, GivesBytesAndCounts) {
  EXPECT_EQ(CollectFrom("meminfo", {{"meminfo",
                                     "MemTotal:       24684084 kB\n"
                                     "Active(anon):       1528 kB\n"
                                     "HugePages_Total:       3\n"}}),
            "node_memory_Active_anon_bytes 1564672\n"
            "node_memory_HugePages_Total 3\n"
            "node_memory_MemTotal_bytes 25276502016\n");
}

TEST(Meminfo, ReadsEveryFieldOfACapturedFile) {
  const std::string metrics = CollectFixture("meminfo");
  EXPECT_THAT(metrics, HasSubstr("node_memory_MemAvailable_bytes "));
  EXPECT_THAT(metrics, HasSubstr("node_memory_Inactive_file_bytes "));
  EXPECT_THAT(metrics, HasSubstr("node_memory_HugePages_Surp 0\n"));
  EXPECT_THAT(metrics, HasSubstr("node_memory_DirectMap1G_bytes "));
}

TEST(Meminfo, RefusesWhatIsNotANumber) {
  EXPECT_EQ(CollectFrom("meminfo", {{"meminfo", "MemTotal: lots kB\n"}}),
            "error: meminfo: expected \"NAME: NUMBER kB\", found \"MemTotal: lots kB\"");
}

TEST(Meminfo, RefusesWhatIsNoCount) {
  EXPECT_THAT(CollectFrom("meminfo", {{"meminfo", "MemTotal: nan kB\n"}}), HasSubstr("error: "));
  EXPECT_THAT(CollectFrom("meminfo", {{"meminfo", "MemTotal: -5 kB\n"}}), HasSubstr("error: "));
  EXPECT_THAT(CollectFrom("meminfo", {{"meminfo", "MemTotal: 99999999999999999999 kB\n"}}),
              HasSubstr("error: "));
}

TEST(Meminfo, RefusesAnUnknownUnit) {
  EXPECT_THAT(CollectFrom("meminfo", {{"meminfo", "MemTotal: 5 MB\n"}}), HasSubstr("error: "));
}

TEST(Meminfo, RefusesANameThatIsNoMetricName) {
  EXPECT_THAT(CollectFrom("meminfo", {{"meminfo", "Mem\"Total: 5 kB\n"}}), HasSubstr("error: "));
}

TEST(Meminfo, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("meminfo", {{"meminfo", ""}}), "error: meminfo: the file is empty");
}

}  // namespace
}  // namespace procmarshal::testing
