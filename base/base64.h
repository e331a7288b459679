#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace procmarshal {

// The bytes that `text` stands for in base64 (RFC 4648, section 4). Strict, so that no two texts
// stand for the same bytes: padding is required, its unused bits are zero, nothing else may stand
// there. nullopt for any other text.
[[nodiscard]] std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace procmarshal
