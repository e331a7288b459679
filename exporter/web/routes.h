#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <string>

#include "exporter/web/http.h"

namespace procmarshal {

// The paths that are served, each by a function of the request. Adding comes first; after that any
// thread may call Handle.
class Routes {
 public:
  using Handler = std::function<Response(const Request&)>;

  // Counts answers in procmarshal_http_requests_total, made in `registry`.
  explicit Routes(prometheus::Registry& registry);

  void Get(const std::string& path, Handler handler);

  // 404 for a path that is not served, 405 for another method than GET, 500 if a handler throws.
  [[nodiscard]] Response Handle(const Request& request) const;

 private:
  [[nodiscard]] Response Answer(const Request& request) const;

  std::map<std::string, Handler, std::less<>> handlers_;
  prometheus::Family<prometheus::Counter>& requests_;
};

}  // namespace procmarshal
