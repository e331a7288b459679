#pragma once

#include <string>

#include "base/unique_fd.h"

namespace procmarshal::testing {

// A connection to "HOST:PORT", "[HOST]:PORT" (numeric) or "unix:PATH", which gives up reading and
// writing after 10 seconds; none if it can't be reached.
UniqueFd Connect(const std::string& address);

// All that comes until the other side closes.
std::string ReadAll(const UniqueFd& connection);

// Sends `request` as it is and returns all that comes back until the other side closes; empty if it
// can't be reached.
std::string Exchange(const std::string& address, const std::string& request);

// The answer to "GET path".
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace procmarshal::testing
