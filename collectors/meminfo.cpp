// Memory of the host, from /proc/meminfo: "MemTotal:       24684084 kB", "HugePages_Total: 0".

#include <string>

#include "collectors/collector.h"
#include "collectors/memory_field.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

Status WriteLine(std::string_view line, FamilyWriter& out) {
  const auto parsed = ParseMemoryField(line);
  if (!parsed) return FailExpected(R"(meminfo: expected "NAME: NUMBER kB")", line);
  out.Gauge("node_memory_" + parsed->name + (parsed->is_bytes ? "_bytes" : ""),
            "Field " + std::string(parsed->field) + " of /proc/meminfo.")
      .Add(parsed->value);
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.RereadLines("meminfo");
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return Fail(ErrorCode::kInvalid, "meminfo: the file is empty");

  std::string_view rest = *text;
  while (!rest.empty()) {
    if (auto written = WriteLine(TakeUntil(rest, '\n'), out); !written) return written;
  }
  return {};
}

const Registration kRegistration("meminfo", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
