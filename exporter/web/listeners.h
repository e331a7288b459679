#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "exporter/web/listen_address.h"

namespace procmarshal {

// Where a web server listens, in CivetWeb's words.
struct Listeners {
  std::vector<ListenAddress> addresses;  // numeric hosts; unix sockets last, as CivetWeb wants it
  std::string ports;                     // CivetWeb's option listening_ports
};

// kInvalid if the CivetWeb that this program was built with can't listen so, or a name is not
// known.
[[nodiscard]] Result<Listeners> MakeListeners(const std::vector<ListenAddress>& addresses,
                                              bool uses_tls);

// Removes the sockets that a program which is no more left at these addresses, since bind(2) would
// fail. kUnavailable if a program still listens there, kInvalid if there is something else.
[[nodiscard]] Status RemoveOldSockets(const std::vector<ListenAddress>& addresses);

// Connects to one of Listeners::addresses and hangs up, which wakes who listens there.
void Knock(const ListenAddress& address);

// "HOST:PORT", "[HOST]:PORT" or "unix:PATH".
[[nodiscard]] std::string Text(const ListenAddress& address);

}  // namespace procmarshal
