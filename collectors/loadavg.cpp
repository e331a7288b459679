// Load averages, from /proc/loadavg: "0.20 0.18 0.12 1/80 11206".

#include <array>

#include "base/parse.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

Result<std::array<double, 3>> Parse(std::string_view text) {
  std::array<double, 3> load{};
  for (double& field : load) {
    const auto value = ParseFinite(TakeUntil(text, ' '));
    if (!value) return Fail(ErrorCode::kInvalid, "loadavg: expected three numbers");
    field = *value;
  }
  return load;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto load = env.proc.RereadLines("loadavg").and_then(Parse);
  if (!load) return tl::unexpected(load.error());

  out.Gauge("node_load1", "Load average over 1 minute.").Add(load->at(0));
  out.Gauge("node_load5", "Load average over 5 minutes.").Add(load->at(1));
  out.Gauge("node_load15", "Load average over 15 minutes.").Add(load->at(2));
  return {};
}

const Registration kRegistration("loadavg", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
