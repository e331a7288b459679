#include "exporter/web/routes.h"

#include <spdlog/spdlog.h>

#include <exception>

namespace procmarshal {

void Routes::Get(const std::string& path, Handler handler) {
  handlers_.insert_or_assign(path, std::move(handler));
}

std::string Routes::Label(const std::string& path) const {
  return handlers_.contains(path) ? path : "other";
}

Response Routes::Handle(const Request& request) const {
  const auto handler = handlers_.find(request.path);
  if (handler == handlers_.end()) {
    return Response::Text(404, "There is nothing at this path. What there is: see /\n");
  }
  if (request.method != "GET") {
    Response response = Response::Text(405, "This path takes GET only.\n");
    response.headers.emplace_back("Allow", "GET");
    return response;
  }
  try {
    return handler->second(request);
  } catch (const std::exception& error) {
    spdlog::error("answer {}: {}", handler->first, error.what());
    return Response::Text(500, "Internal error; the log says more.\n");
  }
}

}  // namespace procmarshal
