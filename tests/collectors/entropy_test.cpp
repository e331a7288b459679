#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

TEST(Entropy, ReadsThePool) {
  EXPECT_EQ(CollectFrom("entropy", {{"sys/kernel/random/entropy_avail", "1337\n"},
                                    {"sys/kernel/random/poolsize", "4096\n"}}),
            "node_entropy_available_bits 1337\n"
            "node_entropy_pool_size_bits 4096\n");
}

TEST(Entropy, SaysThatAHostHasNoPool) {
  EXPECT_THAT(CollectFrom("entropy", {}), HasSubstr("No such file"));
}

TEST(Entropy, RefusesWhatIsNoNumber) {
  EXPECT_EQ(CollectFrom("entropy", {{"sys/kernel/random/entropy_avail", "nan\n"}}),
            "error: entropy_avail: expected a number, found \"nan\"");
}

TEST(Entropy, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectFrom("entropy", {{"sys/kernel/random/entropy_avail", "1\n"},
                                    {"sys/kernel/random/poolsize", ""}}),
            "error: poolsize: expected a number, found \"\"");
}

}  // namespace
}  // namespace procmarshal::testing
