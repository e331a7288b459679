// Counts of the network protocols, from /proc/net/netstat and /proc/net/snmp, two lines each:
// "Udp: InDatagrams NoPorts InErrors" and "Udp: 3934 0 0"; and from /proc/net/snmp6, where there is
// IPv6: "Udp6InErrors   0". There are hundreds, of which these are read:

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Field {
  std::string_view name;  // "Listen*" is all that begin so
  std::string_view help;
};

constexpr std::string_view kInVain =
    "packets received and not taken, since they were damaged or had no room.";
constexpr auto kErrors =
    std::to_array<Field>({{"InErrors", kInVain}, {"InErrs", kInVain}});  // of any protocol

constexpr auto kIp =
    std::to_array<Field>({{"Forwarding", "1 if it forwards packets for others, 2 if not."}});
constexpr auto kOctets =
    std::to_array<Field>({{"InOctets", "bytes received."}, {"OutOctets", "bytes sent."}});
constexpr auto kIcmp =
    std::to_array<Field>({{"InMsgs", "messages received."}, {"OutMsgs", "messages sent."}});
constexpr auto kTcpExt = std::to_array<Field>({
    {"ListenOverflows", "new connections dropped since too many waited for a program's accept()."},
    {"ListenDrops", "new connections dropped where a program listens, for any reason."},
    {"Listen*", "another count of sockets that listen."},
    {"SyncookiesSent", "SYN cookies sent."},
    {"SyncookiesRecv", "SYN cookies that came back and were right."},
    {"SyncookiesFailed", "SYN cookies that came back and were wrong."},
    {"Syncookies*", "another count of SYN cookies."},
    {"TCPSynRetrans", "SYN and SYN-ACK segments sent again."},
    {"TCPTimeouts", "times that a segment was not acknowledged in time."},
    {"TCPOFOQueue", "segments that came too early, and wait for those before them."},
    {"TCPRcvQDrop", "segments dropped since a socket's receive queue was full."},
});
constexpr auto kTcp = std::to_array<Field>({
    {"ActiveOpens", "connections that this host began to open."},
    {"PassiveOpens", "connections that others began to open to this host."},
    {"InSegs", "segments received, damaged ones included."},
    {"OutSegs", "segments sent, without those that were sent again."},
    {"OutRsts", "segments sent that reset a connection (RST)."},
    {"RetransSegs", "segments sent again."},
    {"CurrEstab", "connections that are open now (ESTABLISHED or CLOSE_WAIT)."},
});
constexpr auto kUdp = std::to_array<Field>({
    {"InDatagrams", "datagrams delivered to programs."},
    {"OutDatagrams", "datagrams sent."},
    {"NoPorts", "datagrams received for a port that no program has."},
    {"RcvbufErrors", "datagrams dropped since a socket's receive buffer was full."},
    {"SndbufErrors", "datagrams not sent since a socket's send buffer was full."},
});

struct Protocol {
  std::string_view name;
  std::string_view title;
  std::span<const Field> fields;
};

constexpr auto kProtocols = std::to_array<Protocol>({{"Ip", "IPv4", kIp},
                                                     {"Ip6", "IPv6", kOctets},
                                                     {"IpExt", "IPv4", kOctets},
                                                     {"Icmp", "ICMP", kIcmp},
                                                     {"Icmp6", "ICMPv6", kIcmp},
                                                     {"TcpExt", "TCP", kTcpExt},
                                                     {"Tcp", "TCP", kTcp},
                                                     {"Udp", "UDP", kUdp},
                                                     {"Udp6", "UDP over IPv6", kUdp}});

bool Fits(std::string_view name, const Field& field) {
  if (!field.name.ends_with('*')) return name == field.name;
  return name.starts_with(field.name.substr(0, field.name.size() - 1));
}

// What "TCP: segments sent again." says; empty if the field is not wanted.
std::string HelpOf(std::string_view protocol, std::string_view name) {
  const auto* const known = std::ranges::find(kProtocols, protocol, &Protocol::name);
  const std::span<const Field> own =
      known == kProtocols.end() ? std::span<const Field>() : known->fields;
  const std::string_view title = known == kProtocols.end() ? protocol : known->title;
  for (const std::span<const Field> fields : {std::span<const Field>(kErrors), own}) {
    const auto field =
        std::ranges::find_if(fields, [name](const Field& each) { return Fits(name, each); });
    if (field != fields.end()) return std::string(title) + ": " + std::string(field->help);
  }
  return {};
}

struct Count {
  std::string name;  // "Udp_InErrors"
  std::string help;
  double value;
};

// Adds it to `counts`, if it is wanted.
Status ParseCount(std::string_view protocol, std::string_view field, std::string_view text,
                  std::vector<Count>& counts) {
  std::string help = HelpOf(protocol, field);
  if (help.empty()) return {};
  std::string name = std::string(protocol) + "_" + std::string(field);
  const auto value = ParseInteger(text);
  if (!value) return FailExpected(name + ": expected a number", text);
  if (!IsNamePart(name)) return FailExpected("expected the name of a count", name);
  counts.push_back({.name = std::move(name), .help = std::move(help), .value = *value});
  return {};
}

// "Udp: InDatagrams NoPorts" over "Udp: 3934 0".
Status ParsePair(std::string_view names, std::string_view values, std::vector<Count>& counts) {
  const std::string_view protocol = TakeUntil(names, ':');
  if (TakeUntil(values, ':') != protocol) {
    return FailExpected("expected the numbers of " + std::string(protocol), values);
  }
  while (!names.empty() || !values.empty()) {
    const std::string_view field = TakeWord(names);
    const std::string_view value = TakeWord(values);
    if (field.empty() != value.empty()) {
      return FailExpected("expected as many numbers as names of " + std::string(protocol),
                          field.empty() ? value : field);
    }
    if (auto parsed = ParseCount(protocol, field, value, counts); !parsed) return parsed;
  }
  return {};
}

Result<std::vector<Count>> ParsePairs(std::string_view text) {
  if (text.empty()) return Fail(ErrorCode::kInvalid, "the file is empty");
  std::vector<Count> counts;
  while (!text.empty()) {
    const std::string_view names = TakeUntil(text, '\n');
    const auto parsed = ParsePair(names, TakeUntil(text, '\n'), counts);
    if (!parsed) return tl::unexpected(parsed.error());
  }
  return counts;
}

// "Udp6InErrors   0": the protocol ends at the 6.
Result<std::vector<Count>> ParseSnmp6(std::string_view text) {
  std::vector<Count> counts;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const std::string_view key = TakeWord(line);
    const std::size_t six = key.find('6');
    if (six == std::string_view::npos) continue;
    const std::string_view protocol = key.substr(0, six + 1);
    const std::string_view field = key.substr(six + 1);
    const auto parsed = ParseCount(protocol, field, TakeWord(line), counts);
    if (!parsed) return tl::unexpected(parsed.error());
  }
  return counts;
}

using Parser = Result<std::vector<Count>> (*)(std::string_view);

Status CollectFile(const PseudoFs& proc, std::string_view file, Parser parse, FamilyWriter& out) {
  const auto text = proc.RereadLines(file);
  if (!text) return tl::unexpected(text.error());
  const auto counts = parse(*text);
  if (!counts) return Fail(counts.error().code, std::string(file) + ": " + counts.error().message);
  for (const Count& count : *counts) {
    out.Untyped("node_netstat_" + count.name, count.help).Add(count.value);
  }
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  if (auto done = CollectFile(env.proc, "net/netstat", ParsePairs, out); !done) return done;
  if (auto done = CollectFile(env.proc, "net/snmp", ParsePairs, out); !done) return done;
  auto done = CollectFile(env.proc, "net/snmp6", ParseSnmp6, out);
  const bool has_no_ipv6 = !done && done.error().code == ErrorCode::kNotFound;
  return has_no_ipv6 ? Status() : done;
}

const Registration kRegistration("netstat", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
