// Neighbours known by IPv4, from /proc/net/arp, a line each under one of headings:
// "192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0".

#include <map>
#include <string>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Entry {
  std::string_view device;
  bool is_published = false;
};

// The address of the hardware is missing if the device has none.
Result<Entry> ParseLine(std::string_view line) {
  constexpr std::uint64_t kPublished = 8;  // ATF_PUBL
  std::string_view rest = line;
  const std::string_view address = TakeWord(rest);
  TakeWord(rest);  // kind of hardware
  const std::string_view flags = TakeWord(rest);
  const std::size_t mask = rest.find('*');
  const auto bits = flags.starts_with("0x") ? ParseHex(flags.substr(2)) : std::nullopt;
  const std::string_view device = mask == std::string_view::npos ? "" : Trim(rest.substr(mask + 1));
  if (address.empty() || !bits || device.empty()) {
    return FailExpected(R"(net/arp: expected "ADDRESS KIND FLAGS HARDWARE * DEVICE")", line);
  }
  return Entry{.device = device, .is_published = (*bits & kPublished) != 0};
}

using Counts = std::map<std::string, double, std::less<>>;  // by device

// Addresses that the host answers for are in the file, but are no neighbours.
Result<Counts> Parse(std::string_view text) {
  const std::string_view headings = TakeUntil(text, '\n');
  if (!headings.starts_with("IP address")) {
    return FailExpected("net/arp: expected a line of headings", headings);
  }
  Counts counts;
  while (!text.empty()) {
    const auto entry = ParseLine(TakeUntil(text, '\n'));
    if (!entry) return tl::unexpected(entry.error());
    if (!entry->is_published) ++counts[std::string(entry->device)];
  }
  return counts;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto counts = env.proc.RereadLines("net/arp").and_then(Parse);
  if (!counts) return tl::unexpected(counts.error());
  auto family = out.Gauge("node_arp_entries", "Neighbours in the ARP table, found or not.");
  for (const auto& [device, count] : *counts) family.Add(count, {{"device", device}});
  return {};
}

const Registration kRegistration("arp", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
