#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/pseudo_fs.h"

namespace procmarshal {

// What a file of one value holds, such as /sys/class/net/eth0/operstate, without blanks and the
// newline around it. Nullopt if it is not there or can't be read now, which drivers express by any
// error (EINVAL for the speed of a link that is down, EIO for a sensor that does not answer).
[[nodiscard]] std::optional<std::string> ReadAttribute(const PseudoFs& fs,
                                                       std::string_view relative);

// The first line of a file without blanks around it, and nullopt as above. The file is not kept
// open: for those of which a host has very many, and for those of a name that another device may
// get.
[[nodiscard]] std::optional<std::string> ReadLine(const PseudoFs& fs, std::string_view relative);

// As ReadAttribute, of a number; kInvalid, with the path, if it holds something else.
[[nodiscard]] Result<std::optional<double>> ReadNumber(const PseudoFs& fs,
                                                       std::string_view relative);

// A whole number from a file that one may read if it is there: any error fails.
[[nodiscard]] Result<double> ReadCount(const PseudoFs& fs, std::string_view relative);

}  // namespace procmarshal
