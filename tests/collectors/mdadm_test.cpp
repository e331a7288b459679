#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What the array md0 is like, in short: "blocks synced required active failed spare state".
std::string Md0(const std::string& lines) {
  std::string metrics = CollectFrom(
      "mdadm", {{"mdstat", "Personalities : [raid1] [raid6] [raid5] [raid4] [raid0] [raid10]\n" +
                               lines + "\nunused devices: <none>\n"}});
  if (metrics.starts_with("error: ")) return metrics;
  const auto value = [&](const std::string& series) {
    const auto at = metrics.find("node_md_" + series + " ");
    if (at == std::string::npos) return std::string("?");
    const auto begin = at + 9 + series.size();
    return metrics.substr(begin, metrics.find('\n', begin) - begin);
  };
  std::string text = value(R"(blocks{device="md0"})") + " " +
                     value(R"(blocks_synced{device="md0"})") + " " +
                     value(R"(disks_required{device="md0"})");
  for (const char* state : {"active", "failed", "spare"}) {
    text += " ";
    text += value(fmt::format(R"(disks{{device="md0",state="{}"}})", state));
  }
  for (const char* state : {"active", "inactive", "recovering", "resync", "check", "reshape"}) {
    if (value(fmt::format(R"(state{{device="md0",state="{}"}})", state)) == "1") {
      text += fmt::format(" {}", state);
    }
  }
  return text;
}

TEST(Mdadm, WritesAllOfAnArray) {
  EXPECT_EQ(CollectHost("mdadm", {{"proc/mdstat",
                                   "Personalities : [raid1]\n"
                                   "md127 : active raid1 sdb1[1] sda1[0]\n"
                                   "      102272 blocks super 1.2 [2/2] [UU]\n"
                                   "      \n"
                                   "unused devices: <none>\n"},
                                  {"sys/block/md127/md/raid_disks", "2\n"},
                                  {"sys/block/md127/md/degraded", "0\n"}}),
            R"(node_md_blocks_synced{device="md127"} 102272
node_md_blocks{device="md127"} 102272
node_md_degraded{device="md127"} 0
node_md_disks_required{device="md127"} 2
node_md_disks{device="md127",state="active"} 2
node_md_disks{device="md127",state="failed"} 0
node_md_disks{device="md127",state="spare"} 0
node_md_raid_disks{device="md127"} 2
node_md_state{device="md127",state="active"} 1
node_md_state{device="md127",state="check"} 0
node_md_state{device="md127",state="inactive"} 0
node_md_state{device="md127",state="recovering"} 0
node_md_state{device="md127",state="reshape"} 0
node_md_state{device="md127",state="resync"} 0
)");
}

TEST(Mdadm, ReadsAnArrayThatLacksADisk) {
  EXPECT_EQ(Md0("md0 : active raid5 sdd1[3] sdc1[2](F) sda1[0]\n"
                "      4190208 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [U_U]\n"
                "      bitmap: 1/1 pages [4KB], 65536KB chunk\n"),
            "4190208 4190208 3 2 1 0 active");
}

TEST(Mdadm, ReadsARecovery) {
  EXPECT_EQ(Md0("md0 : active raid5 sdd1[3] sdc1[4](S) sdb1[1](F) sda1[0]\n"
                "      4190208 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [U_U]\n"
                "      [=>...................]  recovery =  8.5% (178176/2095104) finish=0.7min "
                "speed=44544K/sec\n"
                "      bitmap: 0/1 pages [0KB], 65536KB chunk\n"),
            "4190208 178176 3 2 1 1 recovering");
}

TEST(Mdadm, ReadsWhatElseAnArrayIsAt) {
  const auto at = [](const std::string& action) {
    return Md0("md0 : active raid1 sdb1[1] sda1[0]\n      1000 blocks super 1.2 [2/2] [UU]\n" +
               action + "\n");
  };
  EXPECT_EQ(
      at("      [>....................]  resync =  0.0% (70/1000) finish=9.1min speed=7K/sec"),
      "1000 70 2 2 0 0 resync");
  EXPECT_EQ(
      at("      [====>................]  check = 20.0% (200/1000) finish=9.1min speed=7K/sec"),
      "1000 200 2 2 0 0 check");
  EXPECT_EQ(
      at("      [=>...................]  reshape =  7.5% (75/1000) finish=9.1min speed=7K/sec"),
      "1000 75 2 2 0 0 reshape");
}

TEST(Mdadm, KnowsThatNothingIsSyncedOfWhatHasNotBegun) {
  const auto at = [](const std::string& action) {
    return Md0(
        "md0 : active (auto-read-only) raid1 sdb1[1] sda1[0]\n"
        "      1000 blocks super 1.2 [2/2] [UU]\n" +
        action + "\n      \n");
  };
  EXPECT_EQ(at("      \tresync=PENDING"), "1000 0 2 2 0 0 resync");
  EXPECT_EQ(at("      \tresync=DELAYED"), "1000 0 2 2 0 0 resync");
  EXPECT_EQ(at("      \tresync=REMOTE"), "1000 0 2 2 0 0 resync");
  EXPECT_EQ(at("      \tcheck=DELAYED"), "1000 0 2 2 0 0 check");
}

TEST(Mdadm, ReadsKindsWithoutRedundancy) {
  EXPECT_EQ(Md0("md0 : active raid0 sdc1[2] sdb1[1] sda1[0]\n"
                "      7813735424 blocks super 1.2 512k chunks\n      \n"),
            "7813735424 7813735424 3 3 0 0 active");
  EXPECT_EQ(Md0("md0 : active linear sdb1[1] sda1[0]\n      200 blocks super 1.2 64k rounding\n"),
            "200 200 2 2 0 0 active");
}

TEST(Mdadm, ReadsKindsThatSayMoreOfThemselves) {
  EXPECT_EQ(Md0("md0 : active raid10 sdd[3] sdc[2] sdb[1] sda[0]\n"
                "      4186112 blocks super 1.2 512K chunks 2 near-copies [4/4] [UUUU]\n"),
            "4186112 4186112 4 4 0 0 active");
  EXPECT_EQ(Md0("md0 : active raid6 sdc[2](W) sdb[1](J) sda[0](R)\n"
                "      500 blocks level 6, 64k chunk, algorithm 2 [4/3] [UUU_]\n"),
            "500 500 4 3 0 0 active");
  EXPECT_EQ(Md0("md0 : active raid1 sdc2[2] sdb2[1]\n"
                "      1855870976 blocks super external:/md127/0 [2/2] [UU]\n"),
            "1855870976 1855870976 2 2 0 0 active");
}

TEST(Mdadm, ReadsAnInactiveArray) {
  EXPECT_EQ(Md0("md0 : inactive sda[0](S) sdb[1](S) sdc[2](S)\n"
                "      7932 blocks super external:imsm\n       \n"),
            "7932 7932 0 0 0 3 inactive");
}

TEST(Mdadm, ReadsAnArrayWithoutDisks) {
  EXPECT_EQ(Md0("md0 : inactive super external:imsm\n       \n"), "0 0 0 0 0 0 inactive");
}

TEST(Mdadm, ReadsAnArrayThatBroke) {
  EXPECT_EQ(Md0("md0 : broken raid0 sdb1[1] sda1[0]\n      200 blocks super 1.2 512k chunks\n"),
            "200 200 2 2 0 0");
}

TEST(Mdadm, ReadsSeveralArraysWithOrWithoutBlankLines) {
  const std::string metrics = CollectFrom("mdadm", {{"mdstat",
                                                     "Personalities : [raid1]\n"
                                                     "md1 : active raid1 sdb1[1] sda1[0]\n"
                                                     "      1 blocks [2/2] [UU]\n"
                                                     "md2 : active raid1 sdb2[1] sda2[0]\n"
                                                     "      2 blocks [2/2] [UU]\n"}});
  EXPECT_THAT(metrics, HasSubstr("node_md_blocks{device=\"md1\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("node_md_blocks{device=\"md2\"} 2\n"));
}

TEST(Mdadm, ReadsTheDisksOfAnArrayThatGrows) {
  const auto disks = [](const std::string& raid_disks) {
    return CollectHost(
        "mdadm", {{"proc/mdstat", "md0 : active raid5 sdb1[1] sda1[0]\n 1 blocks [5/4] [UUUU_]\n"},
                  {"sys/block/md0/md/raid_disks", raid_disks},
                  {"sys/block/md0/md/degraded", "1\n"}});
  };
  EXPECT_THAT(disks("5 (4)\n"), AllOf(HasSubstr("node_md_raid_disks{device=\"md0\"} 5\n"),
                                      HasSubstr("node_md_degraded{device=\"md0\"} 1\n")));
  EXPECT_THAT(disks("\n"), Not(HasSubstr("raid_disks")));
  EXPECT_THAT(disks("many\n"),
              HasSubstr("error: block/md0/md/raid_disks: expected a number, found \"many\""));
}

TEST(Mdadm, CountsNoMissingDisksWhereThereCanBeNone) {
  EXPECT_THAT(CollectHost("mdadm", {{"proc/mdstat", "md0 : active raid0 sda1[0]\n 1 blocks\n"},
                                    {"sys/block/md0/md/raid_disks", "1\n"}}),
              HasSubstr("node_md_degraded{device=\"md0\"} 0\n"));
}

TEST(Mdadm, IsFineWithoutArrays) {
  EXPECT_EQ(CollectFrom("mdadm", {{"mdstat", "Personalities : \nunused devices: <none>\n"}}), "");
}

TEST(Mdadm, SaysThatThereIsNoFile) {
  EXPECT_THAT(CollectFrom("mdadm", {{"stat", ""}}), HasSubstr("No such file or directory"));
}

TEST(Mdadm, RefusesWhatIsNoArray) {
  for (const char* lines :
       {"md0\n", "md0 active raid1\n", "md0 :\n", "md0 : active raid1 sda1[0]\n",
        "md0 : active raid1 sda1[0]\n      many blocks [2/2] [UU]\n",
        "md0 : active raid1 sda1[0]\n      -5 blocks [2/2] [UU]\n",
        "md0 : active raid1 sda1[0]\n      99999999999999999999999 blocks [2/2] [UU]\n",
        "md0 : active raid1 sda1[0]\n      5 bricks [2/2] [UU]\n",
        "md0 : active raid1 sda1[0]\n 5 blocks [2/2] [UU]\n [>.] resync = 1% (x/5)\n"}) {
    EXPECT_THAT(Md0(lines), HasSubstr("error: mdstat: expected ")) << lines;
  }
}

TEST(Mdadm, ReadsNothingElsewhere) {
  EXPECT_THAT(CollectHost("mdadm", {{"proc/mdstat", "../../x : active raid0 a[0]\n 1 blocks\n"},
                                    {"sys/block/sda/size", "1\n"},
                                    {"x/md/raid_disks", "7\n"}}),
              Not(HasSubstr("raid_disks")));
}

}  // namespace
}  // namespace procmarshal::testing
