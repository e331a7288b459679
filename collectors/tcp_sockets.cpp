#include "collectors/tcp_sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace procmarshal {
namespace {

constexpr std::array<std::string_view, 12> kStates = {
    "unknown",   "established", "syn_sent",   "syn_recv", "fin_wait1", "fin_wait2",
    "time_wait", "close",       "close_wait", "last_ack", "listen",    "closing"};

tl::unexpected<Error> FailShort() {
  return Fail(ErrorCode::kInvalid, "sock_diag: expected whole messages of sockets");
}

// The start of `bytes`, which need not be aligned.
template <typename T>
Result<T> Take(std::string_view bytes) {
  if (bytes.size() < sizeof(T)) return FailShort();
  T value{};
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

Status AddSocket(std::string_view payload, TcpSockets& sockets) {
  const auto socket = Take<inet_diag_msg>(payload);
  if (!socket) return tl::unexpected(socket.error());
  ++sockets.states.at(socket->idiag_state < kStates.size() ? socket->idiag_state : 0);
  sockets.received += socket->idiag_rqueue;
  sockets.sent += socket->idiag_wqueue;
  return {};
}

// Both tell an error below 0; NLMSG_DONE may lack the number.
Status CheckEnd(std::uint16_t type, std::string_view payload) {
  if (type == NLMSG_DONE && payload.size() < sizeof(int)) return {};
  const auto error = Take<int>(payload);
  if (!error) return tl::unexpected(error.error());
  if (*error < 0) return FailErrno("sock_diag: sockets of TCP", -*error);
  return {};
}

}  // namespace

Result<bool> AddTcpSockets(std::string_view datagram, TcpSockets& sockets) {
  while (!datagram.empty()) {
    const auto header = Take<nlmsghdr>(datagram);
    if (!header) return tl::unexpected(header.error());
    const std::size_t length = header->nlmsg_len;
    if (length < NLMSG_HDRLEN || length > datagram.size()) return FailShort();
    const std::string_view payload = datagram.substr(NLMSG_HDRLEN, length - NLMSG_HDRLEN);
    const bool is_end = header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
    const Status done =
        is_end ? CheckEnd(header->nlmsg_type, payload) : AddSocket(payload, sockets);
    if (!done) return tl::unexpected(done.error());
    if (is_end) return true;
    datagram.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(length), datagram.size()));
  }
  return false;
}

std::string MakeTcpSocketsRequest(std::uint8_t family) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header = {.nlmsg_len = sizeof message,
                    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                    .nlmsg_seq = 0,
                    .nlmsg_pid = 0};
  constexpr std::uint32_t kAllStates = 0xfff;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = kAllStates;
  return {reinterpret_cast<const char*>(&message), sizeof message};
}

Status ReceiveTcpSockets(const UniqueFd& fd, TcpSockets& sockets) {
  constexpr std::size_t kLargestDatagram = 32768;  // of a dump
  std::string buffer(kLargestDatagram, '\0');
  while (true) {
    const ssize_t received = ::recv(fd.Get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (received < 0) return FailErrno("read sockets of TCP from sock_diag");
    const auto size = static_cast<std::size_t>(received);
    if (size == 0 || size > buffer.size()) return FailShort();
    const auto is_last = AddTcpSockets(std::string_view(buffer).substr(0, size), sockets);
    if (!is_last) return tl::unexpected(is_last.error());
    if (*is_last) return {};
  }
}

Status ReadTcpSockets(std::uint8_t family, TcpSockets& sockets) {
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd) return FailErrno("open a netlink socket");
  const std::string request = MakeTcpSocketsRequest(family);
  if (::send(fd.Get(), request.data(), request.size(), 0) < 0) {
    return FailErrno("ask sock_diag for sockets of TCP");
  }
  return ReceiveTcpSockets(fd, sockets);
}

void WriteTcpSockets(const TcpSockets& sockets, FamilyWriter& out) {
  auto family = out.Gauge("node_tcp_connection_states",
                          "TCP sockets in each state, and the bytes that wait in them.");
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    const std::uint64_t count = sockets.states.at(i);
    if (count > 0) family.Add(static_cast<double>(count), {{"state", kStates.at(i)}});
  }
  family.Add(static_cast<double>(sockets.received), {{"state", "rx_queued_bytes"}});
  family.Add(static_cast<double>(sockets.sent), {{"state", "tx_queued_bytes"}});
}

}  // namespace procmarshal
