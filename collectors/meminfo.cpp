// Memory of the host, from /proc/meminfo: "MemTotal:       24684084 kB", "HugePages_Total: 0".

#include <string>

#include "base/parse.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

// "Active(anon)" is node_memory_Active_anon_bytes.
std::string MetricName(std::string_view field, bool is_bytes) {
  std::string name = "node_memory_";
  for (const char c : field) {
    if (c != ')') name += c == '(' ? '_' : c;
  }
  return is_bytes ? name + "_bytes" : name;
}

// A field becomes part of a metric name.
bool IsFieldName(std::string_view field) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_()";
  return !field.empty() && field.find_first_not_of(kAllowed) == std::string_view::npos;
}

Status WriteLine(std::string_view line, FamilyWriter& out) {
  const std::string_view whole = line;
  const std::string_view field = TakeUntil(line, ':');
  line = Trim(line);
  const auto value = ParseNumber<double>(TakeUntil(line, ' '));
  const bool is_bytes = line == "kB";
  if (!value || !IsFieldName(field) || (!is_bytes && !line.empty())) {
    return Fail(ErrorCode::kInvalid, R"(meminfo: expected "NAME: NUMBER kB", found ")" +
                                         std::string(whole.substr(0, 80)) + "\"");
  }
  out.Gauge(MetricName(field, is_bytes), "Field " + std::string(field) + " of /proc/meminfo.")
      .Add(is_bytes ? *value * 1024 : *value);
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.Read("meminfo");
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
