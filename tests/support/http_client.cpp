#include "tests/support/http_client.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstring>

namespace procmarshal::testing {
namespace {

struct Peer {
  sockaddr_storage address{};
  socklen_t length = 0;
};

Peer UnixPeer(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), std::min(path.size(), sizeof(name.sun_path) - 1));
  Peer peer{.address = {}, .length = sizeof(name)};
  std::memcpy(&peer.address, &name, sizeof(name));
  return peer;
}

Peer TcpPeer(const std::string& address) {
  const auto colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Peer peer;
  if (::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0) {
    return peer;
  }
  std::memcpy(&peer.address, found->ai_addr, found->ai_addrlen);
  peer.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return peer;
}

}  // namespace

UniqueFd Connect(const std::string& address) {
  const Peer peer = address.starts_with("unix:") ? UnixPeer(address.substr(5)) : TcpPeer(address);
  UniqueFd fd(::socket(peer.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return {};
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd.Get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd.Get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(fd.Get(), reinterpret_cast<const sockaddr*>(&peer.address), peer.length) != 0) {
    return {};
  }
  return fd;
}

std::string ReadAll(const UniqueFd& connection) {
  std::string answer;
  std::array<char, 16384> buffer{};
  ssize_t count = 0;
  while ((count = ::recv(connection.Get(), buffer.data(), buffer.size(), 0)) > 0) {
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

std::string Exchange(const std::string& address, const std::string& request) {
  const UniqueFd fd = Connect(address);
  if (!fd || ::send(fd.Get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  return ReadAll(fd);
}

std::string HttpGet(const std::string& address, const std::string& path) {
  return Exchange(address, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

}  // namespace procmarshal::testing
