#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

double Value(const std::string& metrics, const std::string& name) {
  const auto at = metrics.find(name + " ");
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + name.size() + 1));
}

TEST(Self, DescribesThisProcess) {
  const std::string metrics = CollectFrom("self", {});
  EXPECT_GT(Value(metrics, "process_cpu_seconds_total"), 0);
  EXPECT_GT(Value(metrics, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(Value(metrics, "process_virtual_memory_bytes"),
            Value(metrics, "process_resident_memory_bytes"));
  EXPECT_GE(Value(metrics, "process_open_fds"), 3);
  EXPECT_GE(Value(metrics, "process_max_fds"), Value(metrics, "process_open_fds"));
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(Value(metrics, "process_start_time_seconds"), now + 1);
  EXPECT_GT(Value(metrics, "process_start_time_seconds"), now - 600);
}

}  // namespace
}  // namespace procmarshal::testing
