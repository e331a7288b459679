// Memory of each NUMA node, from /sys/devices/system/node/node0/meminfo and numastat:
// "Node 0 MemTotal:       65806344 kB", "numa_hit 193460335812".

#include <cstdint>
#include <string>

#include "base/parse.h"
#include "collectors/collector.h"
#include "collectors/memory_field.h"
#include "collectors/numbered.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

// With the name of node_exporter, which says nothing of bytes here.
Status WriteField(std::string_view node, std::string_view line, FamilyWriter& out) {
  std::string_view rest = line;
  const std::string_view word = TakeUntil(rest, ' ');
  const std::string_view number = TakeUntil(rest, ' ');
  const auto parsed = ParseMemoryField(rest);
  if (word != "Node" || number != node || !parsed) {
    return FailExpected(
        "node" + std::string(node) + R"(/meminfo: expected "Node N NAME: NUMBER kB")", line);
  }
  out.Gauge("node_memory_numa_" + parsed->name,
            "Field " + std::string(parsed->field) + " of the NUMA node's meminfo.")
      .Add(parsed->value, {{"node", node}});
  return {};
}

Status WriteCount(std::string_view node, std::string_view line, FamilyWriter& out) {
  std::string_view rest = line;
  const std::string_view name = TakeUntil(rest, ' ');
  const auto count = ParseNumber<std::uint64_t>(rest);
  if (!count || !IsNamePart(name)) {
    return FailExpected("node" + std::string(node) + R"(/numastat: expected "NAME NUMBER")", line);
  }
  out.Counter("node_memory_numa_" + std::string(name) + "_total",
              "Pages allocated: " + std::string(name) + " of the NUMA node's numastat.")
      .Add(static_cast<double>(*count), {{"node", node}});
  return {};
}

using WriteLine = Status (*)(std::string_view node, std::string_view line, FamilyWriter& out);

Status WriteFile(const PseudoFs& sys, const std::string& node, const std::string& file,
                 WriteLine write, FamilyWriter& out) {
  const auto text = sys.RereadLines("devices/system/node/node" + node + "/" + file);
  if (!text && text.error().code == ErrorCode::kNotFound) return {};  // the node went offline
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = TakeUntil(rest, '\n');
    if (auto written = write(node, line, out); !written) return written;
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  for (const std::string& node : ListNumbered(env.sys, "devices/system/node", "node")) {
    auto written = WriteFile(env.sys, node, "meminfo", &WriteField, out);
    if (written) written = WriteFile(env.sys, node, "numastat", &WriteCount, out);
    if (!written) return written;
  }
  return {};
}

const Registration kRegistration("meminfo_numa", Default::kOff, &Collect);

}  // namespace
}  // namespace procmarshal
