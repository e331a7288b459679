#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/web/address.h"

namespace procmarshal {

// A request as handlers see it: plain values, no connection.
struct Request {
  std::string method;
  std::string path;   // decoded, without the query
  std::string query;  // as it came, without the question mark
  std::vector<std::pair<std::string, std::string>> headers;
  Address peer;  // who asks

  // The value of a header, whatever the case of its name; empty if there is none.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

struct Response {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  // shared, since a page goes to many clients

  [[nodiscard]] static Response Text(int code, std::string body);
};

}  // namespace procmarshal
