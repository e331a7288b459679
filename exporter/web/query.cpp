#include "exporter/web/query.h"

#include <cstddef>

#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr std::size_t kMostParameters = 200;

Result<std::string> Decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    const bool is_escape = text.front() == '%';
    const char plain = text.front() == '+' ? ' ' : text.front();
    const auto byte = is_escape ? ParseHexByte(text.substr(1, 2)) : plain;
    if (!byte) {
      return Fail(ErrorCode::kInvalid, "query: not two hexadecimal digits after a percent sign");
    }
    decoded += *byte;
    text.remove_prefix(is_escape ? 3 : 1);
  }
  return decoded;
}

}  // namespace

Result<Parameters> ParseQuery(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    std::string_view value = TakeUntil(query, '&');
    if (value.empty()) continue;
    if (parameters.size() == kMostParameters) {
      return Fail(ErrorCode::kInvalid, "query: more than 200 parameters");
    }
    auto name = Decode(TakeUntil(value, '='));
    if (!name) return tl::unexpected(name.error());
    auto decoded = Decode(value);
    if (!decoded) return tl::unexpected(decoded.error());
    parameters.emplace_back(*std::move(name), *std::move(decoded));
  }
  return parameters;
}

}  // namespace procmarshal
