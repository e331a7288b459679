// Interrupts that each CPU served, from /proc/interrupts:
// "           CPU0       CPU1       "
// " 24:          1          0  IO-APIC   5-edge      ACPI:Ged"
// "LOC:   10408851   10622975   Local timer interrupts"
// "ERR:          0"
// A column is of the CPU that its head names: those that are offline have none.

#include <span>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> words;
  for (auto word = TakeWord(text); !word.empty(); word = TakeWord(text)) words.push_back(word);
  return words;
}

std::string Join(std::span<const std::string_view> fields) {
  std::string joined;
  for (const std::string_view field : fields) {
    if (!joined.empty()) joined += ' ';
    joined += field;
  }
  return joined;
}

tl::unexpected<Error> FailOn(std::string_view line, std::string_view expected) {
  return FailExpected("interrupts: expected " + std::string(expected), line);
}

// The numbers of the CPUs that have a column.
Result<std::vector<std::string_view>> ParseHead(std::string_view line) {
  std::vector<std::string_view> cpus = Split(line);
  bool is_valid = !cpus.empty();
  for (std::string_view& cpu : cpus) {
    is_valid = is_valid && cpu.starts_with("CPU") && ParseNumber<unsigned>(cpu.substr(3));
    if (is_valid) cpu.remove_prefix(3);
  }
  if (!is_valid) return FailOn(line, "\"CPU0 CPU1 ...\"");
  return cpus;
}

// Lines with a count but no description, such as ERR and MIS, are of no CPU: no sample.
Status WriteLine(std::string_view line, std::span<const std::string_view> cpus,
                 FamilyWriter::Family& family) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return FailOn(line, "\"NAME: NUMBER ...\"");
  const std::string_view type = Trim(line.substr(0, colon));
  const std::vector<std::string_view> fields = Split(line.substr(colon + 1));
  if (fields.size() <= cpus.size()) return {};

  std::vector<std::uint64_t> counts;
  counts.reserve(cpus.size());
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    const auto count = ParseNumber<std::uint64_t>(fields[i]);
    if (!count) return FailOn(line, "a number for each CPU");
    counts.push_back(*count);
  }
  // Interrupts with a number have a controller and devices, the others a description.
  const auto rest = std::span(fields).subspan(cpus.size());
  const std::size_t of_info = ParseNumber<unsigned>(type) ? 1 : rest.size();
  const std::string info = Join(rest.first(of_info));
  const std::string devices = Join(rest.subspan(of_info));
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    family.Add(static_cast<double>(counts[i]),
               {{"cpu", cpus[i]}, {"type", type}, {"info", info}, {"devices", devices}});
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.RereadLines("interrupts");
  if (!text) return tl::unexpected(text.error());

  std::string_view rest = *text;
  const auto cpus = ParseHead(TakeUntil(rest, '\n'));
  if (!cpus) return tl::unexpected(cpus.error());
  auto family = out.Counter("node_interrupts_total", "Interrupts that the CPU served.");
  while (!rest.empty()) {
    if (auto written = WriteLine(TakeUntil(rest, '\n'), *cpus, family); !written) return written;
  }
  return {};
}

const Registration kRegistration("interrupts", Default::kOff, &Collect);

}  // namespace
}  // namespace procmarshal
