#pragma once

#include <string>
#include <string_view>

namespace procmarshal {

// Appends `text` with each ill-formed UTF-8 sequence replaced by U+FFFD, one for each maximal
// subpart (https://encoding.spec.whatwg.org/#utf-8-decoder): what is valid is copied unchanged,
// surrogates, overlong forms and everything above U+10FFFF are not valid.
void AppendValidUtf8(std::string_view text, std::string& out);

// `text` repaired as above.
[[nodiscard]] std::string ValidUtf8(std::string_view text);

[[nodiscard]] bool IsValidUtf8(std::string_view text);

// Appends `text` repaired as above and escaped to stand between double quotes in JSON, TOML and
// logfmt alike: quotes, backslashes and whatever could start a new line or steer a terminal.
void AppendEscaped(std::string_view text, std::string& out);

// `text` repaired as above, control characters escaped, quotes left alone: fit for one line of a
// message that quotes input nobody can vouch for.
[[nodiscard]] std::string Printable(std::string_view text);

// `text` escaped and in double quotes, as an error message shows it: cut when it is long.
[[nodiscard]] std::string Quote(std::string_view text);

}  // namespace procmarshal
