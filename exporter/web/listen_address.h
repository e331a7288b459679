#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// Where a listener binds.
struct ListenAddress {
  std::string host;        // an IPv4 address, an IPv6 address without brackets, or a host name
  std::uint16_t port = 0;  // 0: the kernel picks one

  bool operator==(const ListenAddress&) const = default;
};

// Parses "0.0.0.0:9256", "[::1]:9256", "localhost:9256" and ":9256", which is every IPv4 interface.
// kInvalid on anything else; the message quotes the text and says what was expected.
[[nodiscard]] Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace procmarshal
