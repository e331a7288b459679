#include "collectors/attribute.h"

#include <cstdint>

#include "base/parse.h"
#include "collectors/words.h"

namespace procmarshal {

std::optional<std::string> ReadAttribute(const PseudoFs& fs, std::string_view relative) {
  auto content = fs.Reread(relative);
  if (!content) return std::nullopt;
  while (!content->empty() && content->back() == '\n') content->pop_back();
  return std::string(Trim(*content));
}

std::optional<std::string> ReadLine(const PseudoFs& fs, std::string_view relative) {
  const auto content = fs.Read(relative);
  if (!content) return std::nullopt;
  std::string_view rest = *content;
  return std::string(Trim(TakeUntil(rest, '\n')));
}

Result<std::optional<double>> ReadNumber(const PseudoFs& fs, std::string_view relative) {
  const auto text = ReadAttribute(fs, relative);
  if (!text) return std::optional<double>();
  const auto number = ParseFinite(*text);
  if (!number) {
    return FailExpected((fs.Root() / relative).string() + ": expected a number", *text);
  }
  return number;
}

Result<double> ReadCount(const PseudoFs& fs, std::string_view relative) {
  const auto text = fs.RereadLines(relative);
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  const auto count = ParseNumber<std::uint64_t>(TakeUntil(rest, '\n'));
  if (!count) {
    const std::string_view file = relative.substr(relative.rfind('/') + 1);
    return FailExpected(std::string(file) + ": expected a number", *text);
  }
  return static_cast<double>(*count);
}

}  // namespace procmarshal
