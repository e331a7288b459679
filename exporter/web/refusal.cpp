#include "exporter/web/refusal.h"

#include <array>

namespace procmarshal {

std::string_view Name(RefusedFor reason) {
  constexpr std::array<std::string_view, kRefusedForCount> kNames = {
      "address_limit", "connection_limit", "timeout",
      "handshake",     "malformed",        "too_large",
      "host",          "origin",           "network",
      "unauthorized",  "too_many_failures"};
  return kNames.at(static_cast<std::size_t>(reason));
}

}  // namespace procmarshal
