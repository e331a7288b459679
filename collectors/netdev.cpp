// Traffic of the network interfaces, from /proc/net/dev, a line each under two lines of headings:
// "  eth0: 4145844440  104414    0    0    0     0          0         0  5446312   72395    0 ...".
// The table lacks one number, which is in /sys/class/net/eth0/statistics/rx_nohandler.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/attribute.h"
#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Column {
  std::string_view name;
  std::string_view help;
};

constexpr std::array<Column, 16> kColumns = {{
    {"node_network_receive_bytes_total", "Bytes received."},
    {"node_network_receive_packets_total", "Packets received."},
    {"node_network_receive_errs_total", "Packets received with an error."},
    {"node_network_receive_drop_total", "Packets received and thrown away, or missed."},
    {"node_network_receive_fifo_total", "Overruns of the receiver's buffer."},
    {"node_network_receive_frame_total", "Frames received with a bad length, checksum or end."},
    {"node_network_receive_compressed_total", "Compressed packets received."},
    {"node_network_receive_multicast_total", "Multicast packets received."},
    {"node_network_transmit_bytes_total", "Bytes sent."},
    {"node_network_transmit_packets_total", "Packets sent."},
    {"node_network_transmit_errs_total", "Packets that could not be sent for an error."},
    {"node_network_transmit_drop_total", "Packets thrown away instead of sent."},
    {"node_network_transmit_fifo_total", "Underruns of the sender's buffer."},
    {"node_network_transmit_colls_total", "Collisions."},
    {"node_network_transmit_carrier_total", "Packets lost to the carrier or aborted."},
    {"node_network_transmit_compressed_total", "Compressed packets sent."},
}};

struct Interface {
  std::string name;
  std::array<double, kColumns.size()> values{};
  std::optional<double> no_handler;
};

Result<Interface> ParseLine(std::string_view line) {
  const std::size_t colon = line.rfind(':');
  const std::string_view name = Trim(line.substr(0, colon));
  std::string_view rest = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  Interface interface{.name = std::string(name), .no_handler = std::nullopt};
  for (double& value : interface.values) {
    const auto number = ParseNumber<std::uint64_t>(TakeWord(rest));
    if (!number || name.empty()) {
      return FailExpected("net/dev: expected \"NAME:\" and 16 numbers", line);
    }
    value = static_cast<double>(*number);
  }
  return interface;
}

// The kernel writes the table in pieces, and may repeat an interface when others come or go between
// them: its last line counts.
Result<std::vector<Interface>> Parse(std::string_view text) {
  TakeUntil(text, '\n');
  const std::string_view headings = TakeUntil(text, '\n');
  if (headings.find('|') == std::string_view::npos) {
    return FailExpected("net/dev: expected two lines of headings", headings);
  }
  std::vector<Interface> interfaces;
  std::map<std::string, std::size_t> index_of;
  while (!text.empty()) {
    auto interface = ParseLine(TakeUntil(text, '\n'));
    if (!interface) return tl::unexpected(interface.error());
    const auto [index, is_new] = index_of.try_emplace(interface->name, interfaces.size());
    if (is_new) interfaces.emplace_back();
    interfaces[index->second] = *std::move(interface);
  }
  return interfaces;
}

// Looked for anew each time: a file that is kept open belongs to its device, not to the name.
Result<std::optional<double>> ReadNoHandler(const PseudoFs& sys, const std::string& name) {
  const auto line = ReadLine(sys, "class/net/" + name + "/statistics/rx_nohandler");
  if (!line) return std::optional<double>();
  const auto number = ParseNumber<std::uint64_t>(*line);
  if (!number) return FailExpected("rx_nohandler of " + name + ": expected a number", *line);
  return std::optional(static_cast<double>(*number));
}

Status Collect(const Environment& env, FamilyWriter& out) {
  auto interfaces = env.proc.RereadLines("net/dev").and_then(Parse);
  if (!interfaces) return tl::unexpected(interfaces.error());
  for (Interface& interface : *interfaces) {
    const auto no_handler = ReadNoHandler(env.sys, interface.name);
    if (!no_handler) return tl::unexpected(no_handler.error());
    interface.no_handler = *no_handler;
  }

  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    auto family = out.Counter(kColumns.at(i).name, kColumns.at(i).help);
    for (const Interface& interface : *interfaces) {
      family.Add(interface.values.at(i), {{"device", interface.name}});
    }
  }
  auto no_handler = out.Counter("node_network_receive_nohandler_total",
                                "Packets received for which the kernel had no protocol.");
  for (const Interface& interface : *interfaces) {
    if (interface.no_handler) no_handler.Add(*interface.no_handler, {{"device", interface.name}});
  }
  return {};
}

const Registration kRegistration("netdev", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
