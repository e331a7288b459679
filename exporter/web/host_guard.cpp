#include "exporter/web/host_guard.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"
#include "base/utf8.h"
#include "exporter/web/request_target.h"

namespace procmarshal {
namespace {

// Headers that proxies add, to say for whom they ask or that they do.
constexpr std::string_view kForwarded = "forwarded";  // X-Forwarded-For, X-Original-Forwarded-For
constexpr std::string_view kClient = "client-ip";     // True-Client-IP, X-Cluster-Client-IP
constexpr auto kProxyHeaders = std::to_array<std::string_view>(
    {"Via", "X-Real-IP", "CF-Connecting-IP", "X-Envoy-External-Address", "X-ProxyUser-Ip"});

bool Contains(std::string_view text, std::string_view part) {
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i) {
    if (EqualIgnoringCase(text.substr(i, part.size()), part)) return true;
  }
  return false;
}

Refusal Forbid(RefusedFor reason, std::string body) {
  return {.reason = reason, .response = Response::Text(403, std::move(body) + '\n')};
}

bool IsProxyHeader(std::string_view name) {
  if (Contains(name, kForwarded) || Contains(name, kClient)) return true;
  return std::ranges::any_of(
      kProxyHeaders, [&](std::string_view known) { return EqualIgnoringCase(name, known); });
}

bool IsProxied(const Request& request) {
  return std::ranges::any_of(request.headers,
                             [](const auto& header) { return IsProxyHeader(header.first); });
}

struct Scheme {
  std::string_view prefix;
  std::uint16_t port;  // that a browser leaves out
};
constexpr auto kSchemes = std::to_array<Scheme>({{"http://", 80}, {"https://", 443}});

// Whether an Origin header names the authority that the request asks for. Both schemes will do: we
// need not be the one who speaks TLS.
bool IsSameOrigin(std::string_view origin, const Authority& own) {
  for (const Scheme& scheme : kSchemes) {
    if (!EqualIgnoringCase(origin.substr(0, scheme.prefix.size()), scheme.prefix)) continue;
    const auto other = ParseAuthority(origin.substr(scheme.prefix.size()));
    return other && other->host == own.host &&
           other->port.value_or(scheme.port) == own.port.value_or(scheme.port);
  }
  return false;
}

bool Says(const Request& request, std::string_view name, std::string_view value) {
  const auto values = ValuesOf(request.headers, name);
  return values.size() == 1 && EqualIgnoringCase(values.front(), value);
}

// Somebody clicked on a link to us, on a dashboard say: the other site gets to see nothing of it.
bool FollowsALink(const Request& request) {
  return request.method == "GET" && Says(request, "Sec-Fetch-Mode", "navigate") &&
         Says(request, "Sec-Fetch-Dest", "document");
}

// An origin that is the same as the request's is allowed, since the request's host is.
std::optional<Refusal> CheckOrigin(const Request& request) {
  const auto origins = ValuesOf(request.headers, "Origin");
  const auto own = ParseAuthority(request.authority);
  const bool is_own =
      origins.empty() || (origins.size() == 1 && own && IsSameOrigin(origins.front(), *own));
  if (!is_own) return Forbid(RefusedFor::kOrigin, "This page does not answer other sites' pages.");
  if (FollowsALink(request)) return std::nullopt;
  for (const std::string_view site : ValuesOf(request.headers, "Sec-Fetch-Site")) {
    if (EqualIgnoringCase(site, "same-origin") || EqualIgnoringCase(site, "none")) continue;
    return Forbid(RefusedFor::kOrigin, "This page does not answer other sites' pages.");
  }
  return std::nullopt;
}

}  // namespace

HostGuard::HostGuard(const std::vector<std::string>& allowed_hosts, std::vector<Network> api_from,
                     const std::string& own_name)
    : api_from_(std::move(api_from)) {
  Allow("localhost");
  Allow(own_name);
  Allow(std::string_view(own_name).substr(0, own_name.find('.')));
  for (const std::string& host : allowed_hosts) Allow(host);
}

void HostGuard::Allow(std::string_view name) {
  if (auto authority = ParseAuthority(name)) names_.insert(std::move(authority->host));
}

std::optional<Refusal> HostGuard::Check(const Request& request) const {
  const bool is_for_everybody = request.path == "/metrics" || request.path.starts_with("/-/");
  if (is_for_everybody) return std::nullopt;

  // The network first: who may not ask at all learns nothing about our names.
  if (auto refusal = CheckNetwork(request)) return refusal;
  if (auto refusal = CheckHost(request)) return refusal;
  return CheckOrigin(request);
}

std::optional<Refusal> HostGuard::CheckNetwork(const Request& request) const {
  const bool is_proxied = IsProxied(request);
  if (!is_proxied && request.peer.IsLocal()) return std::nullopt;
  const bool is_listed = std::ranges::any_of(
      api_from_, [&](const Network& network) { return network.Contains(request.peer); });
  if (is_listed) return std::nullopt;
  return Forbid(RefusedFor::kNetwork, std::string("This page does not answer ") +
                                          (is_proxied ? "a proxy at " : "") + request.peer.Text() +
                                          ". web.api_from adds networks.");
}

std::optional<Refusal> HostGuard::CheckHost(const Request& request) const {
  const auto authority = ParseAuthority(request.authority);
  if (!authority) {
    return Refusal{.reason = RefusedFor::kHost,
                   .response = Response::Text(400, "This page needs a Host header.\n")};
  }
  if (authority->is_address || names_.contains(authority->host)) return std::nullopt;
  return Forbid(RefusedFor::kHost, "This page does not answer for the name " +
                                       Quote(authority->host) + ". web.allowed_hosts adds names.");
}

}  // namespace procmarshal
