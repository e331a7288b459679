#include "exporter/web/listeners.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/unique_fd.h"
#include "base/utf8.h"
#include "exporter/web/civetweb_sockets.h"

namespace procmarshal {
namespace {

using civetweb_sockets::kInUse;

constexpr const char* kSystemLibrary =
    "the CivetWeb that this program was built with is the system's, which has no ";

tl::unexpected<Error> CannotListen(const ListenAddress& address, std::string_view reason) {
  return Fail(ErrorCode::kInvalid, fmt::format("listen on {}: {}", Text(address), reason));
}

bool HasIpv6() {
  return UniqueFd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)).Get() >= 0;
}

// The numeric address of a host. A name such as localhost may have one of either kind: IPv4, which
// each build of CivetWeb has.
Result<std::string> Resolve(const ListenAddress& address) {
  if (address.host.find(':') != std::string::npos) return address.host;
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::array<char, NI_MAXHOST> text{};
  int err = ::getaddrinfo(address.host.c_str(), nullptr, &hints, &found);
  if (err == 0) {
    err = ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST);
    ::freeaddrinfo(found);
  }
  if (err != 0) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("listen on {}: {}", address.host, ::gai_strerror(err)));
  }
  return text.data();
}

Result<ListenAddress> MakeNumeric(const ListenAddress& address) {
  if (!address.path.empty()) {
    if (!kInUse) return CannotListen(address, std::string(kSystemLibrary) + "unix sockets");
    if (address.path.find_first_of(":,") != std::string::npos) {
      return CannotListen(address, "the path must have no colon and no comma");
    }
    return address;
  }
  ListenAddress numeric = address;
  if (address.host.empty()) {
    numeric.host = kInUse && HasIpv6() ? "" : "0.0.0.0";
    return numeric;
  }
  auto host = Resolve(address);
  if (!host) return tl::unexpected(host.error());
  numeric.host = *std::move(host);
  if (!kInUse && numeric.host.find(':') != std::string::npos) {
    return CannotListen(address, std::string(kSystemLibrary) + "IPv6; use an IPv4 address");
  }
  return numeric;
}

std::string PortOption(const ListenAddress& address, bool uses_tls) {
  if (!address.path.empty()) return "x" + address.path;
  // "+" is CivetWeb's word for every interface, by IPv4 and IPv6.
  const std::string where =
      address.host.empty() ? '+' + std::to_string(address.port) : Text(address);
  return where + (uses_tls ? "s" : "");
}

// errno of connecting there, 0 if it works.
int TryConnect(const sockaddr& address, socklen_t length) {
  const UniqueFd fd(::socket(address.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  return ::connect(fd.Get(), &address, length) == 0 ? 0 : errno;
}

int TryConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return TryConnect(reinterpret_cast<const sockaddr&>(address), sizeof(address));
}

Status RemoveOldSocket(const ListenAddress& address) {
  struct stat status{};
  if (::lstat(address.path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return CannotListen(address, "there is something at this path that is not a socket");
  }
  if (TryConnectUnix(address.path) != ECONNREFUSED) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("listen on {}: another program listens there", Text(address)));
  }
  if (::unlink(address.path.c_str()) != 0) {
    return FailErrno(fmt::format("remove the old socket {}", Printable(address.path)));
  }
  return {};
}

}  // namespace

void Knock(const ListenAddress& address) {
  if (!address.path.empty()) {
    (void)TryConnectUnix(address.path);
    return;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string host = address.host.empty() ? "127.0.0.1" : address.host;
  if (::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0)
    return;
  (void)TryConnect(*found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
}

std::string Text(const ListenAddress& address) {
  if (!address.path.empty()) return "unix:" + Printable(address.path);
  if (address.host.empty()) return fmt::format("[::]:{}", address.port);
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), address.host, address.port);
}

Result<Listeners> MakeListeners(const std::vector<ListenAddress>& addresses, bool uses_tls) {
  Listeners listeners;
  listeners.addresses.reserve(addresses.size());
  for (const ListenAddress& address : addresses) {
    auto numeric = MakeNumeric(address);
    if (!numeric) return tl::unexpected(numeric.error());
    // What follows a unix socket in CivetWeb's list must have no colon.
    const auto first_unix =
        std::ranges::find_if_not(listeners.addresses, &std::string::empty, &ListenAddress::path);
    listeners.addresses.insert(numeric->path.empty() ? first_unix : listeners.addresses.end(),
                               *std::move(numeric));
  }
  for (const ListenAddress& address : listeners.addresses) {
    if (!listeners.ports.empty()) listeners.ports += ',';
    listeners.ports += PortOption(address, uses_tls);
  }
  return listeners;
}

Status RemoveOldSockets(const std::vector<ListenAddress>& addresses) {
  for (const ListenAddress& address : addresses) {
    if (address.path.empty()) continue;
    if (auto removed = RemoveOldSocket(address); !removed) return removed;
  }
  return {};
}

}  // namespace procmarshal
