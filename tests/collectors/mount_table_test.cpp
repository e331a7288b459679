#include "collectors/mount_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace procmarshal::testing {
namespace {

// All that is kept of each line.
std::string Parse(std::string_view text) {
  const auto mounts = ParseMountInfo(text);
  if (!mounts) return "error: " + mounts.error().message;
  std::string lines;
  for (const Mount& mount : *mounts) {
    lines += fmt::format("{}:{} <{}> <{}> <{}>{}\n", mount.major, mount.minor, mount.point,
                         mount.type, mount.source, mount.is_read_only ? " ro" : "");
  }
  return lines;
}

TEST(MountTable, ReadsMounts) {
  EXPECT_EQ(Parse("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"
                  "33 27 0:29 /top /srv rw shared:14 - nfs4 box:/export rw,vers=4.2\n"),
            "254:0 </> <ext4> </dev/vda>\n"
            "0:29 </srv> <nfs4> <box:/export>\n");
}

TEST(MountTable, PassesOverAnyNumberOfOptionalFields) {
  EXPECT_EQ(Parse("5 1 8:1 / /a rw shared:1 master:2 propagate_from:3 - xfs /dev/sda1 rw\n"),
            "8:1 </a> <xfs> </dev/sda1>\n");
}

TEST(MountTable, IsReadOnlyIfTheMountOrTheFileSystemIs) {
  EXPECT_EQ(Parse("5 1 8:1 / /a ro,nosuid - xfs /dev/sda1 rw\n"
                  "6 1 8:1 / /b rw - xfs /dev/sda1 ro,noquota\n"
                  "7 1 8:1 / /c rw,errors=ro - xfs /dev/sda1 rw,prot=ro\n"),
            "8:1 </a> <xfs> </dev/sda1> ro\n"
            "8:1 </b> <xfs> </dev/sda1> ro\n"
            "8:1 </c> <xfs> </dev/sda1>\n");
}

TEST(MountTable, UnescapesMountPoints) {
  EXPECT_EQ(Parse(R"(5 1 8:1 / /a\040b\011c\012d\134040 rw - cifs //srv rw)"),
            "8:1 </a b\tc\nd\\040> <cifs> <//srv>\n");
}

TEST(MountTable, LeavesSourceAndTypeAsTheyAre) {
  EXPECT_EQ(Parse(R"(5 1 0:9 / /a rw - fuse.a\040b //srv/My\040\043Share rw)"),
            R"(0:9 </a> <fuse.a\040b> <//srv/My\040\043Share>)"
            "\n");
}

TEST(MountTable, LeavesOtherBackslashesAlone) {
  EXPECT_EQ(Parse(R"(5 1 8:1 / /a\x\04\489\777\ rw - xfs d\04 rw)"),
            R"(8:1 </a\x\04\489\777\> <xfs> <d\04>)"
            "\n");
}

TEST(MountTable, TakesAnEmptySource) {
  EXPECT_EQ(Parse("5 1 0:40 / /a rw - tmpfs  rw\n"), "0:40 </a> <tmpfs> <>\n");
}

TEST(MountTable, TakesAnyBytes) {
  EXPECT_EQ(Parse("5 1 0:40 / /\xFF-\xC3 rw - tmpfs - rw\n"), "0:40 </\xFF-\xC3> <tmpfs> <->\n");
}

TEST(MountTable, RefusesAShortLine) {
  for (const char* line :
       {"27", "27 1 254:0 / /", "27 1 254:0 / / rw", "27 1 254:0 / / rw -",
        "27 1 254:0 / / rw - ext4", "27 1 254:0 / / rw - ext4 /dev/vda", "27 1 254:0 / / rw a b c",
        "\n", "27 1 254 / / rw - ext4 /dev/vda rw", "27 1 254:x / / rw - ext4 /dev/vda rw",
        "27 1 99999999999:1 / / rw - ext4 /dev/vda rw", "27 1 1:1 / a rw - ext4 /dev/vda rw"}) {
    EXPECT_EQ(Parse(line).substr(0, 27), "error: mountinfo: expected ") << line;
  }
}

TEST(MountTable, ShowsNoMoreThanTheStartOfALongLine) {
  EXPECT_LT(Parse(std::string(1 << 20, 'x')).size(), 250U);
}

}  // namespace
}  // namespace procmarshal::testing
