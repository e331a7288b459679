#pragma once

#include <cstdint>
#include <string_view>

#include "exporter/web/http.h"

namespace procmarshal {

// Why a client did not get what it asked for. A closed set: it is a label of
// procmarshal_http_refused_total.
enum class RefusedFor : std::uint8_t {
  kAddressLimit,     // too many connections from this address
  kConnectionLimit,  // too many connections
  kTimeout,          // a request that does not end, or an answer that is not taken
  kHandshake,        // no TLS, or not the TLS that is asked for
  kMalformed,        // not HTTP, or HTTP that can be read in two ways
  kTooLarge,         // a header or a body over the limit
  kHost,             // a name that is not this host's
  kOrigin,           // a page of another site asks
  kNetwork,          // not from this host, nor from web.api_from
  kUnauthorized,     // no credentials, or wrong ones
  kTooManyFailures,  // wrong credentials again and again
};
constexpr std::size_t kRefusedForCount = 11;

// The label value: "address_limit", ...
[[nodiscard]] std::string_view Name(RefusedFor reason);

// An answer that refuses, and why.
struct Refusal {
  RefusedFor reason;
  Response response;
};

}  // namespace procmarshal
