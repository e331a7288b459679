// /proc/PID/cgroup, e.g. "0::/system.slice/docker-<id>.scope"; on a v1 host a line a controller:
// "4:memory:/docker/<id>".

#include "collectors/cgroup_path.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr std::string_view kScope = ".scope";
constexpr std::string_view kSlice = ".slice";

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool IsHex(std::string_view text, std::size_t length) {
  return text.size() == length && std::ranges::all_of(text, IsHexDigit);
}

// Removes `suffix` from the end, if it is there.
bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A name that containers may have: that of a host (hostname(7)), and "_" as LXD's projects use it.
bool IsName(std::string_view text) {
  constexpr std::size_t kMaxName = 64;
  return !text.empty() && text.size() <= kMaxName && text.front() != '.' &&
         std::ranges::all_of(
             text, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr std::string_view kUnitMarks = ":-_.\\@";

// The characters of unit names, systemd.unit(5).
bool IsUnitName(std::string_view text) {
  constexpr std::size_t kMaxUnit = 255;
  return text.size() <= kMaxUnit && std::ranges::all_of(text, [](char c) {
           return IsAlphanumeric(c) || kUnitMarks.find(c) != std::string_view::npos;
         });
}

// The unit name that a directory stands for: systemd puts "_" before those that could be mistaken
// for a file of the kernel's, such as "cpu.service" (cgroups and controller groups, systemd.io).
std::string_view UnitName(std::string_view component) {
  TakePrefix(component, "_");
  return IsUnitName(component) ? component : std::string_view{};
}

// The kinds of unit that hold processes.
bool IsUnit(std::string_view name) {
  constexpr std::array<std::string_view, 5> kSuffixes = {".service", ".scope", ".socket", ".mount",
                                                         ".swap"};
  return std::ranges::any_of(kSuffixes, [name](std::string_view suffix) {
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

bool IsSlice(std::string_view name) {
  return name.size() > kSlice.size() && name.ends_with(kSlice);
}

// Takes back systemd's escapes, "lxc\x2dweb"; empty if one is none.
std::string Unescape(std::string_view text) {
  constexpr std::size_t kEscape = 4;  // "\x2d"
  constexpr int kHexadecimal = 16;
  std::string plain;
  while (!text.empty()) {
    if (text.front() != '\\') {
      plain.push_back(text.front());
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < kEscape || text[1] != 'x' || !IsHex(text.substr(2, 2), 2)) return {};
    unsigned char byte = 0;
    std::from_chars(text.data() + 2, text.data() + kEscape, byte, kHexadecimal);
    plain.push_back(static_cast<char>(byte));
    text.remove_prefix(kEscape);
  }
  return plain;
}

// A directory of the path and the two above it.
struct Position {
  std::string_view component;
  std::string_view parent;
  std::string_view grandparent;
};

// Docker, containerd, CRI-O, Podman: "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>",
// "kubepods-pod<uid>.slice:cri-containerd:<id>", "<id>". What ends in "conmon-<id>" is a monitor.
std::string EngineId(const Position& at) {
  constexpr std::size_t kIdDigits = 64;
  std::string_view id = at.component;
  TakeSuffix(id, kScope);
  const std::size_t start = id.find_last_of("-:") + 1;  // 0 if there is none
  if (id.substr(0, start).ends_with("conmon-")) return {};
  id.remove_prefix(start);
  return IsHex(id, kIdDigits) ? std::string(id) : std::string{};
}

// "lxc/NAME", "lxc.payload/NAME" and "lxc.payload.NAME", of LXC 2, 3 and 4.
std::string LxcName(const Position& at) {
  std::string_view name = at.component;
  const bool is_below = at.parent == "lxc" || at.parent == "lxc.payload";
  if (!TakePrefix(name, "lxc.payload.") && !is_below) return {};
  return IsName(name) ? std::string(name) : std::string{};
}

// "machine-NAME.scope", of systemd-machined. libvirt calls its containers "lxc-PID-NAME", formerly
// "lxc-NAME", and its virtual machines, which are no containers, "qemu-ID-NAME".
std::string MachineName(const Position& at) {
  std::string_view escaped = at.component;
  if (!TakePrefix(escaped, "machine-") || !TakeSuffix(escaped, kScope)) return {};
  const std::string plain = Unescape(escaped);
  std::string_view name = plain;
  if (!IsName(name) || name.starts_with("qemu-")) return {};
  if (TakePrefix(name, "lxc-")) {
    const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits > 0 && name.substr(digits).starts_with('-')) name.remove_prefix(digits + 1);
  }
  return std::string(name);
}

// "systemd-nspawn@NAME.service/payload"; beside it is the container's supervisor.
std::string NspawnName(const Position& at) {
  std::string_view escaped = at.parent;
  if (at.component != "payload" || !TakePrefix(escaped, "systemd-nspawn@") ||
      !TakeSuffix(escaped, ".service")) {
    return {};
  }
  std::string name = Unescape(escaped);
  if (!IsName(name)) name.clear();
  return name;
}

// "ecs/<task>/<32 digits>-<number>", of AWS Fargate.
std::string EcsId(const Position& at) {
  constexpr std::size_t kTaskDigits = 32;
  std::string_view number = at.component;
  const std::string_view task = TakeUntil(number, '-');
  const bool is_id = at.grandparent == "ecs" && IsHex(task, kTaskDigits) &&
                     ParseNumber<std::uint64_t>(number).has_value();
  return is_id ? std::string(at.component) : std::string{};
}

// "garden/<handle>" and "garden/good/<handle>", of Cloud Foundry: a UUID, or one without its end.
std::string GardenHandle(const Position& at) {
  constexpr std::size_t kUuid = 36;
  constexpr std::size_t kShort = 28;
  const bool is_below = at.parent == "garden" ||
                        (at.grandparent == "garden" && (at.parent == "good" || at.parent == "bad"));
  const std::size_t size = at.component.size();
  const bool is_handle =
      (size == kUuid || size == kShort) &&
      std::ranges::all_of(at.component, [](char c) { return IsHexDigit(c) || c == '-'; });
  return is_below && is_handle ? std::string(at.component) : std::string{};
}

// "buildkit/<id>", of the steps of a build.
std::string BuildkitId(const Position& at) {
  constexpr std::size_t kIdLength = 25;
  const bool is_id = at.parent == "buildkit" && at.component.size() == kIdLength &&
                     std::ranges::all_of(at.component, IsAlphanumeric);
  return is_id ? std::string(at.component) : std::string{};
}

std::string ContainerAt(const Position& at) {
  constexpr std::array kForms = {EngineId, LxcName,      MachineName, NspawnName,
                                 EcsId,    GardenHandle, BuildkitId};
  for (const auto form : kForms) {
    if (std::string container = form(at); !container.empty()) return container;
  }
  return {};
}

// "8-4-4-4-12" hex digits, or, for the pods of files that kubelet reads itself, 32.
bool IsPodUid(std::string_view uid) {
  constexpr std::size_t kDigits = 32;
  constexpr std::array<std::size_t, 5> kParts = {8, 4, 4, 4, 12};
  if (uid.size() == kDigits) return IsHex(uid, kDigits);
  return uid.size() == kDigits + kParts.size() - 1 &&
         std::ranges::all_of(
             kParts, [&uid](std::size_t length) { return IsHex(TakeUntil(uid, '-'), length); });
}

// The UID in "kubepods-burstable-pod<uid>.slice", where underscores stand for its dashes.
std::string PodOfSlice(std::string_view component) {
  constexpr std::string_view kPod = "-pod";
  const std::size_t kube = component.find("kubepods");
  const std::size_t pod = component.rfind(kPod);
  if (kube == std::string_view::npos || pod == std::string_view::npos) return {};
  const std::string_view rest = component.substr(pod + kPod.size());
  const std::size_t end = rest.find(kSlice);
  if (end == std::string_view::npos) return {};
  std::string uid(rest.substr(0, end));
  std::ranges::replace(uid, '_', '-');
  return IsPodUid(uid) ? uid : std::string{};
}

// Walks down a path and collects who its directories stand for.
class Walk {
 public:
  explicit Walk(std::string_view path) {
    place_.path = path;
    while (!path.empty()) {
      const std::string_view component = TakeUntil(path, '/');
      if (!component.empty()) Enter(component);
    }
    if (place_.unit.empty()) place_.slice = slice_;
  }

  [[nodiscard]] CgroupPlace Place() && { return std::move(place_); }

 private:
  void Enter(std::string_view component) {
    at_ = {.component = component, .parent = at_.component, .grandparent = at_.parent};
    EnterPod();
    // The scope that is a container is a unit of this host; what is in it is the container's.
    if (place_.container.empty()) EnterUnit();
    std::string container = ContainerAt(at_);
    if (container.empty()) return;
    place_.container = std::move(container);
    at_ = {};  // a container "lxc" does not make one of each directory in it
  }

  void EnterPod() {
    if (at_.component == "kubepods") is_in_kubepods_ = true;
    std::string pod = PodOfSlice(at_.component);
    std::string_view uid = at_.component;
    if (is_in_kubepods_ && TakePrefix(uid, "pod") && IsPodUid(uid)) pod = uid;
    if (!pod.empty()) place_.pod = std::move(pod);
  }

  void EnterUnit() {
    const std::string_view name = UnitName(at_.component);
    if (IsSlice(name)) slice_ = name;
    const bool is_users_manager = name == "init.scope" && !place_.unit.empty();
    if (!IsUnit(name) || is_users_manager) return;
    place_.unit = name;
    place_.slice = slice_;
  }

  CgroupPlace place_;
  Position at_;
  std::string_view slice_;  // the innermost so far
  bool is_in_kubepods_ = false;
};

// A line of the file.
struct Hierarchy {
  std::string_view id;
  std::string_view controllers;
  std::string_view path;
};

std::vector<Hierarchy> Hierarchies(std::string_view text) {
  std::vector<Hierarchy> all;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    Hierarchy hierarchy;
    hierarchy.id = TakeUntil(line, ':');
    hierarchy.controllers = TakeUntil(line, ':');
    hierarchy.path = line;  // may hold more colons
    if (line.starts_with('/')) all.push_back(hierarchy);
  }
  return all;
}

std::string_view WithoutDeleted(std::string_view path) {
  TakeSuffix(path, " (deleted)");
  return path;
}

// The unified hierarchy names the unit; on a v1 host systemd's own does. Either may be at its root
// while a controller's hierarchy says more.
int Rank(const Hierarchy& hierarchy) {
  constexpr int kUnified = 3;
  constexpr int kSystemd = 2;
  if (hierarchy.path.size() <= 1) return 0;
  if (hierarchy.id == "0") return kUnified;
  return hierarchy.controllers == "name=systemd" ? kSystemd : 1;
}

bool Lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    if (TakeUntil(controllers, ',') == wanted) return true;
  }
  return false;
}

// A controller that no hierarchy of version 1 lists is in the unified one.
std::string_view PathOf(const std::vector<Hierarchy>& all, std::string_view controller,
                        std::string_view otherwise) {
  std::string_view path = otherwise;
  for (const Hierarchy& hierarchy : all) {
    if (Lists(hierarchy.controllers, controller)) return WithoutDeleted(hierarchy.path);
    if (hierarchy.id == "0") path = WithoutDeleted(hierarchy.path);
  }
  return path;
}

}  // namespace

CgroupPlace ParseCgroup(std::string_view text) {
  const std::vector<Hierarchy> all = Hierarchies(text);
  const auto best = std::ranges::max_element(all, {}, Rank);
  if (best == all.end()) return {};
  CgroupPlace place = Walk(WithoutDeleted(best->path)).Place();
  place.pids_path = PathOf(all, "pids", place.path);
  place.memory_path = PathOf(all, "memory", place.path);

  // Docker on a host of both versions has its containers in the controllers' hierarchies, while the
  // unified one still shows the service that started them.
  for (auto other = all.begin(); other != all.end() && place.container.empty(); ++other) {
    CgroupPlace elsewhere = Walk(WithoutDeleted(other->path)).Place();
    if (elsewhere.container.empty()) continue;
    place.container = std::move(elsewhere.container);
    if (place.pod.empty()) place.pod = std::move(elsewhere.pod);
  }
  return place;
}

std::vector<std::string_view> CgroupPaths(std::string_view text) {
  std::vector<std::string_view> paths;
  for (const Hierarchy& hierarchy : Hierarchies(text)) paths.push_back(hierarchy.path);
  return paths;
}

}  // namespace procmarshal
