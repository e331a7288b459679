#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {

TEST(KernelHung, CountsTasks) {
  EXPECT_EQ(CollectFrom("kernel_hung", {{"sys/kernel/hung_task_detect_count", "4\n"}}),
            "node_kernel_hung_tasks_total 4\n");
}

TEST(KernelHung, RefusesWhatIsNoNumber) {
  EXPECT_EQ(CollectFrom("kernel_hung", {{"sys/kernel/hung_task_detect_count", "4x\n"}}),
            "error: hung_task_detect_count: expected a number, found \"4x\"");
}

}  // namespace procmarshal::testing
