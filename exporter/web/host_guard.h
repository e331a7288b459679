#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/web/address.h"
#include "exporter/web/http.h"
#include "exporter/web/refusal.h"

namespace procmarshal {

// Keeps strangers, and the pages of other sites in a browser of this host, off the page and the
// API. /metrics and what is below /-/ are everybody's: whoever may connect may scrape. Any thread
// may call Check.
//
// Three questions, each of which refuses on its own:
//   Network  Is the peer on this host, or in a network of web.api_from? A request with a header
//            that only proxies add counts as not from this host, whatever its peer: it passes only
//            if the proxy's own address is in web.api_from, where 127.0.0.1 may stand too. What
//            such headers say is never believed. A proxy on this host that adds none of them (nginx
//            does not unless told to) looks like a local client; it has to guard what it forwards.
//   Host     Is the name that the client asked for one of this host's? A page of evil.com may have
//            evil.com resolve to 127.0.0.1 (DNS rebinding), and the browser then takes us for
//            evil.com; the name is what gives it away. Fine are addresses, "localhost", own_name,
//            its first label and allowed_hosts. The port is not looked at: rebinding needs a name,
//            and with `ssh -L 8080:localhost:9256` the browser names a port that is not ours.
//   Origin   Does a browser say that a page of another site asks? Origin, on any method, must be
//            the very host and port that were asked for, and Sec-Fetch-Site same-origin or none.
//            A link from another page to ours does no harm: Referer is not looked at, and a GET
//            that opens a document in a tab of its own (Sec-Fetch-Mode: navigate) may come from
//            anywhere.
class HostGuard {
 public:
  // own_name is what gethostname(2) says. Names that ParseAuthority does not take allow nothing.
  HostGuard(const std::vector<std::string>& allowed_hosts, std::vector<Network> api_from,
            const std::string& own_name);

  // nullopt to let the request pass; else 400 if no name was asked for, 403 otherwise.
  [[nodiscard]] std::optional<Refusal> Check(const Request& request) const;

 private:
  [[nodiscard]] std::optional<Refusal> CheckNetwork(const Request& request) const;
  [[nodiscard]] std::optional<Refusal> CheckHost(const Request& request) const;
  void Allow(std::string_view name);

  std::set<std::string, std::less<>> names_;  // as ParseAuthority writes them
  std::vector<Network> api_from_;
};

}  // namespace procmarshal
