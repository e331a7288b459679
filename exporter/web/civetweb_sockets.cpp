#include "exporter/web/civetweb_sockets.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace procmarshal::civetweb_sockets {
namespace {

constexpr int kPause = 100;  // milliseconds

// What a thread of CivetWeb is at.
struct Thread {
  const Server* server = nullptr;
  int fd = -1;
  std::string received;
  bool expects_body = false;
};
thread_local Thread current;  // NOLINT(*-non-const-global-variables): CivetWeb passes us nothing

void Keep(int fd, const void* bytes, std::size_t count) {
  // Beyond the largest header there is nothing that anybody would look at.
  constexpr std::size_t kMost = std::size_t{1} << 20U;
  current.fd = fd;
  const std::size_t room = kMost - std::min(kMost, current.received.size());
  current.received.append(static_cast<const char*>(bytes), std::min(count, room));
}

// Whether the client sends more than a header.
bool ExpectsMore() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = current.received.find(kEnd);
  const bool has_more = end != std::string::npos && end + kEnd.size() < current.received.size();
  return has_more || current.expects_body;
}

constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 31\r\n"
    "Retry-After: 1\r\n"
    "Connection: close\r\n\r\n"
    "Too many connections are open.\n";

constexpr std::string_view kTooSlow =
    "HTTP/1.1 408 Request Timeout\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 37\r\n"
    "Connection: close\r\n\r\n"
    "The request took too long to arrive.\n";

// Tells the client, if it can be told, without ever waiting for it.
void Say(std::string_view answer, int fd, bool is_unix) {
  if (current.server->uses_tls && !is_unix) return;
  (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void GiveUp(int fd) {
  const auto connection = current.server->gate.Find(fd);
  if (connection && !connection->answering && !current.received.empty()) {
    Say(kTooSlow, fd, connection->peer == Address::Unix());
  }
  current.server->gate.Cut(fd);
}

// For the thread that accepts: it waits for all addresses, and closes what others have left to it.
int PollListeners(pollfd* files, nfds_t count, int timeout) {
  constexpr int kBusy = ConnectionGate::kReapInterval.count();
  constexpr int kIdle = 500;
  return ::poll(files, count, std::min(timeout, current.server->gate.Reap() ? kBusy : kIdle));
}

}  // namespace

void EnterThread(const Server& server) {
  current.server = &server;
}

void BeginConnection() {
  current.fd = -1;
  current.received.clear();
  current.expects_body = false;
}

void ExpectBody() {
  current.expects_body = true;
}

int Socket() {
  return current.fd;
}

std::string_view Received() {
  return current.received;
}

extern "C" {

int ProcmarshalAccept(int listener, sockaddr* address, socklen_t* length) {
  const int fd = ::accept4(listener, address, length, SOCK_CLOEXEC);
  if (fd < 0) {
    // The connection stays in the kernel's queue, and CivetWeb would ask again at once (accept(2)).
    constexpr std::array kOutOf = {EMFILE, ENFILE, ENOMEM, ENOBUFS};
    if (std::ranges::find(kOutOf, errno) != kOutOf.end()) ::poll(nullptr, 0, kPause);
    return -1;
  }
  if (current.server == nullptr) return fd;

  sockaddr_storage peer{};
  std::memcpy(&peer, address, std::min<std::size_t>(*length, sizeof(peer)));
  if (current.server->gate.Admit(fd, Address::FromSocket(peer))) {
    Say(kTooMany, fd, peer.ss_family == AF_UNIX);
    ::close(fd);
    errno = EAGAIN;
    return -1;
  }
  return fd;
}

int ProcmarshalClose(int fd) {
  if (current.server == nullptr) return ::close(fd);
  current.server->gate.Close(fd, fd == current.fd && ExpectsMore());
  return 0;
}

int ProcmarshalPoll(pollfd* files, nfds_t count, int timeout) {
  if (current.server == nullptr) return ::poll(files, count, timeout);
  const auto left = count == 1 ? current.server->gate.TimeLeft(files->fd) : std::nullopt;
  if (!left) return PollListeners(files, count, timeout);
  current.fd = files->fd;
  if (left->count() <= 0) GiveUp(files->fd);
  const auto most = static_cast<int>(std::max<std::int64_t>(left->count(), 0));
  return ::poll(files, count, timeout < 0 ? most : std::min(timeout, most));
}

ssize_t ProcmarshalRecv(int fd, void* buffer, std::size_t size, int flags) {
  const ssize_t count = ::recv(fd, buffer, size, flags);
  if (count > 0) Keep(fd, buffer, static_cast<std::size_t>(count));
  return count;
}

int ProcmarshalSslRead(SSL* ssl, void* buffer, int size) {
  const int count = SSL_read(ssl, buffer, size);
  if (count > 0) Keep(SSL_get_fd(ssl), buffer, static_cast<std::size_t>(count));
  return count;
}

}  // extern "C"

}  // namespace procmarshal::civetweb_sockets
