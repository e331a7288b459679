#include "collectors/os_release.h"

#include <optional>

#include "collectors/words.h"

namespace procmarshal {
namespace {

// Between double quotes, a shell takes these for themselves after a backslash.
constexpr std::string_view kEscapable = "\"$`\\";

// What stands between double quotes, up to the second of them, which must be the last character.
std::optional<std::string> TakeDoubleQuoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1 == text.size() ? std::optional(value) : std::nullopt;
    const bool is_escape = text[i] == '\\' && i + 1 < text.size() &&
                           kEscapable.find(text[i + 1]) != std::string_view::npos;
    if (is_escape) ++i;
    value += text[i];
  }
  return std::nullopt;
}

std::optional<std::string> Unquote(std::string_view text) {
  if (text.starts_with('"')) return TakeDoubleQuoted(text.substr(1));
  if (!text.starts_with('\'')) return std::string(text);
  const std::size_t end = text.find('\'', 1);
  if (end == std::string_view::npos || end + 1 != text.size()) return std::nullopt;
  return std::string(text.substr(1, end - 1));
}

}  // namespace

Result<OsRelease> ParseOsRelease(std::string_view text) {
  OsRelease release;
  while (!text.empty()) {
    const std::string_view line = Trim(TakeUntil(text, '\n'));
    if (line.empty() || line.starts_with('#')) continue;
    std::string_view rest = line;
    const std::string_view name = TakeUntil(rest, '=');
    auto value = Unquote(rest);
    if (name.size() == line.size() || name.empty() || !value) {
      return FailExpected(R"(os-release: expected NAME="VALUE")", line);
    }
    release.insert_or_assign(std::string(name), *std::move(value));
  }
  return release;
}

}  // namespace procmarshal
