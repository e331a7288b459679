#pragma once

#include <optional>
#include <string>

#include "exporter/web/http.h"
#include "exporter/web/refusal.h"
#include "exporter/web/settings.h"

namespace procmarshal {

// The head of a request as the web server took it apart, nothing decoded and nothing merged.
struct RequestHead {
  std::string method;
  std::string target;        // up to the question mark of a query, as it was sent
  std::string http_version;  // "1.0" or "1.1"
  Headers headers;           // all, or the first 64: none may be missing for another reason
};

// The answer to a head that is not to be acted on: one that is malformed, that two readers could
// read in two ways, or that announces a body we do not take. Looks at no address, name or path:
// that is HostGuard's. The code says what is wrong with it:
//   400  no token for a header's name, a control character in its value; a target that ParseTarget
//        refuses; in HTTP/1.1 no Host; two Hosts, or one that ParseAuthority refuses and is not
//        empty; Transfer-Encoding beside Content-Length, in HTTP/1.0, or not ending in chunked; two
//        Content-Lengths, even equal ones, or one that is not all digits
//   411  Transfer-Encoding: chunked, a body whose size nobody knows
//   413  a Content-Length over limits.body_size
//   415  a Content-Encoding other than identity
//   417  an Expect other than 100-continue
//   431  64 headers: the server may have dropped some that say who asks
//   501  a transfer coding before chunked
// Upgrade and Connection are ignored: we switch to no other protocol and always close.
[[nodiscard]] std::optional<Refusal> CheckRequest(const RequestHead& head, const WebLimits& limits);

// A head that CheckRequest lets pass as handlers see it; the query and the peer are for the caller
// to add. The authority is that of the target if it has one, else that of Host (RFC 9112, 3.2.2).
[[nodiscard]] Request ToRequest(RequestHead head);

}  // namespace procmarshal
