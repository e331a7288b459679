#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kDisk = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n";

// With one disk, sda.
std::string CollectWith(const std::string& udev) {
  return CollectHost("diskstats", {{"proc/diskstats", kDisk}, {"run/udev/data/b8:0", udev}});
}

TEST(Diskstats, ReadsAllFieldsOfAKernelOfToday) {
  EXPECT_EQ(
      CollectHost("diskstats",
                  {{"proc/diskstats",
                    " 254       0 vda 1357 1469 734 2368 1914 5492 1609 7251 3 4233 3297 1229 78 "
                    "1470 1558 3243 4668\n"}}),
      R"(node_disk_discard_time_seconds_total{device="vda"} 1.558
node_disk_discarded_sectors_total{device="vda"} 1470
node_disk_discards_completed_total{device="vda"} 1229
node_disk_discards_merged_total{device="vda"} 78
node_disk_flush_requests_time_seconds_total{device="vda"} 4.668
node_disk_flush_requests_total{device="vda"} 3243
node_disk_info{device="vda",major="254",minor="0",path="",wwn="",model="",serial="",revision="",rotational="0"} 1
node_disk_io_now{device="vda"} 3
node_disk_io_time_seconds_total{device="vda"} 4.233
node_disk_io_time_weighted_seconds_total{device="vda"} 3.297
node_disk_read_bytes_total{device="vda"} 375808
node_disk_read_time_seconds_total{device="vda"} 2.368
node_disk_reads_completed_total{device="vda"} 1357
node_disk_reads_merged_total{device="vda"} 1469
node_disk_write_time_seconds_total{device="vda"} 7.251
node_disk_writes_completed_total{device="vda"} 1914
node_disk_writes_merged_total{device="vda"} 5492
node_disk_written_bytes_total{device="vda"} 823808
)");
}

TEST(Diskstats, HasNoDiscardsOrFlushesOnOldKernels) {
  const std::string metrics = CollectHost("diskstats", {{"proc/diskstats", kDisk}});
  EXPECT_THAT(metrics, HasSubstr("node_disk_io_time_weighted_seconds_total{device=\"sda\"} 0.011"));
  EXPECT_THAT(metrics, Not(HasSubstr("discard")));
  EXPECT_THAT(metrics, Not(HasSubstr("flush")));
}

TEST(Diskstats, HasDiscardsButNoFlushesInBetween) {
  const std::string metrics = CollectHost(
      "diskstats", {{"proc/diskstats", "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"}});
  EXPECT_THAT(metrics, HasSubstr("node_disk_discarded_sectors_total{device=\"sda\"} 14\n"));
  EXPECT_THAT(metrics, Not(HasSubstr("flush")));
}

TEST(Diskstats, PassesOverFieldsThatAKernelOfTomorrowAdds) {
  EXPECT_THAT(CollectHost("diskstats", {{"proc/diskstats",
                                         "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 x\n"}}),
              HasSubstr("node_disk_flush_requests_total{device=\"sda\"} 16\n"));
}

TEST(Diskstats, LeavesOutPartitionsAndWhatIsNoDisk) {
  std::string text;
  for (const char* name :
       {"ram0", "zram1", "loop7", "fd0", "hda1", "sdb12", "vdc3", "xvda1", "nvme0n1p2"}) {
    text += fmt::format("8 1 {} 1 2 3 4 5 6 7 8 9 10 11\n", name);
  }
  EXPECT_EQ(CollectHost("diskstats", {{"proc/diskstats", text}}), "");
}

TEST(Diskstats, KeepsEverythingElse) {
  for (const char* name :
       {"sda", "sdaa", "nvme0n1", "dm-0", "md127", "sr0", "mmcblk0", "mmcblk0p1", "nbd0"}) {
    EXPECT_THAT(CollectHost("diskstats", {{"proc/diskstats",
                                           fmt::format("8 1 {} 1 2 3 4 5 6 7 8 9 10 11\n", name)}}),
                HasSubstr(fmt::format("node_disk_io_now{{device=\"{}\"}} 9\n", name)));
  }
}

TEST(Diskstats, TellsWhatADiskIs) {
  EXPECT_THAT(
      CollectHost("diskstats", {{"proc/diskstats", kDisk},
                                {"sys/block/sda/queue/rotational", "1\n"},
                                {"run/udev/data/b8:0",
                                 "S:disk/by-id/ata-x\nE:ID_PATH=pci-0000:00:1f.2-ata-1\n"
                                 "E:ID_WWN=0x5000\nE:ID_MODEL=WDC_WD80\nE:ID_SERIAL_SHORT=V8G\n"
                                 "E:ID_REVISION=83.H\nE:ID_SERIAL=WDC_WD80_V8G\n"}}),
      HasSubstr(R"(node_disk_info{device="sda",major="8",minor="0",path="pci-0000:00:1f.2-ata-1",)"
                R"(wwn="0x5000",model="WDC_WD80",serial="V8G",revision="83.H",rotational="1"} 1)"));
}

TEST(Diskstats, PrefersTheSerialNumberThatIsPrintedOnTheDisk) {
  EXPECT_THAT(CollectWith("E:ID_SERIAL=long\nE:ID_SERIAL_SHORT=short\nE:SCSI_IDENT_SERIAL=scsi\n"),
              HasSubstr(R"(serial="scsi")"));
  EXPECT_THAT(CollectWith("E:ID_SERIAL=long\nE:ID_SERIAL_SHORT=short\n"),
              HasSubstr(R"(serial="short")"));
  EXPECT_THAT(CollectWith("E:ID_SERIAL=long\n"), HasSubstr(R"(serial="long")"));
}

TEST(Diskstats, ShowsWhatAnAtaDiskTells) {
  const std::string metrics = CollectWith(
      "E:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM=7200\nE:ID_ATA_WRITE_CACHE=1\n"
      "E:ID_ATA_WRITE_CACHE_ENABLED=0\n");
  EXPECT_THAT(metrics, HasSubstr("node_disk_ata_rotation_rate_rpm{device=\"sda\"} 7200\n"));
  EXPECT_THAT(metrics, HasSubstr("node_disk_ata_write_cache{device=\"sda\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("node_disk_ata_write_cache_enabled{device=\"sda\"} 0\n"));
}

TEST(Diskstats, LeavesOutWhatAnAtaDiskDoesNotTell) {
  EXPECT_THAT(CollectWith("E:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM=fast\n"),
              Not(HasSubstr("_ata_")));
  EXPECT_THAT(CollectWith("E:ID_ATA_WRITE_CACHE=1\n"), Not(HasSubstr("_ata_")));
}

TEST(Diskstats, ShowsTheFileSystemOnADisk) {
  EXPECT_THAT(
      CollectWith(
          "E:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem\nE:ID_FS_UUID=7f9\nE:ID_FS_VERSION=1.0\n"),
      HasSubstr(R"(node_disk_filesystem_info{device="sda",type="ext4",usage="filesystem",)"
                R"(uuid="7f9",version="1.0"} 1)"));
}

TEST(Diskstats, ShowsWhatDeviceMapperMadeOfDisks) {
  const std::string metrics = CollectHost(
      "diskstats",
      {{"proc/diskstats", "253 0 dm-0 1 2 3 4 5 6 7 8 9 10 11\n"},
       {"sys/block/dm-0/slaves/sda1/dev", "8:1\n"},
       {"sys/block/dm-0/slaves/sdb1/dev", "8:17\n"},
       {"run/udev/data/b253:0",
        "E:DM_NAME=vg0-root\nE:DM_UUID=LVM-abc\nE:DM_VG_NAME=vg0\nE:DM_LV_NAME=root\n"}});
  EXPECT_THAT(metrics, HasSubstr(R"(node_disk_device_mapper_info{device="dm-0",name="vg0-root",)"
                                 R"(uuid="LVM-abc",vg_name="vg0",lv_name="root",lv_layer=""} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(backing_device_info{device="dm-0",backing_device="sda1"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(backing_device_info{device="dm-0",backing_device="sdb1"} 1)"));
}

TEST(Diskstats, NoticesThatUdevLearntMore) {
  const ProcTree tree;
  tree.Write("proc/diskstats", kDisk);
  const auto diskstats = MakeCollector("diskstats", HostOf(tree));
  EXPECT_THAT(CollectOnce(*diskstats), HasSubstr(R"(model="",)"));
  tree.Write("run/udev/data/b8:0", "E:ID_MODEL=A\n");
  EXPECT_THAT(CollectOnce(*diskstats), HasSubstr(R"(model="A",)"));
  tree.Write("run/udev/data/b8:0", "E:ID_MODEL=Bee\n");
  EXPECT_THAT(CollectOnce(*diskstats), HasSubstr(R"(model="Bee",)"));
  tree.Remove("run/udev/data/b8:0");
  EXPECT_THAT(CollectOnce(*diskstats), HasSubstr(R"(model="",)"));
}

TEST(Diskstats, FollowsDisksThatComeAndGo) {
  const ProcTree tree;
  tree.Write("proc/diskstats", kDisk);
  const auto diskstats = MakeCollector("diskstats", HostOf(tree));
  (void)CollectOnce(*diskstats);
  tree.Write("proc/diskstats", "8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n");
  EXPECT_THAT(CollectOnce(*diskstats), Not(HasSubstr("sda")));
  tree.Write("proc/diskstats", std::string(kDisk) + "8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n");
  EXPECT_THAT(CollectOnce(*diskstats), HasSubstr("sda"));
}

TEST(Diskstats, FindsADiskWhoseNameHasASlash) {
  EXPECT_THAT(
      CollectHost("diskstats", {{"proc/diskstats", "104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11\n"},
                                {"sys/block/cciss!c0d0/queue/rotational", "1\n"}}),
      HasSubstr(R"(rotational="1")"));
}

TEST(Diskstats, IsFineWithoutDisks) {
  EXPECT_EQ(CollectHost("diskstats", {{"proc/diskstats", ""}}), "");
}

TEST(Diskstats, RefusesAShortLine) {
  EXPECT_EQ(CollectHost("diskstats", {{"proc/diskstats", "   8       1 sda1 1 2 3 4\n"}}),
            "error: diskstats: expected \"MAJOR MINOR NAME\" and at least 11 numbers, found \""
            "   8       1 sda1 1 2 3 4\"");
}

TEST(Diskstats, RefusesWhatIsNoCount) {
  for (const char* value : {"x", "-1", "1.5", "1e3", "99999999999999999999999", "0x1"}) {
    EXPECT_THAT(
        CollectHost("diskstats",
                    {{"proc/diskstats", fmt::format("8 0 sda 1 2 3 4 5 6 7 8 {} 10 11\n", value)}}),
        HasSubstr("error: diskstats: expected "));
  }
}

TEST(Diskstats, SaysThatThereIsNoFile) {
  EXPECT_THAT(CollectHost("diskstats", {{"proc/stat", ""}}),
              HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace procmarshal::testing
