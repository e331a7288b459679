#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

TEST(Vmstat, ReadsPagingFaultsAndKills) {
  EXPECT_EQ(CollectFrom("vmstat", {{"vmstat",
                                    "nr_free_pages 2441127\n"
                                    "pgpgin 1245064\n"
                                    "pgpgout 9920\n"
                                    "pswpin 3\n"
                                    "pswpout 4\n"
                                    "pgalloc_normal 5566\n"
                                    "pgfault 260517\n"
                                    "pgmajfault 1822\n"
                                    "oom_kill 1\n"}}),
            "node_vmstat_oom_kill 1\n"
            "node_vmstat_pgfault 260517\n"
            "node_vmstat_pgmajfault 1822\n"
            "node_vmstat_pgpgin 1245064\n"
            "node_vmstat_pgpgout 9920\n"
            "node_vmstat_pswpin 3\n"
            "node_vmstat_pswpout 4\n");
}

TEST(Vmstat, ShowsFieldsOfNewerKernelsThatCountFaults) {
  EXPECT_EQ(CollectFrom("vmstat", {{"vmstat", "pgdemote_kswapd 4\npg_numa_hint_faults_local 7\n"}}),
            "node_vmstat_pg_numa_hint_faults_local 7\n");
}

TEST(Vmstat, DoesNotReadWhatItDoesNotShow) {
  EXPECT_EQ(CollectFrom("vmstat", {{"vmstat", "nr_dirty many\npgfault 2\n"}}),
            "node_vmstat_pgfault 2\n");
}

TEST(Vmstat, SaysThatTheHostHasNoSuchFile) {
  EXPECT_THAT(CollectFrom("vmstat", {}), HasSubstr("vmstat: No such file"));
}

TEST(Vmstat, RefusesALineWithoutANumber) {
  EXPECT_EQ(CollectFrom("vmstat", {{"vmstat", "pgpgin 1\npgfault\n"}}),
            "error: vmstat: expected \"NAME NUMBER\", found \"pgfault\"");
}

TEST(Vmstat, RefusesANumberThatDoesNotFit) {
  EXPECT_THAT(CollectFrom("vmstat", {{"vmstat", "pgfault 18446744073709551616\n"}}),
              HasSubstr("error: vmstat: expected"));
}

TEST(Vmstat, RefusesANameThatIsNoMetricName) {
  EXPECT_EQ(CollectFrom("vmstat", {{"vmstat", "pgfault{a=\"b\"} 5\n"}}),
            "error: vmstat: expected \"NAME NUMBER\", found \"pgfault{a=\"b\"} 5\"");
}

TEST(Vmstat, QuotesOnlyTheStartOfAnEndlessLine) {
  EXPECT_EQ(
      CollectFrom("vmstat", {{"vmstat", "pgfault" + std::string(1U << 20U, 'x') + "\n"}}).size(),
      std::string("error: vmstat: expected \"NAME NUMBER\", found \"\"").size() + 80);
}

TEST(Vmstat, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("vmstat", {{"vmstat", ""}}), "error: vmstat: the file is empty");
}

}  // namespace
}  // namespace procmarshal::testing
