#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string kControllers = "sys/devices/system/edac/mc/";

// A server with a bad module in row 2.
TEST(Edac, CountsTheErrorsOfControllersRowsAndChannels) {
  EXPECT_EQ(
      CollectHost("edac", {{kControllers + "mc0/ce_count", "5\n"},
                           {kControllers + "mc0/ce_noinfo_count", "1\n"},
                           {kControllers + "mc0/ue_count", "2\n"},
                           {kControllers + "mc0/ue_noinfo_count", "0\n"},
                           {kControllers + "mc0/csrow2/ce_count", "4\n"},
                           {kControllers + "mc0/csrow2/ue_count", "2\n"},
                           {kControllers + "mc0/csrow2/ch1_ce_count", "4\n"},
                           {kControllers + "mc0/csrow2/ch1_ue_count", "2\n"},
                           {kControllers + "mc0/csrow2/ch1_dimm_label", "mc#0csrow#2channel#1\n"}}),
      "node_edac_channel_correctable_errors_total{channel=\"1\",controller=\"0\",csrow=\"2\","
      "dimm_label=\"mc0_csrow2_channel1\"} 4\n"
      "node_edac_channel_uncorrectable_errors_total{channel=\"1\",controller=\"0\",csrow=\"2\","
      "dimm_label=\"mc0_csrow2_channel1\"} 2\n"
      "node_edac_correctable_errors_total{controller=\"0\"} 5\n"
      "node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"2\"} 4\n"
      "node_edac_csrow_correctable_errors_total{controller=\"0\",csrow=\"unknown\"} 1\n"
      "node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"2\"} 2\n"
      "node_edac_csrow_uncorrectable_errors_total{controller=\"0\",csrow=\"unknown\"} 0\n"
      "node_edac_uncorrectable_errors_total{controller=\"0\"} 2\n");
}

TEST(Edac, DoesWithoutTheFilesThatDriversLack) {
  EXPECT_EQ(CollectHost("edac", {{kControllers + "mc1/csrow0/ch0_ce_count", "7\n"},
                                 {kControllers + "mc1/csrow0/change_ce_count", "8\n"}}),
            "node_edac_channel_correctable_errors_total{channel=\"0\",controller=\"1\","
            "csrow=\"0\",dimm_label=\"unknown\"} 7\n");
}

TEST(Edac, IsSilentWithoutEcc) {
  EXPECT_EQ(CollectHost("edac", {}), "");
}

TEST(Edac, TellsControllersApart) {
  const std::string metrics = CollectHost(
      "edac", {{kControllers + "mc0/ce_count", "1\n"}, {kControllers + "mc1/ce_count", "2\n"}});
  EXPECT_THAT(metrics, HasSubstr("{controller=\"0\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("{controller=\"1\"} 2\n"));
}

TEST(Edac, RefusesWhatIsNoNumber) {
  EXPECT_THAT(CollectHost("edac", {{kControllers + "mc0/ce_count", "none\n"}}),
              EndsWith("edac/mc/mc0/ce_count: expected a number, found \"none\""));
  EXPECT_THAT(CollectHost("edac", {{kControllers + "mc0/csrow0/ch0_ue_count", "1\n"},
                                   {kControllers + "mc0/csrow0/ch0_ce_count", ""}}),
              EndsWith("csrow0/ch0_ce_count: expected a number, found \"\""));
}

}  // namespace
}  // namespace procmarshal::testing
