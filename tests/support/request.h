#pragma once

#include <string>
#include <utility>
#include <vector>

#include "exporter/web/http.h"

namespace procmarshal::testing {

// A request as the web server hands it on; from 127.0.0.1 unless the test says otherwise.
inline Request MakeRequest(std::string method, std::string path,
                           std::vector<std::pair<std::string, std::string>> headers = {}) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  request.peer = Address::Parse("127.0.0.1").value();
  return request;
}

}  // namespace procmarshal::testing
