// Connections that the kernel's firewall keeps in mind, from /proc/sys/net/netfilter/nf_conntrack_*
// and /proc/net/stat/nf_conntrack: a line of headings, then one a CPU, in hexadecimal:
// "00000012  00000000 00000000 ...". The first number is of the host, the others of the CPU.

#include <array>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

constexpr std::size_t kColumns = 17;
using Columns = std::array<double, kColumns>;

struct Field {
  std::size_t column;
  std::string_view name;
  std::string_view help;
};

// Column 5 counts nothing since Linux 5.9.
constexpr auto kFields = std::to_array<Field>({
    {2, "node_nf_conntrack_stat_found", "Entries looked for and found, since boot."},
    {4, "node_nf_conntrack_stat_invalid", "Packets that can't be tracked, since boot."},
    {5, "node_nf_conntrack_stat_ignore", "Packets that had an entry already, since boot."},
    {8, "node_nf_conntrack_stat_insert", "Entries inserted, since boot."},
    {9, "node_nf_conntrack_stat_insert_failed", "Entries that were there already, since boot."},
    {10, "node_nf_conntrack_stat_drop", "Packets dropped for lack of an entry, since boot."},
    {11, "node_nf_conntrack_stat_early_drop", "Entries removed to make room, since boot."},
    {16, "node_nf_conntrack_stat_search_restart", "Searches begun anew, since boot."},
});

// The last column is new in Linux 2.6.35.
Status AddLine(std::string_view line, Columns& sums) {
  std::string_view rest = line;
  Columns columns{};
  for (std::size_t i = 0; i < kColumns && (i < kColumns - 1 || !rest.empty()); ++i) {
    const auto value = ParseHex(TakeWord(rest));
    if (!value) {
      return FailExpected("net/stat/nf_conntrack: expected 16 hexadecimal numbers or more", line);
    }
    columns.at(i) = static_cast<double>(*value);
  }
  for (std::size_t i = 0; i < kColumns; ++i) sums.at(i) += columns.at(i);
  return {};
}

Result<Columns> Parse(std::string_view text) {
  const std::string_view headings = TakeUntil(text, '\n');
  if (!headings.starts_with("entries")) {
    return FailExpected("net/stat/nf_conntrack: expected a line of headings", headings);
  }
  Columns sums{};
  while (!text.empty()) {
    if (auto added = AddLine(TakeUntil(text, '\n'), sums); !added) {
      return tl::unexpected(added.error());
    }
  }
  return sums;
}

Status CollectSetting(const PseudoFs& proc, std::string_view file, std::string_view name,
                      std::string_view help, FamilyWriter& out) {
  const auto count = ReadCount(proc, file);
  if (!count) return tl::unexpected(count.error());
  out.Gauge(name, help).Add(*count);
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  auto done = CollectSetting(env.proc, "sys/net/netfilter/nf_conntrack_count",
                             "node_nf_conntrack_entries", "Connections kept in mind.", out);
  if (!done) return done;
  done = CollectSetting(env.proc, "sys/net/netfilter/nf_conntrack_max",
                        "node_nf_conntrack_entries_limit", "Most connections to be kept in mind.",
                        out);
  if (!done) return done;

  const auto sums = env.proc.RereadLines("net/stat/nf_conntrack").and_then(Parse);
  if (!sums) return tl::unexpected(sums.error());
  for (const Field& field : kFields) out.Gauge(field.name, field.help).Add(sums->at(field.column));
  return {};
}

const Registration kRegistration("conntrack", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
