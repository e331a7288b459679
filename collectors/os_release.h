#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// The assignments of an os-release file, with their values out of quotes (os-release(5)):
//   # comment
//   NAME="Debian GNU/Linux"
//   VERSION_ID=12
// Of two assignments to a name, the last one counts.
using OsRelease = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] Result<OsRelease> ParseOsRelease(std::string_view text);

}  // namespace procmarshal
