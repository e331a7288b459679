#include "collectors/cgroup_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/source_tree.h"

namespace procmarshal::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

const fs::path kFolder = SourceTree() / "tests/fixtures/cgroups";

// A file of the folder, and what is found in it; what is not there is left out.
struct Case {
  std::string_view file;
  std::string_view found;
};

// What long ids are called in the table.
constexpr std::array<Case, 5> kShortNames = {{
    {"4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c", "ID"},
    {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "OUTER"},
    {"6cfb9e4c-3a8a-4d6c-9c56-8e2f1d0b7a55", "POD"},
    {"6cfb9e4c_3a8a_4d6c_9c56_8e2f1d0b7a55", "P_O_D"},
    {"e1d2c3b4a59687706f5e4d3c2b1a0918", "TASK"},
}};

constexpr auto kCases = std::to_array<Case>({
    {"systemd-service", "unit=nginx.service slice=system.slice"},
    {"systemd-service-v1", "unit=ssh.service slice=system.slice"},
    {"systemd-service-v1-only", "unit=ssh.service slice=system.slice"},
    {"systemd-instance", "unit=getty@tty1.service slice=system-getty.slice"},
    {"systemd-escaped", "unit=cpu.service slice=system.slice"},
    {"systemd-delegated", "unit=postgresql.service slice=system.slice"},
    {"systemd-socket", "unit=cups.socket slice=system.slice"},
    {"systemd-init", "unit=init.scope"},
    {"systemd-removed", "unit=cron.service slice=system.slice"},
    {"user-app", "unit=app-gnome-firefox-4242.scope slice=app.slice"},
    {"user-service", "unit=dbus-broker.service slice=session.slice"},
    {"user-manager", "unit=user@1000.service slice=user-1000.slice"},
    {"user-session", "unit=session-3.scope slice=user-1000.slice"},
    {"root", ""},
    {"namespace-outside", "unit=cron.service slice=system.slice"},
    {"docker-systemd", "unit=docker-ID.scope slice=system.slice container=ID"},
    {"docker-cgroupfs", "container=ID"},
    {"docker-v1", "container=ID"},
    {"docker-hybrid", "unit=containerd.service slice=system.slice container=ID"},
    {"docker-in-docker", "unit=docker-OUTER.scope slice=system.slice container=ID"},
    {"docker-rootless", "unit=docker-ID.scope slice=user.slice container=ID"},
    {"docker-with-systemd", "unit=docker-ID.scope slice=system.slice container=ID"},
    {"podman", "unit=libpod-ID.scope slice=machine.slice container=ID"},
    {"podman-rootless", "unit=libpod-ID.scope slice=user.slice container=ID"},
    {"podman-quadlet", "unit=web.service slice=system.slice container=ID"},
    {"podman-conmon", "unit=libpod-conmon-ID.scope slice=machine.slice"},
    {"kubernetes-containerd",
     "unit=cri-containerd-ID.scope slice=kubepods-burstable-podP_O_D.slice container=ID pod=POD"},
    {"kubernetes-crio", "unit=crio-ID.scope slice=kubepods-podP_O_D.slice container=ID pod=POD"},
    {"kubernetes-crio-conmon",
     "unit=crio-conmon-ID.scope slice=kubepods-besteffort-podP_O_D.slice pod=POD"},
    {"kubernetes-docker-v1",
     "unit=docker-ID.scope slice=kubepods-burstable-podP_O_D.slice container=ID pod=POD"},
    {"kubernetes-cgroupfs", "container=ID pod=POD"},
    {"kubernetes-cgroupfs-v1", "container=ID pod=POD"},
    {"kubernetes-hybrid", "unit=containerd.service slice=system.slice container=ID pod=POD"},
    {"kubernetes-static-pod",
     "unit=cri-containerd-ID.scope slice=kubepods-burstable-podTASK.slice container=ID pod=TASK"},
    {"kubernetes-mixed-drivers", "unit=containerd.service slice=system.slice container=ID pod=POD"},
    {"kubernetes-in-docker", "unit=docker-OUTER.scope slice=system.slice container=ID pod=POD"},
    {"lxc", "container=web"},
    {"lxc-called-lxc", "container=lxc"},
    {"lxc-payload", "container=web"},
    {"lxc-payload-folder", "container=web"},
    {"lxc-monitor", ""},
    {"lxc-proxmox", "container=101"},
    {"lxc-libvirt", "unit=machine-lxc\\x2d2114\\x2dweb.scope slice=machine.slice container=web"},
    {"lxc-machine", "unit=machine-lxc\\x2dmy\\x2dweb.scope slice=machine.slice container=my-web"},
    {"nspawn", "unit=machine-debian\\x2d12.scope slice=machine.slice container=debian-12"},
    {"nspawn-service", "unit=systemd-nspawn@web.service slice=machine.slice container=web"},
    {"nspawn-supervisor", "unit=systemd-nspawn@web.service slice=machine.slice"},
    {"qemu", "unit=machine-qemu\\x2d1\\x2dvm.scope slice=machine.slice"},
    {"ecs", "container=ID"},
    {"ecs-systemd", "unit=docker-ID.scope slice=ecstasks-TASK.slice container=ID"},
    {"ecs-fargate", "container=TASK-3456789012"},
    {"garden", "unit=garden.service slice=system.slice container=1f3a5c7e-9b0d-4e2f-6a8c-0e1d"},
    {"buildkit", "container=9kx2v0m3qz8w7r5t1y4u6i0op"},
    {"hostile-escape", "unit=machine-a\\x00b\\x0a.scope slice=machine.slice"},
    {"hostile-escape-cut", "unit=machine-a\\x2.scope slice=machine.slice"},
    {"hostile-id",
     "unit=docker-4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7c4f1d0b7g.scope "
     "slice=user.slice"},
    {"hostile-pod", "slice=kubepods-pod6cfb9e4c_3a8a_4d6c_9c56_8e2f1d0b7a5.slice"},
    {"hostile-pod-slice", "unit=x.scope slice=app-podP_O_D.slice"},
    {"hostile-pod-folder", "unit=user@1000.service slice=user-1000.slice"},
    {"hostile-elsewhere", ""},
    {"hostile-name", ""},
    {"hostile-lxc", "unit=init.scope"},
    {"hostile-long", ""},
    {"hostile-unit", "unit=user@1000.service slice=user-1000.slice"},
    {"cut-off", ""},
});

std::string Shorten(std::string text) {
  for (const auto& [id, name] : kShortNames) {
    for (auto at = text.find(id); at != std::string::npos; at = text.find(id)) {
      text.replace(at, id.size(), name);
    }
  }
  return text;
}

std::string Found(std::string_view file) {
  std::ostringstream text;
  text << std::ifstream(kFolder / file, std::ios::binary).rdbuf();
  const std::string whole = text.str();
  const CgroupPlace place = ParseCgroup(whole);
  std::string found;
  const auto add = [&found](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    found.append(found.empty() ? "" : " ").append(name).append("=").append(value);
  };
  add("unit", place.unit);
  add("slice", place.slice);
  add("container", place.container);
  add("pod", place.pod);
  return Shorten(found);
}

TEST(ParseCgroup, FindsWhoAProcessBelongsTo) {
  for (const auto& [file, found] : kCases) EXPECT_EQ(Found(file), found) << file;
}

TEST(ParseCgroup, IsTriedOnEachFixture) {
  std::vector<std::string> tried(kCases.size());
  std::ranges::transform(kCases, tried.begin(), [](const Case& a) { return std::string(a.file); });
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    files.push_back(entry.path().filename());
  }
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

using Paths = std::pair<std::string, std::string>;

TEST(ParseCgroup, TakesThePathsOfTheControllersThatHaveLimits) {
  const auto f = [](std::string_view text) {
    const CgroupPlace place = ParseCgroup(text);
    return Paths(place.pids_path, place.memory_path);
  };
  EXPECT_EQ(f("4:memory:/m\n3:cpu,pids:/p\n0::/u\n"), Paths("/p", "/m"));
  EXPECT_EQ(f("4:memory:/m (deleted)\n0::/u (deleted)\n"), Paths("/u", "/m"));
  EXPECT_EQ(f("3:pids_not,memory_not:/p\n0::/u\n"), Paths("/u", "/u"));
  EXPECT_EQ(f("1:name=systemd:/s\n"), Paths("/s", "/s"));
  EXPECT_EQ(f(""), Paths("/", "/"));
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
