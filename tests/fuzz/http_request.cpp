// Requests of any content, as text: the target, the version and the peer on a line each, then
// headers. Nothing crashes, what is let through holds what the headers of exporter/web promise, and
// what is refused gets one line of text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "exporter/web/host_guard.h"
#include "exporter/web/request_check.h"
#include "exporter/web/request_target.h"

namespace procmarshal {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireAnswer(const Refusal& refusal) {
  const std::string& body = *refusal.response.body;
  Require(refusal.response.code >= 400 && refusal.response.code <= 501);
  Require(body.size() > 1 && body.size() < 2000 && body.find('\n') == body.size() - 1);
  std::string repaired;
  AppendValidUtf8(body, repaired);
  Require(repaired == body);
}

bool IsDots(std::string_view segment) {
  return segment == "." || segment == "..";
}

std::string Escaped(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (c == '/') {
      out += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

void CheckTarget(std::string_view raw) {
  const auto target = ParseTarget(raw);
  if (!target) return;
  Require(target->path.starts_with('/'));
  Require(std::ranges::none_of(
      target->path, [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; }));
  std::string_view rest = target->path;
  while (!rest.empty()) Require(!IsDots(TakeUntil(rest, '/')));
  Require(ParseAuthority(target->authority.value_or("none")).has_value());

  const auto again = ParseTarget(Escaped(target->path));
  Require(again && again->path == target->path && !again->authority);
}

void CheckAddresses(std::string_view text) {
  const auto address = Address::Parse(text);
  if (address) Require(Address::Parse(address->Text()) == address);
  if (address) Require(address->Client().Client() == address->Client());
  const auto network = Network::Parse(text);
  if (network) {
    const auto first = Address::Parse(text.substr(0, text.find('/')));
    Require(first && network->Contains(*first) && !network->Contains(Address()));
    return;
  }
  std::string_view hint = network.error().message;
  constexpr std::string_view kDidYouMean = "did you mean \"";
  const std::size_t at = hint.rfind(kDidYouMean);
  if (at == std::string_view::npos || !hint.ends_with("\"?")) return;  // else it is the input's
  hint.remove_prefix(at + kDidYouMean.size());
  Require(Network::Parse(TakeUntil(hint, '"')).has_value());
}

// A head that passes has one meaning.
void RequirePlain(const RequestHead& head, const WebLimits& limits) {
  Require(head.headers.size() < 64 && ParseTarget(head.target));
  Require(ValuesOf(head.headers, "Host").size() <= 1);
  Require(ValuesOf(head.headers, "Transfer-Encoding").empty());
  const auto lengths = ValuesOf(head.headers, "Content-Length");
  Require(lengths.size() <= 1);
  if (lengths.empty()) return;
  const auto length = ParseNumber<std::uint64_t>(lengths.front());
  Require(length && *length <= limits.body_size);
}

// A request of a guarded path that passes names this host, comes from it, and has no foreign page
// behind it.
void RequireOurs(const Request& request) {
  const auto authority = ParseAuthority(request.authority);
  Require(authority && (authority->is_address || authority->host == "localhost" ||
                        authority->host == "web-1" || authority->host == "web-1.lan"));
  Require(request.peer.IsLocal() || request.peer == Address::Parse("192.0.2.7"));
  for (const auto& [name, value] : request.headers) {
    Require(!EqualIgnoringCase(name, "X-Forwarded-For") || !request.peer.IsLocal());
  }
  for (const std::string_view origin : ValuesOf(request.headers, "Origin")) {
    std::string_view host = origin;
    while (host.find('/') != std::string_view::npos) TakeUntil(host, '/');
    const auto parsed = ParseAuthority(host);
    Require(parsed && parsed->host == authority->host);
  }
}

void CheckHead(const RequestHead& head, std::string_view peer) {
  static const WebLimits kLimits;
  static const HostGuard kGuard({}, {Network::Parse("192.0.2.7").value()}, "web-1.lan");
  if (const auto refusal = CheckRequest(head, kLimits)) {
    RequireAnswer(*refusal);
    return;
  }
  RequirePlain(head, kLimits);
  Request request = ToRequest(head);
  request.peer = Address::Parse(peer).value_or(Address());
  const auto refusal = kGuard.Check(request);
  if (refusal) RequireAnswer(*refusal);
  const bool is_guarded = request.path != "/metrics" && !request.path.starts_with("/-/");
  Require(is_guarded || !refusal);
  if (is_guarded && !refusal) RequireOurs(request);
}

void Run(std::string_view text) {
  CheckTarget(text);
  CheckAddresses(text);
  RequestHead head{.method = "GET", .target = {}, .http_version = {}, .headers = {}};
  head.target = TakeUntil(text, '\n');
  head.http_version = TakeUntil(text, '\n');
  const std::string_view peer = TakeUntil(text, '\n');
  CheckTarget(head.target);
  CheckAddresses(peer);
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const std::string_view name = TakeUntil(line, ':');
    head.headers.emplace_back(name, line);
  }
  CheckHead(head, peer);
}

}  // namespace
}  // namespace procmarshal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
