// Sockets in use by protocol, from /proc/net/sockstat and sockstat6:
// "sockets: used 16", "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 162" (mem in pages),
// "FRAG: inuse 0 memory 0" (memory in bytes).

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Value {
  std::string_view key;
  double number;
};

struct Line {
  std::string_view protocol;
  std::vector<Value> values;
};

Result<Line> ParseLine(std::string_view text) {
  std::string_view rest = text;
  Line line{.protocol = TakeUntil(rest, ':'), .values = {}};
  do {
    const std::string_view key = TakeWord(rest);
    const auto number = ParseInteger(TakeWord(rest));
    if (!number || !IsNamePart(line.protocol)) {
      return FailExpected("expected \"PROTOCOL: NAME NUMBER ...\"", text);
    }
    line.values.push_back({.key = key, .number = *number});
  } while (!rest.empty());
  return line;
}

struct Key {
  std::string_view name;
  std::string_view help;
};

constexpr std::array<Key, 6> kKeys = {{{"inuse", "sockets in use."},
                                       {"orphan", "sockets that no process holds any more."},
                                       {"tw", "sockets in the state TIME_WAIT."},
                                       {"alloc", "sockets that there are, in any state."},
                                       {"mem", "memory of the sockets' buffers, in pages."},
                                       {"memory", "memory of fragments of packets, in bytes."}}};

std::string HelpOf(std::string_view protocol, const Key& key) {
  const bool is_packets = protocol.starts_with("FRAG") && key.name == "inuse";
  return std::string(protocol) + ": " +
         std::string(is_packets ? "packets of which fragments are still to come." : key.help);
}

void Add(const Line& line, const Value& value, FamilyWriter& out) {
  static const auto kPageBytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const auto* const key = std::ranges::find(kKeys, value.key, &Key::name);
  if (key == kKeys.end()) return;
  const std::string protocol(line.protocol);
  const std::string name = "node_sockstat_" + protocol + "_" + std::string(value.key);
  out.Gauge(name, HelpOf(protocol, *key)).Add(value.number);
  if (value.key == "mem") {
    out.Gauge(name + "_bytes", protocol + ": memory of the sockets' buffers, in bytes.")
        .Add(value.number * kPageBytes);
  }
}

void Write(const Line& line, FamilyWriter& out) {
  for (const Value& value : line.values) {
    if (line.protocol != "sockets") {
      Add(line, value, out);
    } else if (value.key == "used") {
      out.Gauge("node_sockstat_sockets_used", "Sockets in use, of any kind.").Add(value.number);
    }
  }
}

Status CollectFile(const PseudoFs& proc, const std::string& file, FamilyWriter& out) {
  const auto text = proc.RereadLines(file);
  if (!text) {  // a kernel without IPv4 or IPv6
    const bool is_gone = text.error().code == ErrorCode::kNotFound;
    return is_gone ? Status() : tl::unexpected(text.error());
  }
  if (text->empty()) return Fail(ErrorCode::kInvalid, file + ": the file is empty");
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto line = ParseLine(TakeUntil(rest, '\n'));
    if (!line) return Fail(line.error().code, file + ": " + line.error().message);
    Write(*line, out);
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  if (auto done = CollectFile(env.proc, "net/sockstat", out); !done) return done;
  return CollectFile(env.proc, "net/sockstat6", out);
}

const Registration kRegistration("sockstat", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
