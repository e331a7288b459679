#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "collectors/family_writer.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

inline const SystemClock kSystemClock;

// Everything a collector may touch. Tests point the roots at fixtures.
struct Environment {
  PseudoFs proc{"/proc"};
  PseudoFs sys{"/sys"};
  PseudoFs root{"/"};  // of the host: mount points, /etc/os-release, /run/udev/data
  const Clock* clock = &kSystemClock;
  // Where programs leave metrics in *.prom files; the paths may be shell patterns. The initializer
  // lets others leave it out: {.proc = ...}. NOLINTNEXTLINE(readability-redundant-member-init)
  std::vector<std::filesystem::path> textfile_directories = {};
};

// Reads one subsystem into `out`. When it fails, what was written so far is kept; kNotFound says
// that this host has no such thing, which is no reason for a warning. Collectors run one after the
// other on the sampling thread, so they need no locks.
class Collector {
 public:
  virtual ~Collector() = default;
  virtual Status Collect(FamilyWriter& out) = 0;

  // Whether it has to see what all others wrote, because it may clash with it.
  [[nodiscard]] virtual bool RunsLast() const { return false; }
};

enum class Default { kOn, kOff };

// One of these at the end of a .cpp file adds a collector to the program:
//   const Registration kRegistration("loadavg", Default::kOn, &Collect);
class Registration {
 public:
  // Most collectors are a function. One that remembers something is a class, made at start.
  using Function = Status (*)(const Environment&, FamilyWriter&);
  using Factory = std::unique_ptr<Collector> (*)(const Environment&);

  Registration(std::string_view name, Default enabled, Function collect) noexcept;
  Registration(std::string_view name, Default enabled, Factory make) noexcept;

  [[nodiscard]] static std::vector<const Registration*> All();  // by name

  [[nodiscard]] std::string_view Name() const { return name_; }
  [[nodiscard]] bool OnByDefault() const { return enabled_ == Default::kOn; }
  [[nodiscard]] std::unique_ptr<Collector> Make(const Environment& env) const;

 private:
  std::string_view name_;
  Default enabled_;
  Function collect_ = nullptr;
  Factory make_ = nullptr;
  const Registration* next_;
};

}  // namespace procmarshal
