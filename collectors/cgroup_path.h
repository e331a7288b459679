#pragma once

#include <string>
#include <string_view>
#include <vector>

// Who a process belongs to, told by /proc/PID/cgroup (cgroups(7)): one line a hierarchy,
// "ID:CONTROLLERS:PATH". Whoever may make cgroups chooses their names, users among them: what is
// read from a path is a label, and nothing to trust.
namespace procmarshal {

// Empty is: none. Views point into the text.
struct CgroupPlace {
  // In the hierarchy that names units: the unified one, else systemd's own, else the first that
  // says anything; "/" if none does. Without the " (deleted)" that a removed cgroup ends in.
  std::string_view path = "/";
  // Where pids.max and memory.max are: in the hierarchies of these controllers, which of version 1
  // are their own.
  std::string_view pids_path = "/";
  std::string_view memory_path = "/";
  // The innermost systemd unit, the user's managers' units included, that is not inside a
  // container: "nginx.service", "app-foo.scope", "docker-<id>.scope". A user's manager itself is
  // "user@1000.service", not that manager's "init.scope".
  std::string_view unit;
  // The innermost slice above the unit; without a unit, the innermost outside of containers.
  std::string_view slice;
  // Id (64 hex digits, most of them) or name (LXC, systemd-nspawn) of the innermost container. The
  // engines' own monitors, as conmon, are in none. From another hierarchy if `path` has none.
  std::string container;
  // UID of the Kubernetes pod, with dashes; static pods' have none. From where `container` is.
  std::string pod;
};
[[nodiscard]] CgroupPlace ParseCgroup(std::string_view text);

// The paths of all hierarchies, in the order of the file, as they stand there. "/" and repetitions
// are kept: that is what process-exporter's {{.Cgroups}} lists.
[[nodiscard]] std::vector<std::string_view> CgroupPaths(std::string_view text);

}  // namespace procmarshal
