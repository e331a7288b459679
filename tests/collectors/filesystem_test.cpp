#include "collectors/filesystem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <map>
#include <string>

#include "tests/support/collect.h"
#include "tests/support/fixture.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A host with these mounts, whose file systems have 100 blocks of 4096 bytes.
class Host {
 public:
  explicit Host(const std::string& mountinfo) { tree_.Write("proc/1/mountinfo", mountinfo); }

  void LetFail(const std::string& path, int error) { errors_[path] = error; }
  [[nodiscard]] const ProcTree& Tree() const { return tree_; }

  // `root` is what --path.rootfs says.
  std::string Collect(const std::string& root = "/") {
    const auto proc = PseudoFs(tree_.Fs().Root() / "proc");
    const auto collector =
        MakeFilesystemCollector({.proc = proc, .root = PseudoFs(root), .clock = &clock_},
                                [errors = errors_](const std::string& path, struct statfs& stats) {
                                  stats.f_bsize = 4096;
                                  stats.f_blocks = 100;
                                  stats.f_bfree = 50;
                                  stats.f_bavail = 40;
                                  stats.f_files = 30;
                                  stats.f_ffree = path.size();
                                  const auto error = errors.find(path);
                                  return error == errors.end() ? 0 : error->second;
                                });
    return CollectOnce(*collector);
  }

 private:
  ProcTree tree_;
  std::map<std::string, int> errors_;
  ManualClock clock_;  // stands still: nothing hangs, however slow this machine is
};

TEST(Filesystem, GivesTheSizeOfEachMount) {
  EXPECT_EQ(
      Host("27 1 254:3 / / rw,relatime - ext4 /dev/vda rw\n").Collect(),
      R"(node_filesystem_avail_bytes{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 163840
node_filesystem_device_error{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 0
node_filesystem_files_free{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 1
node_filesystem_files{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 30
node_filesystem_free_bytes{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 204800
node_filesystem_mount_info{device="/dev/vda",major="254",minor="3",mountpoint="/"} 1
node_filesystem_readonly{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 0
node_filesystem_size_bytes{device="/dev/vda",mountpoint="/",fstype="ext4",device_error=""} 409600
)");
}

TEST(Filesystem, RefusesAnEmptyTable) {
  EXPECT_EQ(Host("").Collect(), "error: mountinfo: the file is empty");
}

TEST(Filesystem, SaysWhyAMountHasNoSize) {
  Host host("27 1 254:0 / /secret ro - ext4 /dev/vda rw\n");
  host.LetFail("/secret", EACCES);
  EXPECT_EQ(
      host.Collect(),
      R"(node_filesystem_device_error{device="/dev/vda",mountpoint="/secret",fstype="ext4",device_error="permission denied"} 1
node_filesystem_readonly{device="/dev/vda",mountpoint="/secret",fstype="ext4",device_error="permission denied"} 1
)");
}

TEST(Filesystem, NamesErrorsAsNodeExporterDoes) {
  Host host(
      "27 1 0:50 / /a rw - nfs4 box:/a rw\n28 1 0:51 / /b rw - fuse.sshfs you@box: rw\n"
      "29 1 0:52 / /c rw - ext4 /dev/sdb rw\n");
  host.LetFail("/a", ESTALE);
  host.LetFail("/b", ENOTCONN);
  host.LetFail("/c", EIO);
  const std::string metrics = host.Collect();
  EXPECT_THAT(metrics, HasSubstr(R"(device_error="stale NFS file handle"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(device_error="transport endpoint is not connected"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(device_error="input/output error"} 1)"));
}

TEST(Filesystem, LeavesOutWhatIsNoStorage) {
  EXPECT_EQ(Host("1 0 0:1 / /dev/shm rw - tmpfs tmpfs rw\n"
                 "2 0 0:2 / /proc rw - proc proc rw\n"
                 "3 0 0:3 / /var/lib/docker/overlay2/1/merged rw - ext4 overlay rw\n"
                 "4 0 0:4 / /run/credentials/getty@tty1.service ro - ramfs none ro\n"
                 "5 0 0:5 / /mnt rw - overlay overlay rw\n"
                 "6 0 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro\n"
                 "7 0 0:6 / /cg rw - cgroup2 cgroup2 rw\n")
                .Collect(),
            "");
}

TEST(Filesystem, KeepsWhatOnlyLooksLikeIt) {
  const std::string metrics = Host(
                                  "1 0 0:1 / /devices rw - tmpfs tmpfs rw\n"
                                  "2 0 0:2 / /var/lib/docker rw - ext4 /dev/sdb rw\n"
                                  "3 0 0:3 / /run/credentials rw - tmpfs tmpfs rw\n"
                                  "4 0 0:4 / /ecrypt rw - ecryptfs /home rw\n")
                                  .Collect();
  EXPECT_THAT(metrics, HasSubstr(R"(mountpoint="/devices",fstype="tmpfs",device_error=""} 0)"));
  EXPECT_THAT(metrics, HasSubstr(R"(mountpoint="/var/lib/docker")"));
  EXPECT_THAT(metrics, HasSubstr(R"(mountpoint="/run/credentials")"));
  EXPECT_THAT(metrics, HasSubstr(R"(mountpoint="/ecrypt")"));
}

TEST(Filesystem, ShowsOnceWhatIsMountedTwiceInOnePlace) {
  const std::string metrics = Host(
                                  "1 0 0:41 / /tmp rw - tmpfs tmpfs rw\n"
                                  "2 1 0:42 / /tmp ro - tmpfs tmpfs ro\n")
                                  .Collect();
  EXPECT_THAT(metrics,
              HasSubstr(R"(node_filesystem_mount_info{device="tmpfs",major="0",minor="42")"));
  EXPECT_THAT(metrics, Not(HasSubstr(R"(minor="41")")));
  EXPECT_THAT(
      metrics,
      HasSubstr(R"(readonly{device="tmpfs",mountpoint="/tmp",fstype="tmpfs",device_error=""} 1)"));
}

TEST(Filesystem, ShowsEachOfSeveralPlacesOfADevice) {
  const std::string metrics = Host(
                                  "1 0 8:1 / /a rw - ext4 /dev/sda1 rw\n"
                                  "2 0 8:1 /sub /b rw - ext4 /dev/sda1 rw\n")
                                  .Collect();
  EXPECT_THAT(metrics,
              HasSubstr(R"(node_filesystem_files_free{device="/dev/sda1",mountpoint="/a")"));
  EXPECT_THAT(metrics,
              HasSubstr(R"(node_filesystem_files_free{device="/dev/sda1",mountpoint="/b")"));
}

// Else the page would have a series twice.
TEST(Filesystem, ShowsOneOfThePlacesWhoseNamesLookAlike) {
  const std::string metrics = Host(
                                  "1 0 8:1 / /a\xFF rw - ext4 /dev/sda1 rw\n"
                                  "2 0 8:1 / /a\xFE rw - ext4 /dev/sda1 rw\n")
                                  .Collect();
  const std::string series =
      "node_filesystem_mount_info{device=\"/dev/sda1\",major=\"8\","
      "minor=\"1\",mountpoint=\"/a\uFFFD\"} 1\n";
  EXPECT_THAT(metrics, HasSubstr(series));
  EXPECT_EQ(metrics.find("mount_info"), metrics.rfind("mount_info"));
}

TEST(Filesystem, AsksForAPlaceByTheBytesOfItsName) {
  Host host("1 0 8:1 / /a\xFF rw - ext4 /dev/sda1 rw\n");
  host.LetFail("/a\xFF", EIO);
  EXPECT_THAT(host.Collect(), HasSubstr("device_error=\"input/output error\"} 1\n"));
}

TEST(Filesystem, LooksForMountPointsBelowTheRootOfTheHost) {
  const std::string metrics = Host(
                                  "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                  "2 0 8:2 / /srv rw - ext4 /dev/sda2 rw\n")
                                  .Collect("/host/");
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(files_free{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 6)"));
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(files_free{device="/dev/sda2",mountpoint="/srv",fstype="ext4",device_error=""} 9)"));
}

TEST(Filesystem, NamesMountPointsAsTheHostDoes) {
  const std::string metrics = Host(
                                  "1 0 8:1 / /host ro - ext4 /dev/sda1 rw\n"
                                  "2 0 8:2 / /host/srv rw - ext4 /dev/sda2 rw\n"
                                  "3 0 8:3 / /hostile rw - ext4 /dev/sda3 rw\n"
                                  "4 0 0:4 / /host/proc rw - proc proc rw\n")
                                  .Collect("/host");
  EXPECT_THAT(metrics,
              HasSubstr(R"(mount_info{device="/dev/sda1",major="8",minor="1",mountpoint="/"})"));
  EXPECT_THAT(metrics,
              HasSubstr(R"(mount_info{device="/dev/sda2",major="8",minor="2",mountpoint="/srv"})"));
  EXPECT_THAT(
      metrics,
      HasSubstr(R"(mount_info{device="/dev/sda3",major="8",minor="3",mountpoint="/hostile"})"));
}

TEST(Filesystem, TakesItsOwnMountsIfItMayNotSeeThoseOfTheHost) {
  Host host("unused");
  host.Tree().Remove("proc/1");
  host.Tree().Write("proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
  EXPECT_THAT(host.Collect(), HasSubstr(R"(node_filesystem_size_bytes{device="/dev/vda")"));
}

TEST(Filesystem, FollowsMountsThatComeAndGo) {
  const ProcTree tree;
  const ManualClock clock;
  tree.Write("1/mountinfo",
             "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 0 8:2 / /usb rw - ext4 /dev/sdb1 rw\n");
  const auto collector = MakeFilesystemCollector(
      {.proc = tree.Fs(), .clock = &clock},
      [](const std::string& /*path*/, struct statfs& /*stats*/) { return 0; });
  EXPECT_THAT(CollectOnce(*collector), HasSubstr("/usb"));
  tree.Write("1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  EXPECT_THAT(CollectOnce(*collector), Not(HasSubstr("/usb")));
}

TEST(Filesystem, ShowsWhatHangsWithoutASize) {
  const ProcTree tree;
  ManualClock clock;
  tree.Write("1/mountinfo",
             "1 0 0:50 / /dead rw - nfs4 box:/a rw\n2 0 8:2 / / rw - ext4 /dev/sdb1 rw\n");
  std::promise<void> released;
  const auto collector = MakeFilesystemCollector(
      {.proc = tree.Fs(), .clock = &clock}, [&clock, release = released.get_future().share()](
                                                const std::string& path, struct statfs& /*stats*/) {
        if (path != "/dead") return 0;
        clock.Advance(StatfsPool::kPatience);
        release.wait();
        return 0;
      });
  const std::string metrics = CollectOnce(*collector);
  released.set_value();
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(device_error{device="box:/a",mountpoint="/dead",fstype="nfs4",device_error="mountpoint timeout"} 1)"));
  EXPECT_THAT(metrics, Not(HasSubstr(R"(size_bytes{device="box:/a")")));
  EXPECT_THAT(metrics, HasSubstr(R"(size_bytes{device="/dev/sdb1")"));
}

TEST(Filesystem, ShowsTheLastAnswerOfAServerThatIsLateForAWhile) {
  const ProcTree tree;
  ManualClock clock;
  tree.Write("1/mountinfo", "1 0 0:50 / /busy rw - nfs4 box:/a rw\n");
  std::promise<void> released;
  std::atomic<int> calls = 0;
  const auto collector =
      MakeFilesystemCollector({.proc = tree.Fs(), .clock = &clock},
                              [&clock, &calls, release = released.get_future().share()](
                                  const std::string& /*path*/, struct statfs& stats) {
                                stats.f_bsize = 4096;
                                stats.f_blocks = 100;
                                if (++calls == 1) return 0;
                                clock.Advance(StatfsPool::kPatience);
                                release.wait();
                                return 0;
                              });
  const std::string in_time = CollectOnce(*collector);
  EXPECT_THAT(in_time, HasSubstr("device_error=\"\"} 409600\n"));
  EXPECT_EQ(CollectOnce(*collector), in_time);
  clock.Advance(std::chrono::seconds(10));
  EXPECT_THAT(CollectOnce(*collector), HasSubstr("device_error=\"mountpoint timeout\"} 1\n"));
  released.set_value();
}

TEST(Filesystem, ShowsTheLastAnswerOfAServerBehindSevenThatHang) {
  const ProcTree tree;
  ManualClock clock;
  std::string mounts;
  for (const char name : std::string("abcdefgh")) {
    mounts += std::string("1 0 0:50 / /") + name + " rw - nfs4 box:/a rw\n";
  }
  tree.Write("1/mountinfo", mounts);
  std::promise<void> released;
  std::atomic<bool> hangs = false;
  const auto collector = MakeFilesystemCollector(
      {.proc = tree.Fs(), .clock = &clock},
      [&clock, &hangs, release = released.get_future().share()](const std::string& path,
                                                                struct statfs& stats) {
        stats.f_bsize = 4096;
        stats.f_blocks = 100;
        if (!hangs) return 0;
        clock.Advance(path == "/g" ? StatfsPool::kPatience : std::chrono::milliseconds(40));
        release.wait();
        return 0;
      });
  const std::string in_time = CollectOnce(*collector);
  hangs = true;
  EXPECT_EQ(CollectOnce(*collector), in_time);
  EXPECT_EQ(CollectOnce(*collector), in_time);
  clock.Advance(std::chrono::seconds(10));
  EXPECT_THAT(CollectOnce(*collector),
              HasSubstr(R"(mountpoint="/h",fstype="nfs4",device_error="mountpoint not asked"} 1)"));
  released.set_value();
}

TEST(Filesystem, RefusesAShortLine) {
  EXPECT_EQ(Host("27 1 254:0 / /\n").Collect().substr(0, 27), "error: mountinfo: expected ");
}

TEST(Filesystem, SaysThatThereAreNoMounts) {
  EXPECT_THAT(CollectFrom("filesystem", {{"stat", ""}}), HasSubstr("No such file or directory"));
}

TEST(Filesystem, AsksTheKernel) {
  const ProcTree tree;
  const ManualClock clock;
  tree.Write("1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  const auto collector = MakeCollector("filesystem", {.proc = tree.Fs(), .clock = &clock});
  EXPECT_THAT(CollectOnce(*collector), HasSubstr(R"(fstype="ext4",device_error=""} 0)"));
}

}  // namespace
}  // namespace procmarshal::testing
