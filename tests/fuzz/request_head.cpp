// The header of a request as it came: what is accepted has one reading only, which this file finds
// again by other means.

#include "exporter/web/request_head.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

void Require(bool is_so) {
  if (!is_so) std::abort();
}

std::size_t Count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

void Run(std::string_view received) {
  if (!CheckHead(received)) return;
  if (received.starts_with("\r\n")) received.remove_prefix(2);
  const std::size_t end = received.find("\r\n\r\n");
  Require(end != std::string_view::npos);
  const std::string_view head = received.substr(0, end + 2);
  const std::size_t lines = Count(head, "\r\n");
  Require(Count(head, "\n") == lines && Count(head, "\r") == lines);
  Require(Count(head, "\n ") == 0 && Count(head, "\n\t") == 0 && Count(head, "\n:") == 0);
  Require(head.find('\0') == std::string_view::npos);
  Require(Count(head, ":") + 1 >= lines);
  Require(Count(head.substr(0, head.find('\r')), " ") == 2);
  // What follows the header changes nothing.
  constexpr std::array kMore = {'\n', '\0', ' ', ':'};
  Require(CheckHead(std::string(received).append(kMore.data(), kMore.size())).has_value());
}

}  // namespace
}  // namespace procmarshal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
