// Counts of the kernel since boot, from /proc/stat: "ctxt 261588", "btime 1795385531", "intr 119230
// 0 0 ..." (the first number is the sum).

#include <array>
#include <optional>

#include "base/parse.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

struct Field {
  std::string_view key;
  std::string_view name;
  std::string_view help;
  bool is_counter;
};

constexpr std::array<Field, 6> kFields = {{
    {"intr", "node_intr_total", "Interrupts served.", true},
    {"ctxt", "node_context_switches_total", "Context switches.", true},
    {"btime", "node_boot_time_seconds", "Boot of the host as Unix time.", false},
    {"processes", "node_forks_total", "Processes and threads created.", true},
    {"procs_running", "node_procs_running", "Threads that run or want to.", false},
    {"procs_blocked", "node_procs_blocked", "Threads that wait for I/O.", false},
}};

// The number behind `key`; nullopt if there is no such line or no number.
std::optional<double> Find(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (TakeUntil(line, ' ') == key) return ParseFinite(TakeUntil(line, ' '));
  }
  return std::nullopt;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.RereadLines("stat");
  if (!text) return tl::unexpected(text.error());

  for (const Field& field : kFields) {
    const auto value = Find(*text, field.key);
    if (!value) {
      return Fail(ErrorCode::kInvalid,
                  "stat: expected a line \"" + std::string(field.key) + " NUMBER\"");
    }
    auto family =
        field.is_counter ? out.Counter(field.name, field.help) : out.Gauge(field.name, field.help);
    family.Add(*value);
  }
  return {};
}

const Registration kRegistration("stat", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
