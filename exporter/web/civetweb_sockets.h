#pragma once

#include <string_view>

#include "exporter/web/connection_gate.h"

// CivetWeb can't be told how many connections to take nor when to give one up, and shows neither
// its sockets nor what it read from them. So where CMake builds it, its calls of accept(2),
// close(2), poll(2), recv(2) and SSL_read(3) are replaced by functions that ask a ConnectionGate
// first and remember what was read (CMakeLists.txt: PROCMARSHAL_CIVETWEB_SOURCE_DIR). They do it
// for threads that have entered here, and are the plain calls for all others.
namespace procmarshal::civetweb_sockets {

#ifdef PROCMARSHAL_OWN_CIVETWEB
inline constexpr bool kInUse = true;
#else
inline constexpr bool kInUse = false;  // a packager chose the system's library
#endif

struct Server {
  ConnectionGate& gate;
  bool uses_tls;  // on all but unix sockets
};

// The calling thread belongs to this server, which must outlive it.
void EnterThread(const Server& server);

// The calling thread begins with another connection: forgets the bytes of the one before.
void BeginConnection();

// The request that the calling thread reads announces a body.
void ExpectBody();

// Of the connection that the calling thread reads: its socket (-1 if it has not waited for it), and
// the first bytes that came, the whole header among them, as long as it is one that can be
// accepted.
[[nodiscard]] int Socket();
[[nodiscard]] std::string_view Received();

}  // namespace procmarshal::civetweb_sockets
