#include "exporter/web/site.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

namespace procmarshal {
namespace {

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Those that the configuration took.
std::vector<Network> Networks(const std::vector<std::string>& texts) {
  std::vector<Network> networks;
  networks.reserve(texts.size());
  for (const std::string& text : texts) {
    if (const auto network = Network::Parse(text)) networks.push_back(*network);
  }
  return networks;
}

}  // namespace

Site::Door::Door(const WebSettings& settings, std::shared_ptr<BasicAuth> checker)
    : auth(std::move(checker)),
      guard(settings.allowed_hosts, Networks(settings.api_from), HostName()) {
  for (const auto& [name, value] : settings.headers) {
    if (!value.empty()) headers.emplace_back(name, value);
  }
}

Site::Site(const WebSettings& settings, const Clock& clock, WebMetrics& metrics)
    : clock_(clock),
      metrics_(metrics),
      door_(std::make_shared<Door>(settings,
                                   std::make_shared<BasicAuth>(settings.basic_auth_users, clock))),
      users_(settings.basic_auth_users) {}

void Site::Configure(const WebSettings& settings) {
  const std::lock_guard lock(mutex_);
  auto auth = door_->auth;
  if (settings.basic_auth_users != users_) {
    users_ = settings.basic_auth_users;
    auth = std::make_shared<BasicAuth>(users_, clock_);
  }
  door_ = std::make_shared<Door>(settings, std::move(auth));
}

Response Site::Pass(Door& door, const Request& request) {
  auto refusal = door.auth->Check(request);
  if (!refusal) refusal = door.guard.Check(request);
  if (!refusal) return routes_.Handle(request);
  metrics_.Refused(refusal->reason);
  return std::move(refusal->response);
}

Response Site::Answer(const Request& request) {
  std::shared_ptr<Door> door;
  {
    const std::lock_guard lock(mutex_);
    door = door_;
  }
  Response response = Pass(*door, request);
  response.route = routes_.Label(request.path);
  response.headers.insert(response.headers.end(), door->headers.begin(), door->headers.end());
  return response;
}

}  // namespace procmarshal
