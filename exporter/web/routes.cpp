#include "exporter/web/routes.h"

#include <spdlog/spdlog.h>

#include <exception>

namespace procmarshal {

Routes::Routes(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("procmarshal_http_requests_total")
                    .Help("Requests answered, by path and HTTP status code.")
                    .Register(registry)) {}

void Routes::Get(const std::string& path, Handler handler) {
  handlers_.insert_or_assign(path, std::move(handler));
}

Response Routes::Handle(const Request& request) const {
  Response response = Answer(request);
  // A client must not be able to make label values.
  const bool is_known = handlers_.contains(request.path);
  requests_
      .Add({{"path", is_known ? request.path : "other"}, {"code", std::to_string(response.code)}})
      .Increment();
  return response;
}

Response Routes::Answer(const Request& request) const {
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
