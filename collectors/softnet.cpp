// What each CPU did with the packets that arrived, from /proc/net/softnet_stat, a line of
// hexadecimal numbers for each CPU that is online: "0200225a 000000cd 0000000c 00000000 ...".
// Linux 2.6 had 9 columns and 4.17 has 11; since 5.10 there are the queue's length and the CPU's
// number in columns 12 and 13.

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Column {
  std::size_t index;
  bool is_counter;
  std::string_view name;
  std::string_view help;
};

constexpr std::array<Column, 7> kColumns = {{
    {0, true, "node_softnet_processed_total", "Packets that the CPU took from the network."},
    {1, true, "node_softnet_dropped_total", "Packets dropped because the CPU's queue was full."},
    {2, true, "node_softnet_times_squeezed_total",
     "Times the CPU had packets left when its time or quota was used up."},
    {8, true, "node_softnet_cpu_collision_total",
     "Times the CPU found the lock of a sending device taken; always 0 on new kernels."},
    {9, true, "node_softnet_received_rps_total",
     "Times another CPU woke this one to take packets over."},
    {10, true, "node_softnet_flow_limit_count_total",
     "Packets dropped because their flow had too many in the CPU's queue."},
    {11, false, "node_softnet_backlog_len", "Packets in the CPU's queue."},
}};

constexpr std::size_t kLeastColumns = 9;
constexpr std::size_t kCpuColumn = 12;

Result<std::vector<std::uint64_t>> ParseLine(std::string_view line) {
  std::vector<std::uint64_t> columns;
  bool is_valid = true;
  std::string_view rest = line;
  while (is_valid && !rest.empty()) {
    const auto value = ParseHex(TakeUntil(rest, ' '));
    is_valid = value && *value <= std::numeric_limits<std::uint32_t>::max();
    columns.push_back(value.value_or(0));
  }
  if (!is_valid || columns.size() < kLeastColumns) {
    return FailExpected("net/softnet_stat: expected at least 9 hexadecimal numbers", line);
  }
  return columns;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto text = env.proc.RereadLines("net/softnet_stat");
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return Fail(ErrorCode::kInvalid, "net/softnet_stat: the file is empty");

  std::string_view rest = *text;
  for (std::size_t number = 0; !rest.empty(); ++number) {
    const auto columns = ParseLine(TakeUntil(rest, '\n'));
    if (!columns) return tl::unexpected(columns.error());
    const std::string cpu =
        std::to_string(columns->size() > kCpuColumn ? columns->at(kCpuColumn) : number);
    for (const Column& column : kColumns) {
      if (column.index >= columns->size()) continue;
      auto family = column.is_counter ? out.Counter(column.name, column.help)
                                      : out.Gauge(column.name, column.help);
      family.Add(static_cast<double>(columns->at(column.index)), {{"cpu", cpu}});
    }
  }
  return {};
}

const Registration kRegistration("softnet", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
