#pragma once

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

  void Get(const std::string& path, Handler handler);

  // 404 for a path that is not served, 405 for another method than GET, 500 if a handler throws.
  [[nodiscard]] Response Handle(const Request& request) const;

  // As what an answer to this path is counted: the path itself if it is served, else "other", since
  // a client must not be able to make label values.
  [[nodiscard]] std::string Label(const std::string& path) const;

 private:
  std::map<std::string, Handler, std::less<>> handlers_;
};

}  // namespace procmarshal
