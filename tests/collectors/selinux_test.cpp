#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(Selinux, TellsTheModeConfiguredAndTheModeNow) {
  EXPECT_EQ(CollectHost("selinux", {{"sys/fs/selinux/enforce", "0"},
                                    {"etc/selinux/config",
                                     "# SELINUX= can take one of these values:\n"
                                     "SELINUX=enforcing\n"
                                     "SELINUXTYPE=targeted\n"}}),
            "node_selinux_config_mode 1\n"
            "node_selinux_current_mode 0\n"
            "node_selinux_enabled 1\n");
}

TEST(Selinux, KnowsPermissiveAndDisabledConfigurations) {
  const File enforce{"sys/fs/selinux/enforce", "1"};
  EXPECT_THAT(CollectHost("selinux", {enforce, {"etc/selinux/config", "SELINUX=permissive\n"}}),
              HasSubstr("config_mode 0\n"));
  EXPECT_THAT(CollectHost("selinux", {enforce, {"etc/selinux/config", "SELINUX=disabled\n"}}),
              HasSubstr("config_mode -1\n"));
  EXPECT_THAT(CollectHost("selinux", {enforce}), HasSubstr("config_mode -1\n"));
}

TEST(Selinux, IsNotEnabledOnMostHosts) {
  EXPECT_EQ(CollectHost("selinux", {{"etc/selinux/config", "SELINUX=enforcing\n"}}),
            "node_selinux_enabled 0\n");
}

TEST(Selinux, IsNotEnabledWithoutAPolicy) {
  const std::string context("kernel\0", 7);
  EXPECT_EQ(CollectHost("selinux",
                        {{"sys/fs/selinux/enforce", "0"}, {"proc/self/attr/current", context}}),
            "node_selinux_enabled 0\n");
  const std::string unconfined("unconfined_u:unconfined_r:unconfined_t:s0\0", 42);
  EXPECT_THAT(CollectHost("selinux", {{"sys/fs/selinux/enforce", "0"},
                                      {"proc/self/attr/current", unconfined}}),
              EndsWith("node_selinux_enabled 1\n"));
}

TEST(Selinux, RefusesWhatIsNoNumber) {
  EXPECT_THAT(CollectHost("selinux", {{"sys/fs/selinux/enforce", "yes\n"}}),
              EndsWith("fs/selinux/enforce: expected a number, found \"yes\""));
}

}  // namespace
}  // namespace procmarshal::testing
