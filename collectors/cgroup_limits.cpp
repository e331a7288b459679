// Version 2: /sys/fs/cgroup/PATH/{pids,memory}.{max,current}; the first may say "max". On a host of
// both versions that tree is at /sys/fs/cgroup/unified, and has what version 1 does not. Version 1:
// /sys/fs/cgroup/pids/PATH/pids.{max,current} and
// /sys/fs/cgroup/memory/PATH/memory.{limit,usage}_in_bytes.

#include "collectors/cgroup_limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The kernel says "no limit" as the largest number of pages that it can count, PAGE_COUNTER_MAX.
constexpr double kNoLimit = 0x1p60;

struct Files {
  std::string_view limit;
  std::string_view use;
};
struct Names {
  std::string_view controller;
  Files v2;
  Files v1;
};
constexpr Names kPidsNames = {
    .controller = "pids", .v2 = {"pids.max", "pids.current"}, .v1 = {"pids.max", "pids.current"}};
constexpr Names kMemoryNames = {.controller = "memory",
                                .v2 = {"memory.max", "memory.current"},
                                .v1 = {"memory.limit_in_bytes", "memory.usage_in_bytes"}};

bool Lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    if (TakeUntil(controllers, ' ') == wanted) return true;
  }
  return false;
}

// Whether a tree of version 2 is at `folder` and has the controller.
bool HasController(const PseudoFs& sys, const std::string& folder, std::string_view controller) {
  const auto text = sys.Read(folder + "/cgroup.controllers");
  return text && Lists(std::string_view(*text).substr(0, text->find('\n')), controller);
}

// The kernel never names a cgroup "..": it shows that for one outside of our cgroup namespace.
bool StaysBelow(std::string_view path) {
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    if (TakeUntil(path, '/') == "..") return false;
  }
  return true;
}

// Owns nothing if there is no such folder.
Result<UniqueFd> OpenFolder(const std::filesystem::path& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder && errno != ENOENT) return FailErrno("open " + path.string());
  return folder;
}

struct Place {
  UniqueFd root;
  Files files;
};

Result<Place> Locate(const PseudoFs& sys, const Names& names) {
  for (const std::string folder : {"fs/cgroup", "fs/cgroup/unified"}) {
    if (!HasController(sys, folder, names.controller)) continue;
    auto root = OpenFolder(sys.Root() / folder);
    if (!root) return tl::unexpected(root.error());
    return Place{.root = std::move(*root), .files = names.v2};
  }
  auto root = OpenFolder(sys.Root() / "fs/cgroup" / names.controller);
  if (!root) return tl::unexpected(root.error());
  return Place{.root = std::move(*root), .files = names.v1};
}

}  // namespace

Result<CgroupLimits> CgroupLimits::Open(const PseudoFs& sys) {
  CgroupLimits limits;
  auto pids = Locate(sys, kPidsNames);
  if (!pids) return tl::unexpected(pids.error());
  auto memory = Locate(sys, kMemoryNames);
  if (!memory) return tl::unexpected(memory.error());
  limits.pids_ = {std::move(pids->root), pids->files.limit, pids->files.use};
  limits.memory_ = {std::move(memory->root), memory->files.limit, memory->files.use};
  return limits;
}

void CgroupLimits::Begin(BootTime now) {
  const BootTime last = std::exchange(now_, now);
  ++sample_;
  const bool is_full = cgroups_.size() >= kMaxCgroups;
  if (!is_full && now < sweep_at_) return;
  sweep_at_ = now + kRecheckInterval;
  const BootTime oldest = is_full ? last : now - kForgetAfter;
  std::erase_if(cgroups_, [oldest](const auto& entry) { return entry.second.asked_at < oldest; });
}

CgroupUse CgroupLimits::Use(std::string_view path) {
  if (!StaysBelow(path)) return {};
  const auto found = cgroups_.find(path);
  if (found != cgroups_.end() && found->second.sample == sample_) return found->second.use;

  CgroupUse worst;
  for (std::size_t end = 0; end <= std::min(path.size(), kMaxPath);
       end = std::min(path.find('/', end + 1), path.size())) {
    const std::string_view ancestor = path.substr(0, end);
    Cgroup* cgroup = Find(ancestor);
    if (cgroup == nullptr) break;
    if (cgroup->sample != sample_) Read(*cgroup, ancestor, worst);
    worst = cgroup->use;
    if (end == path.size()) break;
  }
  return worst;
}

// Null if it is new and there is no room for it.
CgroupLimits::Cgroup* CgroupLimits::Find(std::string_view path) {
  const auto found = cgroups_.find(path);
  if (found != cgroups_.end()) return &found->second;
  if (cgroups_.size() >= kMaxCgroups) return nullptr;
  return &cgroups_[std::string(path)];
}

void CgroupLimits::Read(Cgroup& cgroup, std::string_view path, const CgroupUse& above) {
  cgroup.sample = sample_;
  cgroup.asked_at = now_;
  if (now_ >= cgroup.recheck_at) {
    constexpr int kSteps = 64;
    const auto step = static_cast<int>(Hash{}(path) % kSteps);
    const auto later = std::chrono::nanoseconds(kRecheckInterval) / 2 * step / kSteps;
    cgroup.recheck_at = now_ + kRecheckInterval + later;
    cgroup.pids_limit = ReadLimit(pids_, path);
    cgroup.memory_limit = ReadLimit(memory_, path);
  }
  cgroup.use = {.pids = std::fmax(above.pids, ReadShare(pids_, cgroup.pids_limit, path)),
                .memory = std::fmax(above.memory, ReadShare(memory_, cgroup.memory_limit, path))};
}

double CgroupLimits::ReadLimit(const Controller& controller, std::string_view path) {
  const double limit = ReadNumber(controller.root, path, controller.limit_file);
  return limit > 0 && limit < kNoLimit ? limit : kNone;
}

double CgroupLimits::ReadShare(const Controller& controller, double limit, std::string_view path) {
  return std::isnan(limit) ? kNone : ReadNumber(controller.root, path, controller.use_file) / limit;
}

// NaN if there is no such file, or no number in it: "max".
double CgroupLimits::ReadNumber(const UniqueFd& root, std::string_view path,
                                std::string_view file) {
  if (!root) return kNone;
  name_.assign(".").append(path).append("/").append(file);
  const UniqueFd fd(::openat(root.Get(), name_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return kNone;
  std::array<char, 64> buffer;  // NOLINT(*-member-init): read(2) fills it
  const ssize_t count = ::read(fd.Get(), buffer.data(), buffer.size());
  if (count <= 0) return kNone;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  const auto number = ParseNumber<std::uint64_t>(text.substr(0, text.find('\n')));
  return number ? static_cast<double>(*number) : kNone;
}

}  // namespace procmarshal
