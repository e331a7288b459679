// /sys/devices/system/cpu/{present,online,isolated}: "0-2,8", or an empty line.
// Documentation/admin-guide/cputopology.rst
#include "collectors/cpu_states.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/parse.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

// Empty if there is no such file.
Result<std::vector<unsigned>> ReadList(const PseudoFs& sys, const std::string& name) {
  const std::string path = "devices/system/cpu/" + name;
  const auto text = sys.RereadLines(path);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<unsigned>();
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  auto cpus = ParseCpuList(Trim(TakeUntil(rest, '\n')));
  if (!cpus) return Fail(cpus.error().code, path + ": " + cpus.error().message);
  return cpus;
}

// First and last of "0-2", or of "8".
std::optional<std::pair<unsigned, unsigned>> ParseRange(std::string_view text) {
  constexpr unsigned kMost = 65536;  // Linux has up to 8192
  const bool is_one = text.find('-') == std::string_view::npos;
  const auto first = ParseNumber<unsigned>(TakeUntil(text, '-'));
  const auto last = is_one ? first : ParseNumber<unsigned>(text);
  if (!first || !last || *first > *last || *last >= kMost) return std::nullopt;
  return std::pair(*first, *last);
}

}  // namespace

Result<std::vector<unsigned>> ParseCpuList(std::string_view text) {
  std::vector<unsigned> cpus;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto range = ParseRange(TakeUntil(rest, ','));
    if (!range || (!cpus.empty() && range->first <= cpus.back())) {
      return FailExpected("expected a list of CPUs", text);
    }
    for (unsigned cpu = range->first; cpu <= range->second; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

Status WriteCpuStates(const PseudoFs& sys, FamilyWriter& out) {
  const auto present = ReadList(sys, "present");
  if (!present) return tl::unexpected(present.error());
  const auto online = ReadList(sys, "online");
  if (!online) return tl::unexpected(online.error());
  const auto isolated = ReadList(sys, "isolated");
  if (!isolated) return tl::unexpected(isolated.error());

  if (!online->empty()) {  // one CPU always is, so the kernel tells
    for (const unsigned cpu : *present) {
      out.Gauge("node_cpu_online", "Whether the CPU is online: 1, or 0.")
          .Add(std::ranges::binary_search(*online, cpu) ? 1 : 0, {{"cpu", std::to_string(cpu)}});
    }
  }
  for (const unsigned cpu : *isolated) {
    out.Gauge("node_cpu_isolated", "1 for each CPU that the scheduler leaves alone.")
        .Add(1, {{"cpu", std::to_string(cpu)}});
  }
  return {};
}

}  // namespace procmarshal
