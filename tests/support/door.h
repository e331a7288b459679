#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/web/host_guard.h"
#include "exporter/web/request_check.h"

namespace procmarshal {

// What stands between a request and its handler, for tests: the checks of its head, and the guard
// of hosts and origins.

inline std::vector<Network> Networks(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  networks.reserve(texts.size());
  for (const std::string& text : texts) networks.push_back(Network::Parse(text).value());
  return networks;
}

inline HostGuard Guard(const std::vector<std::string>& api_from = {}) {
  return {{"Metrics.Example.com.", "grafana"}, Networks(api_from), "Web-1.lan"};
}

inline std::string Summary(const std::optional<Refusal>& refusal) {
  if (!refusal) return "passes";
  return std::to_string(refusal->response.code) + ' ' + std::string(Name(refusal->reason));
}

inline std::string Body(const std::optional<Refusal>& refusal) {
  return refusal ? *refusal->response.body : "passes";
}

// What becomes of a head on its way to the handlers, from 127.0.0.1 unless said otherwise.
inline std::optional<Refusal> Door(RequestHead head, const HostGuard& guard = Guard(),
                                   const std::string& peer = "127.0.0.1") {
  if (auto refusal = CheckRequest(head, {})) return refusal;
  Request request = ToRequest(std::move(head));
  request.peer = Address::Parse(peer).value_or(Address());
  return guard.Check(request);
}

inline RequestHead Get(std::string target, Headers headers) {
  return {.method = "GET",
          .target = std::move(target),
          .http_version = "1.1",
          .headers = std::move(headers)};
}

}  // namespace procmarshal
