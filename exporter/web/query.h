#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// Names and values, in the order in which they came, doubled ones included.
using Parameters = std::vector<std::pair<std::string, std::string>>;

// Takes a query such as "collect[]=cpu&collect%5B%5D=meminfo" apart, as forms are encoded
// (https://url.spec.whatwg.org/#urlencoded-parsing): "%5B" is '[', "+" is a blank, what lacks an
// equals sign has an empty value, nothing between two ampersands is nothing. kInvalid, unlike
// there: a percent sign without two hexadecimal digits, and more than 200 parameters. Names and
// values may hold any byte.
[[nodiscard]] Result<Parameters> ParseQuery(std::string_view query);

}  // namespace procmarshal
