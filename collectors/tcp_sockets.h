#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/family_writer.h"

namespace procmarshal {

// TCP sockets by state, and the bytes that wait in them. (Of one that listens, the kernel tells
// connections instead: how many wait, and how many may.)
struct TcpSockets {
  std::array<std::uint64_t, 12> states{};  // by the kernel's number of the state; 0: another one
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

// Adds the sockets in a datagram of the kernel's, sock_diag(7). True if it was the last one.
[[nodiscard]] Result<bool> AddTcpSockets(std::string_view datagram, TcpSockets& sockets);

// Adds those in all datagrams that `fd` receives, up to the last one.
[[nodiscard]] Status ReceiveTcpSockets(const UniqueFd& fd, TcpSockets& sockets);

// What asks the kernel for the sockets of AF_INET or AF_INET6, in every state.
[[nodiscard]] std::string MakeTcpSocketsRequest(std::uint8_t family);

// Asks for them, in the network namespace of this process.
[[nodiscard]] Status ReadTcpSockets(std::uint8_t family, TcpSockets& sockets);

// As node_tcp_connection_states, of the states that occur.
void WriteTcpSockets(const TcpSockets& sockets, FamilyWriter& out);

}  // namespace procmarshal
