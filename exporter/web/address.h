#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// Who is at the other end of a connection: an IPv4 or IPv6 address, or somebody on this host who
// came by a unix socket. An IPv4 address in IPv6's clothes (::ffff:192.0.2.1) is an IPv4 address.
class Address {
 public:
  Address() = default;  // nobody knows whose: not local, and in no network

  [[nodiscard]] static Address Unix();

  // nullopt for anything else than a numeric address: no name, port, brackets or scope.
  [[nodiscard]] static std::optional<Address> Parse(std::string_view text);

  // The address that accept(2) or getpeername(2) filled in.
  [[nodiscard]] static Address FromSocket(const sockaddr_storage& address);

  // Somebody on this host: 127.0.0.0/8, ::1, or a unix socket.
  [[nodiscard]] bool IsLocal() const;

  // What counts as one client where clients are counted: the address itself, of an IPv6 address the
  // first 64 bits, since whoever has one such address has them all (RFC 4291, section 2.5.1).
  [[nodiscard]] Address Client() const;

  // "192.0.2.1", "2001:db8::1", "unix" or "unknown".
  [[nodiscard]] std::string Text() const;

  auto operator<=>(const Address&) const = default;

 private:
  friend class Network;
  enum class Family : std::uint8_t { kUnknown, kUnix, kIpv4, kIpv6 };

  [[nodiscard]] static Address Of(const in6_addr& address);

  Family family_ = Family::kUnknown;
  std::array<std::uint8_t, 16> bytes_{};  // in network order, an IPv4 address in the first four
};

// A range of addresses: "10.0.0.0/8", "2001:db8::/32", or a single address.
class Network {
 public:
  // kInvalid with a message that quotes the text.
  [[nodiscard]] static Result<Network> Parse(std::string_view text);

  [[nodiscard]] bool Contains(const Address& address) const;

 private:
  Address first_;
  unsigned prefix_bits_ = 0;
};

}  // namespace procmarshal
