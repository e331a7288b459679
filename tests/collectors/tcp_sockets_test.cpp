#include "collectors/tcp_sockets.h"

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

template <typename T>
std::string Bytes(const T& value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string Message(std::uint16_t type, const std::string& payload) {
  const auto length = static_cast<std::uint32_t>(NLMSG_HDRLEN + payload.size());
  const nlmsghdr header{
      .nlmsg_len = length, .nlmsg_type = type, .nlmsg_flags = 0, .nlmsg_seq = 0, .nlmsg_pid = 0};
  return Bytes(header) + payload + std::string(NLMSG_ALIGN(length) - length, '\0');
}

std::string Socket(std::uint8_t state, std::uint32_t received = 0, std::uint32_t sent = 0) {
  inet_diag_msg socket{};
  socket.idiag_state = state;
  socket.idiag_rqueue = received;
  socket.idiag_wqueue = sent;
  return Message(SOCK_DIAG_BY_FAMILY, Bytes(socket));
}

std::string Collect(const std::string& datagram) {
  TcpSockets sockets;
  if (const auto added = AddTcpSockets(datagram, sockets); !added) {
    return "error: " + added.error().message;
  }
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  WriteTcpSockets(sockets, out);
  out.Finish();
  return Print(families);
}

TEST(TcpSockets, CountsStatesAndBytes) {
  EXPECT_EQ(Collect(Socket(1, 100, 7) + Socket(1, 20) + Socket(10, 3, 128) + Socket(6)),
            "node_tcp_connection_states{state=\"established\"} 2\n"
            "node_tcp_connection_states{state=\"listen\"} 1\n"
            "node_tcp_connection_states{state=\"rx_queued_bytes\"} 123\n"
            "node_tcp_connection_states{state=\"time_wait\"} 1\n"
            "node_tcp_connection_states{state=\"tx_queued_bytes\"} 135\n");
}

TEST(TcpSockets, NamesEveryStateOfTheKernel) {
  std::string datagram;
  for (std::uint8_t state = 1; state <= 11; ++state) datagram += Socket(state);
  EXPECT_EQ(Collect(datagram),
            "node_tcp_connection_states{state=\"close\"} 1\n"
            "node_tcp_connection_states{state=\"close_wait\"} 1\n"
            "node_tcp_connection_states{state=\"closing\"} 1\n"
            "node_tcp_connection_states{state=\"established\"} 1\n"
            "node_tcp_connection_states{state=\"fin_wait1\"} 1\n"
            "node_tcp_connection_states{state=\"fin_wait2\"} 1\n"
            "node_tcp_connection_states{state=\"last_ack\"} 1\n"
            "node_tcp_connection_states{state=\"listen\"} 1\n"
            "node_tcp_connection_states{state=\"rx_queued_bytes\"} 0\n"
            "node_tcp_connection_states{state=\"syn_recv\"} 1\n"
            "node_tcp_connection_states{state=\"syn_sent\"} 1\n"
            "node_tcp_connection_states{state=\"time_wait\"} 1\n"
            "node_tcp_connection_states{state=\"tx_queued_bytes\"} 0\n");
}

TEST(TcpSockets, CountsStatesThatItDoesNotKnow) {
  EXPECT_EQ(Collect(Socket(12) + Socket(255)),
            "node_tcp_connection_states{state=\"rx_queued_bytes\"} 0\n"
            "node_tcp_connection_states{state=\"tx_queued_bytes\"} 0\n"
            "node_tcp_connection_states{state=\"unknown\"} 2\n");
}

TEST(TcpSockets, SaysWhichDatagramIsTheLast) {
  TcpSockets sockets;
  EXPECT_EQ(AddTcpSockets(Socket(1), sockets), false);
  EXPECT_EQ(AddTcpSockets(Message(NLMSG_DONE, Bytes(0)), sockets), true);
  EXPECT_EQ(AddTcpSockets(Message(NLMSG_DONE, ""), sockets), true);
  EXPECT_EQ(AddTcpSockets(Message(NLMSG_ERROR, Bytes(0)), sockets), true);
}

TEST(TcpSockets, TellsTheErrorOfTheKernel) {
  EXPECT_EQ(Collect(Message(NLMSG_ERROR, Bytes(-EPERM))),
            "error: sock_diag: sockets of TCP: Operation not permitted");
  EXPECT_EQ(Collect(Message(NLMSG_DONE, Bytes(-ENOENT))),
            "error: sock_diag: sockets of TCP: No such file or directory");
}

TEST(TcpSockets, RefusesADatagramThatIsCutAnywhere) {
  const std::string whole = Socket(1);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(Collect(whole.substr(0, size)),
              "error: sock_diag: expected whole messages of sockets");
  }
}

TEST(TcpSockets, RefusesAMessageShorterThanItsHeader) {
  nlmsghdr header{};
  header.nlmsg_len = 8;
  EXPECT_EQ(Collect(Bytes(header)), "error: sock_diag: expected whole messages of sockets");
}

TEST(TcpSockets, RefusesAMessageTooShortForASocket) {
  EXPECT_EQ(Collect(Message(SOCK_DIAG_BY_FAMILY, "short")),
            "error: sock_diag: expected whole messages of sockets");
}

// What is told of these datagrams when they come one after the other; "" if all is well.
std::string Receive(const std::vector<std::string>& datagrams, TcpSockets& sockets) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()), 0);
  const UniqueFd in(ends[0]);
  {
    const UniqueFd out(ends[1]);
    for (const std::string& datagram : datagrams) {
      EXPECT_EQ(::send(out.Get(), datagram.data(), datagram.size(), 0), std::ssize(datagram));
    }
  }
  const Status received = ReceiveTcpSockets(in, sockets);
  return received ? "" : received.error().message;
}

TEST(ReceiveTcpSockets, AddsUpAllDatagrams) {
  TcpSockets sockets;
  EXPECT_EQ(Receive({Socket(1, 5) + Socket(1), Socket(1) + Socket(10),
                     Message(NLMSG_DONE, Bytes(0)), Socket(1)},
                    sockets),
            "");
  EXPECT_EQ(sockets.states.at(1), 3U);
  EXPECT_EQ(sockets.states.at(10), 1U);
  EXPECT_EQ(sockets.received, 5U);
}

TEST(ReceiveTcpSockets, TellsTheErrorOfTheKernel) {
  TcpSockets sockets;
  EXPECT_EQ(Receive({Socket(1), Message(NLMSG_ERROR, Bytes(-ENOBUFS))}, sockets),
            "sock_diag: sockets of TCP: No buffer space available");
}

TEST(ReceiveTcpSockets, RefusesAShortDatagram) {
  TcpSockets sockets;
  EXPECT_EQ(Receive({Socket(1).substr(0, 20), Message(NLMSG_DONE, "")}, sockets),
            "sock_diag: expected whole messages of sockets");
}

// The first 32 KiB of it, which is as long as they get, are whole messages.
TEST(ReceiveTcpSockets, RefusesADatagramThatIsTooLong) {
  const std::string kibibyte = Message(SOCK_DIAG_BY_FAMILY, std::string(1024 - NLMSG_HDRLEN, '\0'));
  std::string datagram;
  for (int i = 0; i < 33; ++i) datagram += kibibyte;
  TcpSockets sockets;
  EXPECT_EQ(Receive({datagram, Message(NLMSG_DONE, "")}, sockets),
            "sock_diag: expected whole messages of sockets");
}

TEST(ReceiveTcpSockets, DoesNotWaitForTheLastOneWhenThereAreNoMore) {
  TcpSockets sockets;
  EXPECT_EQ(Receive({Socket(1)}, sockets), "sock_diag: expected whole messages of sockets");
}

TEST(ReceiveTcpSockets, SaysThatItCanNotRead) {
  TcpSockets sockets;
  EXPECT_EQ(ReceiveTcpSockets(UniqueFd(), sockets).error().message,
            "read sockets of TCP from sock_diag: Bad file descriptor");
}

TEST(TcpSocketsRequest, AsksForAllSocketsOfAFamily) {
  const std::string request = MakeTcpSocketsRequest(AF_INET6);
  nlmsghdr header{};
  inet_diag_req_v2 asked{};
  ASSERT_EQ(request.size(), NLMSG_HDRLEN + sizeof asked);
  std::memcpy(&header, request.data(), sizeof header);
  std::memcpy(&asked, request.data() + NLMSG_HDRLEN, sizeof asked);
  EXPECT_EQ(header.nlmsg_len, request.size());
  EXPECT_EQ(header.nlmsg_type, SOCK_DIAG_BY_FAMILY);
  EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
  EXPECT_EQ(asked.sdiag_family, AF_INET6);
  EXPECT_EQ(asked.sdiag_protocol, IPPROTO_TCP);
  EXPECT_EQ(asked.idiag_states, 0xfffU);
}

}  // namespace
}  // namespace procmarshal::testing
