#include "exporter/web/listen_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>

#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

tl::unexpected<Error> Refuse(std::string_view text, std::string_view reason) {
  return Fail(ErrorCode::kInvalid,
              Quote(text) + " is not a listen address, expected " + std::string(reason));
}

bool IsAddress(int family, const std::string& host) {
  in6_addr address{};                                         // has room for either family
  const bool has_nul = host.find('\0') != std::string::npos;  // where inet_pton would stop
  return !has_nul && ::inet_pton(family, host.c_str(), &address) == 1;
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

// A last label of digits only is a mistyped IPv4 address, not a name (RFC 3696, section 2).
bool IsHostName(std::string_view host) {
  if (host.size() > 253 || !std::ranges::all_of(host, IsHostCharacter)) return false;
  const std::string_view last_label = host.substr(host.rfind('.') + 1);
  return last_label.find_first_not_of("0123456789") != std::string_view::npos;
}

// CivetWeb takes a list of addresses with commas between them.
bool IsSocketPathCharacter(char c) {
  return (c < '\0' || c >= ' ') && c != '\x7F' && c != ',';
}

Result<ListenAddress> ParseUnixPath(std::string_view text, std::string_view path) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;  // unix(7)
  if (!path.starts_with('/') || path.ends_with('/')) {
    return Refuse(text, R"(the absolute path of a socket after "unix:")");
  }
  if (path.size() > kLongest) {
    return Refuse(text, "a path of at most " + std::to_string(kLongest) + " bytes");
  }
  if (!std::ranges::all_of(path, IsSocketPathCharacter)) {
    return Refuse(text, "a path without commas and control characters");
  }
  return ListenAddress{.host = "", .port = 0, .path = std::string(path)};
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return ParseUnixPath(text, text.substr(kUnix.size()));

  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return Refuse(text,
                  R"(HOST:PORT such as "0.0.0.0:9256", "[::1]:9256" or ":9256", or unix:PATH)");
  }
  const auto port = ParseNumber<std::uint16_t>(text.substr(colon + 1));
  if (!port) return Refuse(text, "a port from 0 to 65535 after the last colon");

  std::string host(text.substr(0, colon));
  if (host.empty()) return ListenAddress{.host = {}, .port = *port};

  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (!IsAddress(AF_INET6, host)) return Refuse(text, "an IPv6 address between the brackets");
    return ListenAddress{.host = host, .port = *port};
  }
  if (host.find(':') != std::string::npos) {
    return Refuse(text, R"(an IPv6 address in brackets, such as "[::1]:9256")");
  }
  if (!IsAddress(AF_INET, host) && !IsHostName(host)) {
    return Refuse(text,
                  "an IPv4 address, an IPv6 address in brackets or a host name before the port");
  }
  return ListenAddress{.host = host, .port = *port};
}

}  // namespace procmarshal
