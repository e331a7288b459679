#include "exporter/web/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

constexpr std::size_t kIpv4Bytes = 4;
constexpr std::size_t kMappedPrefixBytes = 12;  // of ::ffff:0:0/96

// The first `bits` of `bytes`, then zeros.
std::array<std::uint8_t, 16> Masked(std::array<std::uint8_t, 16> bytes, unsigned bits) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned before = 8 * i;
    const unsigned kept = std::clamp(bits, before, before + 8) - before;
    bytes.at(i) &= static_cast<std::uint8_t>(0xFF00U >> kept);
  }
  return bytes;
}

}  // namespace

Address Address::Of(const in6_addr& address) {
  Address result;
  const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&address);
  const auto* from = &address.s6_addr[is_mapped ? kMappedPrefixBytes : 0];
  result.family_ = is_mapped ? Family::kIpv4 : Family::kIpv6;
  std::memcpy(result.bytes_.data(), from, is_mapped ? kIpv4Bytes : result.bytes_.size());
  return result;
}

std::optional<Address> Address::Parse(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;  // where inet_pton would stop
  in6_addr ipv6{};
  if (::inet_pton(AF_INET6, copy.c_str(), &ipv6) == 1) return Of(ipv6);
  Address result;
  result.family_ = Family::kIpv4;
  if (::inet_pton(AF_INET, copy.c_str(), result.bytes_.data()) == 1) return result;
  return std::nullopt;
}

Address Address::Unix() {
  Address result;
  result.family_ = Family::kUnix;
  return result;
}

Address Address::FromSocket(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof(ipv6));
    return Of(ipv6.sin6_addr);
  }
  if (address.ss_family == AF_UNIX) return Unix();
  Address result;
  if (address.ss_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof(ipv4));
    result.family_ = Family::kIpv4;
    std::memcpy(result.bytes_.data(), &ipv4.sin_addr, kIpv4Bytes);
  }
  return result;
}

bool Address::IsLocal() const {
  if (family_ == Family::kUnix) return true;
  if (family_ == Family::kIpv4) return bytes_[0] == 127;
  return family_ == Family::kIpv6 &&
         std::memcmp(bytes_.data(), &in6addr_loopback, bytes_.size()) == 0;
}

Address Address::Client() const {
  constexpr unsigned kSubnetBits = 64;
  Address client = *this;
  if (family_ == Family::kIpv6) client.bytes_ = Masked(bytes_, kSubnetBits);
  return client;
}

std::string Address::Text() const {
  if (family_ == Family::kUnix) return "unix";
  if (family_ == Family::kUnknown) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family_ == Family::kIpv4 ? AF_INET : AF_INET6, bytes_.data(), text.data(),
              text.size());
  return text.data();
}

Result<Network> Network::Parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = Address::Parse(text.substr(0, slash));
  if (!address) {
    return Fail(ErrorCode::kInvalid,
                Quote(text) + R"( is not a network, expected one such as "10.0.0.0/8" or "::1")");
  }
  Network network;
  const unsigned most = address->family_ == Address::Family::kIpv4 ? 32 : 128;
  network.prefix_bits_ = most;
  if (slash != std::string_view::npos) {
    const auto bits = ParseNumber<unsigned>(text.substr(slash + 1));
    if (!bits || *bits > most) {
      return Fail(ErrorCode::kInvalid, Quote(text) + " is not a network, expected 0 to " +
                                           std::to_string(most) + " after the slash");
    }
    network.prefix_bits_ = *bits;
  }
  network.first_ = *address;
  network.first_.bytes_ = Masked(address->bytes_, network.prefix_bits_);
  if (network.first_ != *address) {
    return Fail(ErrorCode::kInvalid, Quote(text) + " is not a network, did you mean \"" +
                                         network.first_.Text() + '/' +
                                         std::to_string(network.prefix_bits_) + "\"?");
  }
  return network;
}

bool Network::Contains(const Address& address) const {
  return address.family_ == first_.family_ && Masked(address.bytes_, prefix_bits_) == first_.bytes_;
}

}  // namespace procmarshal
