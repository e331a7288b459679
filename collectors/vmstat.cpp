// Paging, page faults and kills for lack of memory, from /proc/vmstat: "pgfault 260517". The file
// has some 150 fields more; these are the ones that node_exporter shows.

#include <string>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

// node_exporter's ^(oom_kill|pgpg|pswp|pg.*fault).*
bool IsWanted(std::string_view field) {
  return field.starts_with("oom_kill") || field.starts_with("pgpg") || field.starts_with("pswp") ||
         (field.starts_with("pg") && field.find("fault", 2) != std::string_view::npos);
}

Status WriteLine(std::string_view line, FamilyWriter& out) {
  const std::string_view whole = line;
  const std::string_view field = TakeUntil(line, ' ');
  if (!IsWanted(field)) return {};
  const auto value = ParseNumber<std::uint64_t>(line);
  if (!value || !IsNamePart(field)) {
    return FailExpected(R"(vmstat: expected "NAME NUMBER")", whole);
  }
  out.Untyped("node_vmstat_" + std::string(field),
              "Field " + std::string(field) + " of /proc/vmstat.")
      .Add(static_cast<double>(*value));
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.RereadLines("vmstat");
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return Fail(ErrorCode::kInvalid, "vmstat: the file is empty");

  std::string_view rest = *text;
  while (!rest.empty()) {
    if (auto written = WriteLine(TakeUntil(rest, '\n'), out); !written) return written;
  }
  return {};
}

const Registration kRegistration("vmstat", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
