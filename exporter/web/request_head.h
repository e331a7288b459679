#pragma once

#include <string_view>

#include "base/result.h"

namespace procmarshal {

// Whether the header of a request, as it came over the wire, is written exactly as RFC 9112 says.
// The web server's own parser is lax: it takes a line end without CR, ends the header at a line
// that it does not understand, and so may not see what a proxy in front of it saw. kInvalid says
// what is wrong. `received` begins with the header, and holds at least all of it.
[[nodiscard]] Status CheckHead(std::string_view received);

}  // namespace procmarshal
