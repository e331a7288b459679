#include "collectors/memory_field.h"

#include <cstdint>

#include "base/parse.h"

namespace procmarshal {
namespace {

bool IsFieldName(std::string_view field) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_()";
  return !field.empty() && field.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string WithoutParentheses(std::string_view field) {
  std::string name;
  for (const char c : field) {
    if (c != ')') name += c == '(' ? '_' : c;
  }
  return name;
}

}  // namespace

std::optional<MemoryField> ParseMemoryField(std::string_view line) {
  const std::string_view field = TakeUntil(line, ':');
  line = Trim(line);
  const auto value = ParseNumber<std::uint64_t>(TakeUntil(line, ' '));
  const bool is_bytes = line == "kB";
  if (!value || !IsFieldName(field) || (!is_bytes && !line.empty())) return std::nullopt;
  return MemoryField{.field = field,
                     .name = WithoutParentheses(field),
                     .value = static_cast<double>(*value) * (is_bytes ? 1024 : 1),
                     .is_bytes = is_bytes};
}

}  // namespace procmarshal
