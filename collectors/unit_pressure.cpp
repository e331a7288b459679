// What services of systemd wait for, from their cgroups of version 2, such as
// /sys/fs/cgroup/system.slice/nginx.service: cpu.pressure, io.pressure and memory.pressure
// "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull ... total=567\n" (microseconds),
// memory.events "low 0\nhigh 3\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n" and memory.current.
//
// Only services of the system's own manager: what is below them, the services of user@1000.service
// among it, is named by others, who could pass for a service of the system. And no scopes: each
// session and each container makes a new one.

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/parse.h"
#include "base/utf8.h"
#include "collectors/cgroup_path.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

constexpr std::size_t kMostUnits = 500;
constexpr std::size_t kMostFolders = 2000;  // of slices, of which each pod of Kubernetes has one
constexpr int kDeepest = 12;

constexpr std::array<std::string_view, 3> kResources = {"cpu", "io", "memory"};
constexpr std::array<std::string_view, 6> kEvents = {"low", "high",     "max",
                                                     "oom", "oom_kill", "oom_group_kill"};

using Number = std::optional<double>;  // none: there is no such file, or no such line in it

struct Pressure {
  Number waiting;  // seconds
  Number stalled;
};

struct Unit {
  std::array<Pressure, kResources.size()> pressure;
  std::array<Number, kEvents.size()> events;
  Number memory;
};

tl::unexpected<Error> Expected(std::string_view what, std::string_view found) {
  return Fail(ErrorCode::kInvalid, "expected " + std::string(what) + ", found " + Quote(found));
}

// The total of "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234", in seconds.
Result<double> ParseTotal(std::string_view line) {
  constexpr std::string_view kTotal = " total=";
  constexpr double kMicroseconds = 1e6;
  const std::size_t at = line.find(kTotal);
  const auto total = at == std::string_view::npos
                         ? std::nullopt
                         : ParseNumber<std::uint64_t>(line.substr(at + kTotal.size()));
  if (!total) return Expected("\"total=NUMBER\"", line);
  return static_cast<double>(*total) / kMicroseconds;
}

Result<Pressure> ParsePressure(std::string_view text) {
  Pressure pressure;
  while (!text.empty()) {
    const std::string_view line = TakeUntil(text, '\n');
    const auto total = ParseTotal(line);
    if (!total) return tl::unexpected(total.error());
    if (line.starts_with("some ")) pressure.waiting = *total;
    if (line.starts_with("full ")) pressure.stalled = *total;
  }
  return pressure;
}

Result<std::array<Number, kEvents.size()>> ParseEvents(std::string_view text) {
  std::array<Number, kEvents.size()> events;
  while (!text.empty()) {
    const std::string_view line = TakeUntil(text, '\n');
    std::string_view number = line;
    const auto* const event = std::ranges::find(kEvents, TakeUntil(number, ' '));
    if (event == kEvents.end()) continue;
    const auto count = ParseNumber<std::uint64_t>(number);
    if (!count) return Expected("\"EVENT NUMBER\"", line);
    events.at(static_cast<std::size_t>(event - kEvents.begin())) = static_cast<double>(*count);
  }
  return events;
}

Result<double> ParseBytes(std::string_view text) {
  const std::string_view line = TakeUntil(text, '\n');
  const auto bytes = ParseNumber<std::uint64_t>(line);
  if (!bytes) return Expected("a number", line);
  return static_cast<double>(*bytes);
}

// What was cut off may look whole.
template <typename T>
Result<T> ParseWhole(std::string_view text, Result<T> (*parse)(std::string_view)) {
  if (!text.ends_with('\n')) return Expected("whole lines", text.substr(text.rfind('\n') + 1));
  return parse(text);
}

// Walks down the slices, and reads the services in them.
class Walk {
 public:
  Walk(const PseudoFs& sys, std::string root) : sys_(sys), root_(std::move(root)) {}

  // `path` begins at the root of the hierarchy: "" or "/system.slice".
  void Enter(const std::string& path, int depth) {
    if (depth > kDeepest || ++folders_ > kMostFolders) {
      is_cut_ = true;
      return;
    }
    const auto names = sys_.List(root_ + path);
    if (!names) return;  // gone meanwhile
    for (const std::string& name : *names) {
      std::string below = path;
      below.append("/").append(name);
      if (name.ends_with(".slice")) Enter(below, depth + 1);
      if (name.ends_with(".service")) AddUnit(name, below);
    }
  }

  [[nodiscard]] const std::map<std::string, Unit>& Units() const { return units_; }

  // What went wrong: content that can't be, or units for which there is no room.
  [[nodiscard]] Status Outcome() const {
    if (!problem_.empty()) return Fail(ErrorCode::kInvalid, problem_);
    if (!is_cut_) return {};
    return Fail(ErrorCode::kInvalid, "too many units: left out what is beyond " +
                                         std::to_string(kMostUnits) + " units or " +
                                         std::to_string(kMostFolders) + " cgroups");
  }

 private:
  // Each once: two cgroups of one name, one of which somebody made by hand, are not one service.
  void AddUnit(std::string_view name, const std::string& path) {
    const std::string line = "0::" + path;
    const std::string unit(ParseCgroup(line).unit);
    if (unit.empty() || !name.ends_with(unit) || units_.contains(unit)) return;
    if (units_.size() >= kMostUnits) {
      is_cut_ = true;
      return;
    }
    units_.emplace(unit, ReadUnit(path));
  }

  Unit ReadUnit(const std::string& path) {
    Unit unit;
    for (std::size_t i = 0; i < kResources.size(); ++i) {
      const auto pressure =
          Read(path + '/' + std::string(kResources.at(i)) + ".pressure", &ParsePressure);
      unit.pressure.at(i) = pressure.value_or(Pressure());
    }
    if (const auto events = Read(path + "/memory.events", &ParseEvents)) unit.events = *events;
    unit.memory = Read(path + "/memory.current", &ParseBytes);
    return unit;
  }

  // Nothing if the file is not there or its controller is off. Not with Reread: these are more
  // files than it keeps.
  template <typename T>
  std::optional<T> Read(const std::string& path, Result<T> (*parse)(std::string_view)) {
    const auto text = sys_.Read(root_ + path);
    if (!text) return std::nullopt;
    auto value = ParseWhole(*text, parse);
    if (value) return *std::move(value);
    if (problem_.empty()) problem_ = root_ + path + ": " + value.error().message;
    return std::nullopt;
  }

  const PseudoFs& sys_;
  std::string root_;
  std::map<std::string, Unit> units_;
  std::size_t folders_ = 0;
  bool is_cut_ = false;
  std::string problem_;  // the first
};

// Below /sys. Where both versions are mounted, the second has a folder of its own.
Result<std::string> FindRoot(const PseudoFs& sys) {
  for (const char* root : {"fs/cgroup", "fs/cgroup/unified"}) {
    if (sys.Read(std::string(root) + "/cgroup.controllers")) return root;
  }
  return Fail(ErrorCode::kNotFound,
              "no cgroups of version 2 at " + (sys.Root() / "fs/cgroup").string());
}

void WritePressure(const std::map<std::string, Unit>& units, FamilyWriter& out) {
  auto waiting = out.Counter("linux_unit_pressure_waiting_seconds_total",
                             "Seconds in which some process of the systemd service waited for the "
                             "resource.");
  auto stalled = out.Counter("linux_unit_pressure_stalled_seconds_total",
                             "Seconds in which all processes of the systemd service that had "
                             "something to do waited for the resource.");
  for (const auto& [name, unit] : units) {
    for (std::size_t i = 0; i < kResources.size(); ++i) {
      const auto& [some, full] = unit.pressure.at(i);
      if (some) waiting.Add(*some, {{"unit", name}, {"resource", kResources.at(i)}});
      if (full) stalled.Add(*full, {{"unit", name}, {"resource", kResources.at(i)}});
    }
  }
}

void WriteMemory(const std::map<std::string, Unit>& units, FamilyWriter& out) {
  auto events = out.Counter("linux_unit_memory_events_total",
                            "How often the systemd service came to a limit of its memory, as "
                            "memory.events of its cgroup counts it.");
  auto bytes = out.Gauge(
      "linux_unit_memory_bytes",
      "Memory of the systemd service, with caches and what the kernel has for it, in bytes.");
  for (const auto& [name, unit] : units) {
    for (std::size_t i = 0; i < kEvents.size(); ++i) {
      const Number& count = unit.events.at(i);
      if (count) events.Add(*count, {{"unit", name}, {"event", kEvents.at(i)}});
    }
    if (unit.memory) bytes.Add(*unit.memory, {{"unit", name}});
  }
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto root = FindRoot(env.sys);
  if (!root) return tl::unexpected(root.error());
  Walk walk(env.sys, *root);
  walk.Enter("", 0);
  WritePressure(walk.Units(), out);
  WriteMemory(walk.Units(), out);
  return walk.Outcome();
}

const Registration kRegistration("unit_pressure", Default::kOff, &Collect);

}  // namespace
}  // namespace procmarshal
