// Interfaces made of several: /sys/class/net/bonding_masters lists them ("bond0 bond1"),
// /sys/class/net/bond0/bonding/slaves what they are made of ("eth0 eth1"), and
// /sys/class/net/bond0/lower_eth0/bonding_slave/mii_status says whether that works: "up".

#include <optional>
#include <string>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

// Before Linux 3.17 the links were called slave_eth0.
std::optional<std::string> ReadStatus(const PseudoFs& sys, const std::string& folder,
                                      const std::string& member) {
  auto status = ReadLine(sys, folder + "/lower_" + member + "/bonding_slave/mii_status");
  if (status) return status;
  return ReadLine(sys, folder + "/slave_" + member + "/bonding_slave/mii_status");
}

struct Members {
  double all = 0;
  double up = 0;
};

// Nullopt if there is no such bond any more.
std::optional<Members> ReadMembers(const PseudoFs& sys, const std::string& folder) {
  const auto names = ReadLine(sys, folder + "/bonding/slaves");
  if (!names) return std::nullopt;
  Members members;
  std::string_view rest = *names;
  while (!rest.empty()) {
    const auto status = ReadStatus(sys, folder, std::string(TakeWord(rest)));
    if (!status) continue;
    ++members.all;
    if (*status == "up") ++members.up;
  }
  return members;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto masters = env.sys.RereadLines("class/net/bonding_masters");
  if (!masters) return tl::unexpected(masters.error());

  auto slaves = out.Gauge("node_bonding_slaves", "Interfaces that the bond is made of.");
  auto active = out.Gauge("node_bonding_active", "Interfaces of the bond that have a link.");
  std::string_view rest = *masters;
  rest = TakeUntil(rest, '\n');
  while (!rest.empty()) {
    const std::string_view master = TakeWord(rest);
    const auto members = ReadMembers(env.sys, "class/net/" + std::string(master));
    if (!members) continue;
    slaves.Add(members->all, {{"master", master}});
    active.Add(members->up, {{"master", master}});
  }
  return {};
}

const Registration kRegistration("bonding", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
