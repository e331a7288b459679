#include "collectors/cgroup_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace procmarshal::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

const fs::path kFolder = fs::path(FIXTURE_DIR) / "cgroups";

constexpr const char* kId = "4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c";
constexpr const char* kPod = "6cfb9e4c-3a8a-4d6c-9c56-8e2f1d0b7a55";
constexpr const char* kOuter = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// A file of the folder and what is to be read from it.
struct Case {
  std::string file;
  std::string unit;
  std::string slice;
  std::string container = {};
  std::string pod = {};
};

void PrintTo(const Case& a, std::ostream* out) {
  *out << a.file << ": unit \"" << a.unit << "\" slice \"" << a.slice << "\" container \""
       << a.container << "\" pod \"" << a.pod << '"';
}
bool operator==(const Case& a, const Case& b) {
  return a.file == b.file && a.unit == b.unit && a.slice == b.slice && a.container == b.container &&
         a.pod == b.pod;
}

Case Parse(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(kFolder / file, std::ios::binary).rdbuf();
  const std::string whole = text.str();
  const CgroupPlace place = ParseCgroup(whole);
  return {.file = file,
          .unit = std::string(place.unit),
          .slice = std::string(place.slice),
          .container = place.container,
          .pod = place.pod};
}

const std::vector<Case>& Cases() {
  static const std::string docker = std::string("docker-") + kId + ".scope";
  static const std::string outer = std::string("docker-") + kOuter + ".scope";
  static const std::string libpod = std::string("libpod-") + kId + ".scope";
  static const std::string containerd = std::string("cri-containerd-") + kId + ".scope";
  static const std::string pod_slice = "pod6cfb9e4c_3a8a_4d6c_9c56_8e2f1d0b7a55.slice";
  static const std::string task = "e1d2c3b4a59687706f5e4d3c2b1a0918";
  static const std::vector<Case> cases = {
      {"systemd-service", "nginx.service", "system.slice"},
      {"systemd-service-v1", "ssh.service", "system.slice"},
      {"systemd-service-v1-only", "ssh.service", "system.slice"},
      {"systemd-instance", "getty@tty1.service", "system-getty.slice"},
      {"systemd-escaped", "cpu.service", "system.slice"},
      {"systemd-delegated", "postgresql.service", "system.slice"},
      {"systemd-socket", "cups.socket", "system.slice"},
      {"systemd-init", "init.scope", ""},
      {"systemd-removed", "cron.service", "system.slice"},
      {"user-app", "app-gnome-firefox-4242.scope", "app.slice"},
      {"user-service", "dbus-broker.service", "session.slice"},
      {"user-manager", "user@1000.service", "user-1000.slice"},
      {"user-session", "session-3.scope", "user-1000.slice"},
      {"root", "", ""},
      {"namespace-outside", "cron.service", "system.slice"},
      {"docker-systemd", docker, "system.slice", kId},
      {"docker-cgroupfs", "", "", kId},
      {"docker-v1", "", "", kId},
      {"docker-hybrid", "containerd.service", "system.slice", kId},
      {"docker-in-docker", outer, "system.slice", kId},
      {"docker-rootless", docker, "user.slice", kId},
      {"docker-with-systemd", docker, "system.slice", kId},
      {"podman", libpod, "machine.slice", kId},
      {"podman-rootless", libpod, "user.slice", kId},
      {"podman-quadlet", "web.service", "system.slice", kId},
      {"podman-conmon", std::string("libpod-conmon-") + kId + ".scope", "machine.slice"},
      {"kubernetes-containerd", containerd, "kubepods-burstable-" + pod_slice, kId, kPod},
      {"kubernetes-crio", std::string("crio-") + kId + ".scope", "kubepods-" + pod_slice, kId,
       kPod},
      {"kubernetes-crio-conmon", std::string("crio-conmon-") + kId + ".scope",
       "kubepods-besteffort-" + pod_slice, "", kPod},
      {"kubernetes-docker-v1", docker, "kubepods-burstable-" + pod_slice, kId, kPod},
      {"kubernetes-cgroupfs", "", "", kId, kPod},
      {"kubernetes-cgroupfs-v1", "", "", kId, kPod},
      {"kubernetes-hybrid", "containerd.service", "system.slice", kId, kPod},
      {"kubernetes-static-pod", containerd, "kubepods-burstable-pod" + task + ".slice", kId, task},
      {"kubernetes-mixed-drivers", "containerd.service", "system.slice", kId, kPod},
      {"kubernetes-in-docker", outer, "system.slice", kId, kPod},
      {"lxc", "", "", "web"},
      {"lxc-called-lxc", "", "", "lxc"},
      {"lxc-payload", "", "", "web"},
      {"lxc-payload-folder", "", "", "web"},
      {"lxc-monitor", "", ""},
      {"lxc-proxmox", "", "", "101"},
      {"lxc-libvirt", "machine-lxc\\x2d2114\\x2dweb.scope", "machine.slice", "web"},
      {"lxc-machine", "machine-lxc\\x2dmy\\x2dweb.scope", "machine.slice", "my-web"},
      {"nspawn", "machine-debian\\x2d12.scope", "machine.slice", "debian-12"},
      {"nspawn-service", "systemd-nspawn@web.service", "machine.slice", "web"},
      {"nspawn-supervisor", "systemd-nspawn@web.service", "machine.slice"},
      {"qemu", "machine-qemu\\x2d1\\x2dvm.scope", "machine.slice"},
      {"ecs", "", "", kId},
      {"ecs-systemd", docker, "ecstasks-" + task + ".slice", kId},
      {"ecs-fargate", "", "", task + "-3456789012"},
      {"garden", "garden.service", "system.slice", "1f3a5c7e-9b0d-4e2f-6a8c-0e1d"},
      {"buildkit", "", "", "9kx2v0m3qz8w7r5t1y4u6i0op"},
      {"hostile-escape", "machine-a\\x00b\\x0a.scope", "machine.slice"},
      {"hostile-escape-cut", "machine-a\\x2.scope", "machine.slice"},
      {"hostile-id", std::string("docker-") + std::string(kId).substr(0, 63) + "g.scope",
       "user.slice"},
      {"hostile-pod", "", "kubepods-pod6cfb9e4c_3a8a_4d6c_9c56_8e2f1d0b7a5.slice"},
      {"hostile-pod-slice", "x.scope", "app-" + pod_slice},
      {"hostile-pod-folder", "user@1000.service", "user-1000.slice"},
      {"hostile-elsewhere", "", ""},
      {"hostile-name", "", ""},
      {"hostile-lxc", "init.scope", ""},
      {"hostile-long", "", ""},
      {"hostile-unit", "user@1000.service", "user-1000.slice"},
      {"cut-off", "", ""},
  };
  return cases;
}

TEST(ParseCgroup, FindsWhoAProcessBelongsTo) {
  for (const Case& expected : Cases()) EXPECT_EQ(Parse(expected.file), expected);
}

TEST(ParseCgroup, IsTriedOnEachFixture) {
  std::vector<std::string> tried;
  for (const Case& expected : Cases()) tried.push_back(expected.file);
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(kFolder))
    files.push_back(entry.path().filename());
  EXPECT_THAT(files, UnorderedElementsAreArray(tried));
}

TEST(ParseCgroup, TakesThePathOfTheHierarchyThatNamesUnits) {
  const auto f = [](std::string_view text) { return ParseCgroup(text).path; };
  EXPECT_EQ(f("4:memory:/m\n1:name=systemd:/s\n0::/u\n"), "/u");
  EXPECT_EQ(f("4:memory:/m\n1:name=systemd:/s\n0::/\n"), "/s");
  EXPECT_EQ(f("4:memory:/m\n1:name=systemd:/\n0::/\n"), "/m");
  EXPECT_EQ(f("4:memory:/\n0::/\n"), "/");
  EXPECT_EQ(f("0::/gone.scope (deleted)\n"), "/gone.scope");
  EXPECT_EQ(f("0::/a:b:c\n"), "/a:b:c");
  EXPECT_EQ(f("0::/no/newline"), "/no/newline");
  EXPECT_EQ(f(""), "/");
}

TEST(CgroupPaths, ListsAllHierarchiesAsTheyStandThere) {
  EXPECT_THAT(CgroupPaths("9:name=systemd:/\n8:pids:/a\n1:cpu,cpuacct:/a\n0::/b:c (deleted)\n"),
              ElementsAre("/", "/a", "/a", "/b:c (deleted)"));
}

TEST(CgroupPaths, PassesOverLinesThatAreNone) {
  EXPECT_THAT(CgroupPaths("8:pids\n\n0::\n:::\n3:cpu:/a"), ElementsAre("/a"));
}

}  // namespace
}  // namespace procmarshal::testing
