#include "exporter/web/http.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsAlphanumeric(c) || kTokenMarks.find(c) != std::string_view::npos;
  });
}

bool IsFieldText(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return IsControl(c) && c != '\t'; });
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
