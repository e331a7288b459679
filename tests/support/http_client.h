#pragma once

#include <string>

namespace procmarshal::testing {

// Sends `request` as it is to "127.0.0.1:PORT" and returns all that comes back until the other side
// closes; empty if it can't be reached. Gives up after 10 seconds.
std::string Exchange(const std::string& address, const std::string& request);

// The answer to "GET path".
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace procmarshal::testing
