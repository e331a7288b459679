#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "exporter/web/http.h"
#include "exporter/web/listen_address.h"

namespace procmarshal {

// An HTTP server: CivetWeb, with one handler for everything, called from several threads.
class WebServer {
 public:
  using Handler = std::function<Response(const Request&)>;

  // Listens on all addresses, or fails with the reason and listens on none.
  [[nodiscard]] static Result<std::unique_ptr<WebServer>> Start(
      const std::vector<ListenAddress>& addresses, Handler handler);

  virtual ~WebServer() = default;  // waits for the answers that are under way

  // Where it listens, "HOST:PORT" each, with the ports that the kernel picked.
  [[nodiscard]] virtual std::vector<std::string> Addresses() const = 0;
};

}  // namespace procmarshal
