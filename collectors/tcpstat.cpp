// TCP sockets by state, from sock_diag(7). The same is in /proc/net/tcp and tcp6, but as text, a
// line of 150 characters a socket, which costs the kernel and us several times as much.

#include <sys/socket.h>

#include "collectors/collector.h"
#include "collectors/tcp_sockets.h"

namespace procmarshal {
namespace {

Status Collect(const Environment&, FamilyWriter& out) {
  TcpSockets sockets;
  if (auto read = ReadTcpSockets(AF_INET, sockets); !read) return read;
  if (auto read = ReadTcpSockets(AF_INET6, sockets); !read) return read;
  WriteTcpSockets(sockets, out);
  return {};
}

const Registration kRegistration("tcpstat", Default::kOff, &Collect);

}  // namespace
}  // namespace procmarshal
