#include "exporter/web/http.h"

#include <strings.h>

namespace procmarshal {

std::string_view Request::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
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
