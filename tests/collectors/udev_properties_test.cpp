#include "collectors/udev_properties.h"

#include <gtest/gtest.h>

#include <string>

namespace procmarshal::testing {
namespace {

TEST(UdevProperties, ReadsThePropertiesOnly) {
  const auto properties = ParseUdevProperties(
      "S:disk/by-id/x\nI:1834902\nE:ID_MODEL=SSD_990\nE:ID_PATH=pci-0000:00:1f.2-ata-1\n"
      "G:systemd\nQ:systemd\nV:1\n");
  EXPECT_EQ(properties.size(), 2U);
  EXPECT_EQ(Find(properties, "ID_MODEL"), "SSD_990");
  EXPECT_EQ(Find(properties, "ID_PATH"), "pci-0000:00:1f.2-ata-1");
  EXPECT_EQ(Find(properties, "ID_SERIAL"), "");
}

TEST(UdevProperties, KeepsAllBehindTheFirstEqualsSign) {
  EXPECT_EQ(Find(ParseUdevProperties("E:A=b=c \n"), "A"), "b=c ");
}

TEST(UdevProperties, PassesOverWhatIsNoProperty) {
  const std::string nul("E:A\0B\n", 6);
  EXPECT_TRUE(ParseUdevProperties("E:\nE:NAME\nE\n\n=\n" + nul).empty());
  EXPECT_TRUE(ParseUdevProperties("").empty());
}

}  // namespace
}  // namespace procmarshal::testing
