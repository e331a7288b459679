// Names of the system, from uname(2).

#include <sys/utsname.h>

#include "collectors/collector.h"

namespace procmarshal {
namespace {

Status Collect(const Environment& /*env*/, FamilyWriter& out) {
  utsname names{};
  if (::uname(&names) != 0) return FailErrno("uname");

  out.Gauge("node_uname_info", "Names of the system, as uname(2) gives them.")
      .Add(1, {{"sysname", names.sysname},
               {"release", names.release},
               {"version", names.version},
               {"machine", names.machine},
               {"nodename", names.nodename},
               {"domainname", names.domainname}});
  return {};
}

const Registration kRegistration("uname", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
