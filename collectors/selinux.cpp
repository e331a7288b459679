// Whether SELinux is on and enforces, from /sys/fs/selinux/enforce: "1"; and whether it shall after
// the next boot, from /etc/selinux/config: "SELINUX=enforcing".

#include <optional>

#include "base/parse.h"
#include "collectors/attribute.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

constexpr double kDisabled = -1;

double ParseMode(std::string_view config) {
  while (!config.empty()) {
    std::string_view value = Trim(TakeUntil(config, '\n'));
    if (TakeUntil(value, '=') != "SELINUX") continue;
    if (value == "enforcing") return 1;
    return value == "permissive" ? 0 : kDisabled;
  }
  return kDisabled;
}

// Until a policy is loaded, all run in the kernel's own context, and SELinux decides nothing.
bool HasPolicy(const PseudoFs& proc) {
  auto context = ReadAttribute(proc, "self/attr/current");
  if (!context) return true;
  while (context->ends_with('\0')) context->pop_back();
  return context != "kernel";
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto enforces = ReadNumber(env.sys, "fs/selinux/enforce");
  if (!enforces) return tl::unexpected(enforces.error());
  const std::optional<double> mode = *enforces;
  const bool is_enabled = mode && HasPolicy(env.proc);
  out.Gauge("node_selinux_enabled", "1 if SELinux is enabled, else 0.").Add(is_enabled ? 1 : 0);
  if (!mode || !is_enabled) return {};

  // The file is opened anew each time: an editor puts another one in its place.
  const auto config = env.root.Read("etc/selinux/config");
  out.Gauge("node_selinux_config_mode",
            "SELinux' mode as configured: 1 enforcing, 0 permissive, -1 disabled.")
      .Add(config ? ParseMode(*config) : kDisabled);
  out.Gauge("node_selinux_current_mode", "SELinux' mode: 1 enforcing, 0 permissive.").Add(*mode);
  return {};
}

const Registration kRegistration("selinux", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
