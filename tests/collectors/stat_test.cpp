#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {

TEST(Stat, ReadsTheCounts) {
  EXPECT_EQ(CollectFrom("stat", {{"stat",
                                  "cpu  1 2 3 4\n"
                                  "intr 119230 0 1 2\n"
                                  "ctxt 261588\n"
                                  "btime 1795385531\n"
                                  "processes 3529\n"
                                  "procs_running 2\n"
                                  "procs_blocked 1\n"}}),
            "node_boot_time_seconds 1795385531\n"
            "node_context_switches_total 261588\n"
            "node_forks_total 3529\n"
            "node_intr_total 119230\n"
            "node_procs_blocked 1\n"
            "node_procs_running 2\n");
}

TEST(Stat, ReadsACapturedFile) {
  EXPECT_THAT(CollectFixture("stat"), ::testing::HasSubstr("node_boot_time_seconds 1"));
}

TEST(Stat, SaysWhatIsMissing) {
  EXPECT_EQ(CollectFrom("stat", {{"stat", "intr 5\nctxt many\n"}}),
            "error: stat: expected a line \"ctxt NUMBER\"");
}

}  // namespace procmarshal::testing
