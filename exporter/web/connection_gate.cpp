#include "exporter/web/connection_gate.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace procmarshal {
namespace {

// How long a client that still sends may take to see its answer, and close.
constexpr std::chrono::seconds kLinger{1};

// Whether the kernel holds bytes that it has not sent yet, since the client takes no more (tcp(7)).
// It goes on counting them after the client has reset the connection.
bool HasUnsent(int fd) {
  int unsent = 0;
  if (::ioctl(fd, SIOCOUTQNSD, &unsent) != 0 || unsent <= 0) return false;
  tcp_info info{};
  socklen_t size = sizeof(info);
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state != TCP_CLOSE;
}

// Whether there is something that no worker has read.
bool HasUnread(int fd) {
  int unread = 0;
  return ::ioctl(fd, SIOCINQ, &unread) == 0 && unread > 0;
}

// Throws away what has arrived (tcp(7), MSG_TRUNC): how many bytes it was, 0 if the client has
// closed, -1 if there is nothing.
ssize_t Discard(int fd) {
  constexpr std::size_t kMost = std::size_t{1} << 30U;
  // It does not block. NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection)
  return ::recv(fd, nullptr, kMost, MSG_TRUNC | MSG_DONTWAIT);
}

// A reset, so that the kernel forgets at once what the client does not take (socket(7)).
void ResetOnClose(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

}  // namespace

ConnectionGate::ConnectionGate(const WebLimits& limits, const Clock& clock, WebMetrics& metrics)
    : limits_(limits), clock_(clock), metrics_(metrics) {}

ConnectionGate::~ConnectionGate() {
  for (const auto& [fd, connection] : connections_) ::close(fd);
}

std::optional<RefusedFor> ConnectionGate::Admit(int fd, const Address& peer) {
  const BootTime now = clock_.Boot();
  const std::lock_guard lock(mutex_);
  std::optional<RefusedFor> reason;
  if (connections_.size() >= limits_.connections) {
    reason = RefusedFor::kConnectionLimit;
  } else if (std::size_t& count = clients_[peer.Client()];
             count >= limits_.connections_per_address) {
    reason = RefusedFor::kAddressLimit;
  } else {
    ++count;
    Connection& connection = connections_[fd];
    connection.peer = peer;
    connection.accepted = now;
    connection.deadline = now + limits_.request_timeout;
    metrics_.Opened();
  }
  if (reason) metrics_.Refused(*reason);
  return reason;
}

void ConnectionGate::BeginAnswer(int fd) {
  const BootTime now = clock_.Boot();
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  found->second.answering = true;
  found->second.deadline = now + limits_.response_timeout;
}

ConnectionGate::Connections::iterator ConnectionGate::Forget(Connections::iterator connection) {
  const auto client = clients_.find(connection->second.peer.Client());
  if (--client->second == 0) clients_.erase(client);
  if (connection->second.cut) metrics_.Refused(RefusedFor::kTimeout);
  if (connection->second.closed) --closed_;
  metrics_.Closed();
  return connections_.erase(connection);
}

void ConnectionGate::Close(int fd, bool expects_more) {
  const BootTime now = clock_.Boot();
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  if (found != connections_.end()) {
    Connection& connection = found->second;
    if (Discard(fd) > 0 || expects_more) connection.lingers_until = now + kLinger;
    if (connection.answering && !connection.cut && !IsDone(fd, connection, now)) {
      connection.closed = true;
      ++closed_;
      return;
    }
    (void)Forget(found);
  }
  ::close(fd);
}

bool ConnectionGate::IsDone(int fd, const Connection& connection, BootTime now) {
  if (HasUnsent(fd)) return false;
  if (!connection.lingers_until || now >= *connection.lingers_until) return true;
  const ssize_t arrived = Discard(fd);
  return arrived == 0 || (arrived < 0 && errno != EAGAIN);
}

void ConnectionGate::CutHolders(BootTime now) {
  const bool is_crowded = connections_.size() - closed_ > limits_.workers;
  for (auto& [fd, connection] : connections_) {
    if (connection.closed || connection.cut) continue;
    const bool is_silent =
        !connection.answering && now - connection.accepted >= kPatience && !HasUnread(fd);
    // A worker cuts its connection itself, unless it is kept from looking at the time.
    const bool is_overdue = now >= connection.deadline + kPatience;
    if ((is_crowded && is_silent) || is_overdue) Cut(fd, connection);
  }
}

bool ConnectionGate::Reap() {
  const BootTime now = clock_.Boot();
  const std::lock_guard lock(mutex_);
  CutHolders(now);
  for (auto entry = connections_.begin(); closed_ > 0 && entry != connections_.end();) {
    auto& [fd, connection] = *entry;
    const bool late = now >= connection.deadline;
    if (!connection.closed || (!late && !IsDone(fd, connection, now))) {
      ++entry;
      continue;
    }
    connection.cut = late;
    if (late) ResetOnClose(fd);
    const int done = fd;
    entry = Forget(entry);
    ::close(done);
  }
  return closed_ > 0 || connections_.size() > limits_.workers;
}

std::optional<ConnectionGate::Connection> ConnectionGate::Find(int fd) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::chrono::milliseconds> ConnectionGate::TimeLeft(int fd) const {
  const auto connection = Find(fd);
  if (!connection) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(connection->deadline - clock_.Boot());
}

void ConnectionGate::Cut(int fd) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Cut(fd, found->second);
}

void ConnectionGate::Cut(int fd, Connection& connection) {
  connection.cut = true;
  if (connection.answering) ResetOnClose(fd);
  ::shutdown(fd, SHUT_RDWR);
  (void)Discard(fd);  // or its worker would still read it all
}

}  // namespace procmarshal
