#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// Where a listener binds.
struct ListenAddress {
  // An IPv4 address, an IPv6 address without brackets, or a host name; empty: every interface, by
  // IPv4 and, where the host has it, IPv6.
  std::string host;
  std::uint16_t port = 0;  // 0: the kernel picks one
  // Of a unix socket, which has neither host nor port; empty otherwise. Whoever leaves it out would
  // get a warning of g++, if it had no initializer.
  std::string path{};  // NOLINT(readability-redundant-member-init)

  bool operator==(const ListenAddress&) const = default;
};

// Parses "0.0.0.0:9256", "[::1]:9256", "localhost:9256", ":9256", which is every interface,
// and "unix:/run/procmarshal/web.sock". kInvalid on anything else; the message quotes the text and
// says what was expected.
[[nodiscard]] Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace procmarshal
