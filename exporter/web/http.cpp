#include "exporter/web/http.h"

#include <algorithm>

#include "base/parse.h"

namespace procmarshal {
namespace {

char Lowercase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lowercase, Lowercase);
}

std::vector<std::string_view> ValuesOf(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers) {
    if (EqualIgnoringCase(key, name)) values.push_back(Trim(value));
  }
  return values;
}

std::string_view Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualIgnoringCase(key, name)) return value;
  }
  return {};
}

Response Response::Text(int code, std::string body) {
  Response response;
  response.code = code;
  response.body = std::make_shared<const std::string>(std::move(body));
  return response;
}

}  // namespace procmarshal
