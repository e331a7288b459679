#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// Shares of limits in use: of the cgroup's own or of one above it, whichever is the worst. NaN: no
// limit, one of 0, or unreadable. Memory is what the kernel holds against the limit, page cache and
// all: a share near 1 may mean no more than that the cache has filled up.
struct CgroupUse {
  double pids = std::numeric_limits<double>::quiet_NaN();
  double memory = std::numeric_limits<double>::quiet_NaN();
};

// How near cgroups are to their pids.max and memory.max, on hosts of either version of cgroups or
// both. Sources: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{pids,memory}.rst. One
// thread at a time.
class CgroupLimits {
 public:
  // Limits change rarely: those of a cgroup are read again after this, up to half as much later.
  // What is in use is read each sample, where there is a limit.
  static constexpr std::chrono::seconds kRecheckInterval{60};
  static constexpr std::chrono::minutes kForgetAfter{5};  // a cgroup that nobody asked for
  static constexpr std::size_t kMaxCgroups = 16384;  // of more, only the ancestors that fit count
  static constexpr std::size_t kMaxPath = 1024;      // likewise of longer paths, in bytes

  // Fails if /sys/fs/cgroup is there but can't be opened. A host without it has no limits.
  [[nodiscard]] static Result<CgroupLimits> Open(const PseudoFs& sys);

  // A sample begins: what is in use may be read again.
  void Begin(BootTime now);

  // Reads a cgroup once a sample; `path` as in CgroupPlace. A path that could lead out of the
  // cgroup file system, with a "..", has no limits.
  [[nodiscard]] CgroupUse Use(std::string_view path);

  [[nodiscard]] std::size_t Size() const { return cgroups_.size(); }  // cgroups remembered

 private:
  // Where the files of a resource are.
  struct Controller {
    UniqueFd root;  // none: the host does not count it
    std::string_view limit_file;
    std::string_view use_file;
  };

  struct Cgroup {
    double pids_limit = std::numeric_limits<double>::quiet_NaN();  // NaN: none
    double memory_limit = std::numeric_limits<double>::quiet_NaN();
    BootTime recheck_at;
    BootTime asked_at;
    std::uint64_t sample = 0;  // that `use` was read in
    CgroupUse use;
  };

  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
    std::size_t operator()(std::string_view path) const {
      return std::hash<std::string_view>{}(path);
    }
  };

  CgroupLimits() = default;
  Cgroup* Find(std::string_view path);
  void Read(Cgroup& cgroup, std::string_view path, const CgroupUse& above);
  double ReadLimit(const Controller& controller, std::string_view path);
  double ReadShare(const Controller& controller, double limit, std::string_view path);
  double ReadNumber(const UniqueFd& root, std::string_view path, std::string_view file);

  Controller pids_;
  Controller memory_;
  std::unordered_map<std::string, Cgroup, Hash, std::equal_to<>> cgroups_;  // by path
  BootTime now_;
  BootTime sweep_at_;
  std::uint64_t sample_ = 1;
  std::string name_;  // of the file being read, to save allocations
};

}  // namespace procmarshal
