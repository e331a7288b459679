#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exporter/web/http.h"
#include "exporter/web/listen_address.h"
#include "exporter/web/settings.h"
#include "exporter/web/tls.h"
#include "exporter/web/web_metrics.h"

namespace procmarshal {

// An HTTP server: CivetWeb, with one handler for everything, called from several threads. It turns
// away what is not plainly one HTTP request, clients that take more than the limits allow, and
// bodies: a handler sees a header that is complete and in order.
class WebServer {
 public:
  using Handler = std::function<Response(const Request&)>;

  struct Options {
    std::vector<ListenAddress> addresses;
    WebLimits limits;
    std::shared_ptr<TlsContext> tls;  // null: plain HTTP; unix sockets are plain in any case
  };

  // Listens on all addresses, or fails with the reason and listens on none. `clock` and `metrics`
  // must outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<WebServer>> Start(Options options, Handler handler,
                                                                const Clock& clock,
                                                                WebMetrics& metrics);

  virtual ~WebServer() = default;  // waits for the answers that are under way

  // Where it listens, "HOST:PORT" or "unix:PATH" each, with the ports that the kernel picked.
  [[nodiscard]] virtual std::vector<std::string> Addresses() const = 0;
};

}  // namespace procmarshal
