// Bytes that wait in UDP sockets, from /proc/net/udp and udp6, a line each under one of headings:
// "  103: 00000000:0044 00000000:0000 07 00000000:00000300 00:00000000 ...", the fifth word being
// those to be sent and those received, in hexadecimal.

#include <string>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Queues {
  double sent = 0;
  double received = 0;
};

Result<Queues> ParseLine(std::string_view line) {
  std::string_view rest = line;
  for (int skipped = 0; skipped < 4; ++skipped) TakeWord(rest);
  std::string_view queues = TakeWord(rest);
  const auto sent = ParseHex(TakeUntil(queues, ':'));
  const auto received = ParseHex(queues);
  if (!sent || !received) return FailExpected("expected a socket, its queues fifth", line);
  return Queues{.sent = static_cast<double>(*sent), .received = static_cast<double>(*received)};
}

Result<Queues> Parse(std::string_view text) {
  const std::string_view headings = TakeUntil(text, '\n');
  if (headings.find("tx_queue rx_queue") == std::string_view::npos) {
    return FailExpected("expected a line of headings", headings);
  }
  Queues sum;
  while (!text.empty()) {
    const auto queues = ParseLine(TakeUntil(text, '\n'));
    if (!queues) return queues;
    sum.sent += queues->sent;
    sum.received += queues->received;
  }
  return sum;
}

Status CollectFile(const Environment& env, const std::string& file, std::string_view ip,
                   FamilyWriter& out) {
  const auto text = env.proc.RereadLines(file);
  if (!text) return tl::unexpected(text.error());
  const auto queues = Parse(*text);
  if (!queues) return Fail(queues.error().code, file + ": " + queues.error().message);
  auto family = out.Gauge("node_udp_queues", "Memory of the datagrams that wait, in bytes.");
  family.Add(queues->sent, {{"queue", "tx"}, {"ip", ip}});
  family.Add(queues->received, {{"queue", "rx"}, {"ip", ip}});
  return {};
}

bool IsGone(const Status& status) {
  return !status && status.error().code == ErrorCode::kNotFound;
}

Status Collect(const Environment& env, FamilyWriter& out) {
  auto v4 = CollectFile(env, "net/udp", "v4", out);
  if (!v4 && !IsGone(v4)) return v4;
  auto v6 = CollectFile(env, "net/udp6", "v6", out);
  return IsGone(v6) ? v4 : v6;
}

const Registration kRegistration("udp_queues", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
