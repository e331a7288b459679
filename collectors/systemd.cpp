// Units of systemd, asked over the system bus: ListUnits of org.freedesktop.systemd1.Manager, then
// a few properties of each service, timer and socket.

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/parse.h"
#include "collectors/collector.h"
#include "collectors/systemd_bus.h"

namespace procmarshal {
namespace {

#ifdef PROCMARSHAL_HAVE_LIBSYSTEMD

constexpr std::array<std::string_view, 5> kStates = {"active", "activating", "deactivating",
                                                     "inactive", "failed"};

// node_exporter's default, as .+\.(automount|device|mount|scope|slice): many, or always on.
constexpr std::array<std::string_view, 5> kLeftOut = {".automount", ".device", ".mount", ".scope",
                                                      ".slice"};

bool HasSuffix(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.ends_with(suffix);
}

bool IsShown(const SystemdUnit& unit) {
  return unit.load_state == "loaded" &&
         std::ranges::none_of(kLeftOut, [&](auto suffix) { return HasSuffix(unit.name, suffix); });
}

// What is read of each unit of a kind.
struct Kind {
  std::string_view suffix;
  std::string_view interface;
  std::array<std::string_view, 3> properties;  // those behind the last are empty
};
constexpr std::array<Kind, 3> kKinds = {{
    {".service", "Service", {"Type", "NRestarts"}},
    {".timer", "Timer", {"LastTriggerUSec"}},
    {".socket", "Socket", {"NAccepted", "NConnections", "NRefused"}},
}};

// A unit that is shown, and its properties by name.
struct Shown {
  const SystemdUnit* unit;
  std::size_t first;  // of the properties
  std::size_t count;
};

const std::string* TextOf(const SystemdProperty& property) {
  return std::get_if<std::string>(&property.value);
}

// What is known of systemd in one pass.
class Report {
 public:
  explicit Report(std::vector<SystemdUnit> units) : units_(std::move(units)) {
    for (const char* name : {"Version", "Virtualization", "SystemState"}) {
      properties_.push_back({"/org/freedesktop/systemd1", "Manager", name, {}});
    }
    for (const SystemdUnit& unit : units_) {
      if (IsShown(unit)) Want(unit);
    }
  }

  [[nodiscard]] std::vector<SystemdProperty>& Properties() { return properties_; }

  void WriteSummary(FamilyWriter& out) const {
    std::map<std::string_view, double> counts;
    for (const std::string_view state : kStates) counts[state] = 0;
    for (const SystemdUnit& unit : units_) ++counts[unit.active_state];
    auto family = out.Gauge("node_systemd_units", "Units of systemd in each state.");
    for (const auto& [state, count] : counts) family.Add(count, {{"state", state}});
  }

  void WriteManager(FamilyWriter& out) const {
    WriteVersion(out);
    out.Gauge("node_systemd_virtualization_info", "What the host is virtualized with.")
        .Add(1, {{"virtualization_type", Virtualization()}});
    if (const std::string* const state = TextOf(properties_.at(2))) {
      out.Gauge("node_systemd_system_running",
                "Whether the host is up and no unit failed, as systemctl is-system-running tells.")
          .Add(*state == "running" ? 1 : 0);
    }
  }

  void WriteStates(FamilyWriter& out) const {
    auto family = out.Gauge("node_systemd_unit_state", "Whether the unit is in the state.");
    for (const Shown& shown : shown_) {
      const bool is_service = HasSuffix(shown.unit->name, ".service");
      const std::string* const type = is_service ? TextOf(properties_.at(shown.first)) : nullptr;
      for (const std::string_view state : kStates) {
        family.Add(state == shown.unit->active_state ? 1 : 0,
                   {{"name", shown.unit->name},
                    {"state", state},
                    {"type", type != nullptr ? std::string_view(*type) : ""}});
      }
    }
  }

  void WriteNumbers(FamilyWriter& out) const {
    constexpr double kMicro = 1e-6;
    WriteNumber("NRestarts", 1,
                out.Counter("node_systemd_service_restart_total",
                            "How often systemd started the service again."));
    WriteNumber("LastTriggerUSec", kMicro,
                out.Gauge("node_systemd_timer_last_trigger_seconds",
                          "When the timer last ran, as Unix time."));
    WriteNumber("NAccepted", 1,
                out.Counter("node_systemd_socket_accepted_connections_total",
                            "Connections that the socket took."));
    WriteNumber("NConnections", 1,
                out.Gauge("node_systemd_socket_current_connections",
                          "Connections that the socket has now."));
    // A gauge to node_exporter too.
    WriteNumber("NRefused", 1,
                out.Gauge("node_systemd_socket_refused_connections_total",
                          "Connections that the socket refused."));
  }

 private:
  void Want(const SystemdUnit& unit) {
    Shown shown{.unit = &unit, .first = properties_.size(), .count = 0};
    for (const Kind& kind : kKinds) {
      if (!HasSuffix(unit.name, kind.suffix)) continue;
      for (const std::string_view name : kind.properties) {
        if (name.empty()) continue;
        properties_.push_back({unit.object, std::string(kind.interface), std::string(name), {}});
        ++shown.count;
      }
    }
    shown_.push_back(shown);
  }

  // Empty is how systemd calls a machine that is none.
  [[nodiscard]] std::string_view Virtualization() const {
    const std::string* const text = TextOf(properties_.at(1));
    if (text == nullptr) return "unknown";
    return text->empty() ? std::string_view("none") : std::string_view(*text);
  }

  // "252.39-1~deb12u1" is 252.39.
  void WriteVersion(FamilyWriter& out) const {
    const std::string* const text = TextOf(properties_.at(0));
    if (text == nullptr) return;
    constexpr std::string_view kDigits = "0123456789";
    const std::size_t start = std::min(text->find_first_of(kDigits), text->size());
    std::size_t end = std::min(text->find_first_not_of(kDigits, start), text->size());
    if (text->substr(end).starts_with('.')) {
      end = std::min(text->find_first_not_of(kDigits, end + 1), text->size());
    }
    const auto version = ParseNumber<double>(std::string_view(*text).substr(start, end - start));
    if (!version) return;
    out.Gauge("node_systemd_version", "Version of systemd.").Add(*version, {{"version", *text}});
  }

  void WriteNumber(std::string_view property, double unit, FamilyWriter::Family family) const {
    for (const Shown& shown : shown_) {
      for (std::size_t i = shown.first; i < shown.first + shown.count; ++i) {
        const auto* const number = std::get_if<std::uint64_t>(&properties_[i].value);
        if (properties_[i].name != property || number == nullptr) continue;
        family.Add(static_cast<double>(*number) * unit, {{"name", shown.unit->name}});
      }
    }
  }

  std::vector<SystemdUnit> units_;
  std::vector<Shown> shown_;                 // point into units_
  std::vector<SystemdProperty> properties_;  // the manager's, then those of units that are shown
};

class SystemdCollector final : public Collector {
 public:
  explicit SystemdCollector(const Environment& env) : bus_(*env.clock, kPatience) {}

  Status Collect(FamilyWriter& out) override {
    auto units = bus_.ListUnits();
    if (!units) return tl::unexpected(units.error());
    Report report(*std::move(units));
    report.WriteSummary(out);
    if (Status read = bus_.Read(report.Properties()); !read) return read;
    report.WriteManager(out);
    report.WriteStates(out);
    report.WriteNumbers(out);
    return {};
  }

 private:
  static constexpr std::chrono::seconds kPatience{1};
  SystemdBus bus_;
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<SystemdCollector>(env);
}

const Registration kRegistration("systemd", Default::kOff, &Make);

#else

Status Collect(const Environment& /*env*/, FamilyWriter& /*out*/) {
  return Fail(ErrorCode::kUnavailable, "this program was built without libsystemd");
}

const Registration kRegistration("systemd", Default::kOff, &Collect);

#endif

}  // namespace
}  // namespace procmarshal
