#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// HOST[:PORT], as in a Host header or an absolute URI.
struct Authority {
  std::string host;         // lower case, without brackets, without one dot at the end
  bool is_address = false;  // of IPv4 in plain dotted form, or of IPv6 in brackets; else a name
  std::optional<std::uint16_t> port;
};

// kInvalid unless the host is an IPv6 address in brackets or is made of letters, digits and "-._",
// and the port is empty or a number up to 65535. Narrower than RFC 3986, 3.2: no user, no escapes,
// no zone, no host that is empty. "127.1" and "0x7f.1" are names here, and so is "127.0.0.1.".
[[nodiscard]] Result<Authority> ParseAuthority(std::string_view text);

// What a request asks for (RFC 9112, 3.2).
struct Target {
  std::optional<std::string> authority;  // of an absolute-form target, as it came
  std::string path;                      // decoded once, begins with '/'
};

// Takes a target without its query: "/PATH" or "http[s]://HOST[:PORT]/PATH". kInvalid for all else:
// other forms and schemes, an absolute one without a path, characters that must be escaped and bad
// escapes. Refused too, since they mean one thing to one reader and another to the next: segments
// "." and "..", escaped or not, and escapes of '/' (%2F) and of control characters. What comes
// through is not normalised: "//x" stays "//x". Bytes from 0x80 on may be any, not only UTF-8.
[[nodiscard]] Result<Target> ParseTarget(std::string_view raw);

}  // namespace procmarshal
