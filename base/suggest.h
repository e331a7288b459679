#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace procmarshal {

// The candidate that `word` is most likely a misspelling of; nullopt when none is near. Upper and
// lower case count as the same letter. The cost is bounded by the candidates, not by the word.
[[nodiscard]] std::optional<std::string_view> Nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

// The end of an error message: `, did you mean "info"?`, or nothing when no candidate is near.
[[nodiscard]] std::string DidYouMean(std::string_view word,
                                     std::span<const std::string_view> candidates);

}  // namespace procmarshal
