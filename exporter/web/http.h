#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/web/address.h"

namespace procmarshal {

// Names and values, in the order in which they came, doubled ones included.
using Headers = std::vector<std::pair<std::string, std::string>>;

// What a method or the name of a header is made of (RFC 9110, 5.6.2).
[[nodiscard]] bool IsToken(std::string_view text);

// What may stand in a line of a header: no control character but tab.
[[nodiscard]] bool IsFieldText(std::string_view text);

// The values of all headers of this name, without the blanks around them, which do not belong to a
// value (RFC 9112, 5.1). They point into `headers`.
[[nodiscard]] std::vector<std::string_view> ValuesOf(const Headers& headers, std::string_view name);

// A request as handlers see it: plain values, no connection.
struct Request {
  std::string method;
  std::string authority;  // HOST[:PORT] that was asked for, as it came; empty: none was named
  std::string path;       // decoded, without the query
  std::string query;      // as it came, without the question mark
  Headers headers;
  Address peer;  // who asks

  // The value of a header, whatever the case of its name; empty if there is none.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

struct Response {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  // shared, since a page goes to many clients
  std::string route =
      "other";  // as what it is counted: a path that is served, nothing of the client's

  [[nodiscard]] static Response Text(int code, std::string body);
};

}  // namespace procmarshal
