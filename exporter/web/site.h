#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "exporter/web/basic_auth.h"
#include "exporter/web/host_guard.h"
#include "exporter/web/http.h"
#include "exporter/web/routes.h"
#include "exporter/web/settings.h"
#include "exporter/web/web_metrics.h"

namespace procmarshal {

// What a web server serves: the routes, behind what a client must show or be to get there. Answer
// may be called by any thread.
class Site {
 public:
  // Clock and metrics must outlive it.
  Site(const WebSettings& settings, const Clock& clock, WebMetrics& metrics);

  // To be filled before the first request.
  [[nodiscard]] Routes& Pages() { return routes_; }

  // Puts other users, networks, host names and headers in force. Who has sent wrong passwords is
  // forgotten only if the users change.
  void Configure(const WebSettings& settings);

  [[nodiscard]] Response Answer(const Request& request);

 private:
  // What a client must pass, from the settings in force.
  struct Door {
    Door(const WebSettings& settings, std::shared_ptr<BasicAuth> checker);
    std::shared_ptr<BasicAuth> auth;
    HostGuard guard;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  [[nodiscard]] Response Pass(Door& door, const Request& request);

  const Clock& clock_;
  WebMetrics& metrics_;
  Routes routes_;
  std::mutex mutex_;
  std::shared_ptr<Door> door_;                             // guarded by mutex_
  std::map<std::string, std::string, std::less<>> users_;  // of door_; guarded by mutex_
};

}  // namespace procmarshal
