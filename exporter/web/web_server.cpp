#include "exporter/web/web_server.h"

#include <civetweb.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <future>
#include <mutex>

#include "base/unique_fd.h"

namespace procmarshal {
namespace {

// The numeric address of a host, as CivetWeb wants it. A name such as localhost may have one of
// either kind: IPv4, which each build of CivetWeb has.
Result<std::string> Resolve(const std::string& host) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  if (is_ipv6 && mg_check_feature(MG_FEATURES_IPV6) == 0) {
    return Fail(ErrorCode::kInvalid, fmt::format("listen on [{}]: the CivetWeb that this program "
                                                 "was built with has no IPv6; use an IPv4 address",
                                                 host));
  }
  if (is_ipv6) return host;

  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::array<char, NI_MAXHOST> text{};
  int err = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (err == 0) {
    err = ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST);
    ::freeaddrinfo(found);
  }
  if (err != 0) {
    return Fail(ErrorCode::kInvalid, fmt::format("listen on {}: {}", host, ::gai_strerror(err)));
  }
  return text.data();
}

std::string Text(const ListenAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), address.host, address.port);
}

Request ReadRequest(const mg_request_info& info) {
  Request request;
  request.method = info.request_method != nullptr ? info.request_method : "";
  request.path = info.local_uri != nullptr ? info.local_uri : "";
  for (int i = 0; i < info.num_headers; ++i) {
    const auto& header = info.http_headers[i];  // NOLINT(*-constant-array-index): CivetWeb's array
    request.headers.emplace_back(header.name, header.value);
  }
  return request;
}

void Send(mg_connection* connection, const Response& response) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", response.code,
                  mg_get_response_code_text(connection, response.code), response.content_type,
                  response.body->size());
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  head += "Connection: close\r\n\r\n";
  if (mg_write(connection, head.data(), head.size()) <= 0) return;  // the client has gone
  (void)mg_write(connection, response.body->data(), response.body->size());
}

class CivetServer final : public WebServer {
 public:
  explicit CivetServer(Handler handler) : handler_(std::move(handler)) { mg_init_library(0); }
  CivetServer(const CivetServer&) = delete;
  CivetServer& operator=(const CivetServer&) = delete;
  ~CivetServer() override {
    if (context_ != nullptr) Stop();
    mg_exit_library();
  }

  Status Listen(const std::vector<ListenAddress>& addresses);
  [[nodiscard]] std::vector<std::string> Addresses() const override;

 private:
  void NotePorts();
  void Stop();
  void Connect() const;
  static int OnRequest(mg_connection* connection);
  static int OnLog(const mg_connection* connection, const char* message);

  Handler handler_;
  mg_context* context_ = nullptr;
  std::vector<ListenAddress> bound_;  // numeric hosts, the ports that the kernel picked
  std::mutex mutex_;
  std::string first_log_;  // guarded by mutex_; says why listening failed
};

Status CivetServer::Listen(const std::vector<ListenAddress>& addresses) {
  std::vector<std::string> ports;
  for (const ListenAddress& address : addresses) {
    const auto host = Resolve(address.host);
    if (!host) return tl::unexpected(host.error());
    bound_.push_back({*host, address.port});
    ports.push_back(Text(bound_.back()));
  }
  const std::string list = fmt::format("{}", fmt::join(ports, ","));

  mg_callbacks callbacks{};
  callbacks.begin_request = &CivetServer::OnRequest;
  callbacks.log_message = &CivetServer::OnLog;
  // One worker serves one connection at a time, so connections must not stay open between requests.
  std::array options = {"listening_ports",
                        list.c_str(),
                        "num_threads",
                        "8",
                        "request_timeout_ms",
                        "5000",
                        "enable_keep_alive",
                        "no",
                        "enable_directory_listing",
                        "no",
                        static_cast<const char*>(nullptr)};
  mg_init_data init{
      .callbacks = &callbacks, .user_data = this, .configuration_options = options.data()};
  std::array<char, 256> text{};
  unsigned code = 0;
  mg_error_data error{.code = &code, .text = text.data(), .text_buffer_size = text.size()};
  context_ = mg_start2(&init, &error);
  if (context_ != nullptr) {
    NotePorts();
    return {};
  }
  const std::lock_guard lock(mutex_);
  return Fail(ErrorCode::kUnavailable,
              fmt::format("listen on {}: {}; --web.listen-address chooses another address", list,
                          first_log_.empty() ? text.data() : first_log_));
}

void CivetServer::NotePorts() {
  std::vector<mg_server_port> ports(bound_.size());
  const int count = mg_get_server_ports(context_, static_cast<int>(ports.size()), ports.data());
  for (int i = 0; i < count; ++i) {
    bound_.at(static_cast<std::size_t>(i)).port =
        static_cast<std::uint16_t>(ports.at(static_cast<std::size_t>(i)).port);
  }
}

std::vector<std::string> CivetServer::Addresses() const {
  std::vector<std::string> addresses;
  addresses.reserve(bound_.size());
  for (const ListenAddress& address : bound_) addresses.push_back(Text(address));
  return addresses;
}

// CivetWeb's listening thread looks whether it is to end only every two seconds, or when somebody
// connects: so somebody does.
void CivetServer::Stop() {
  const auto stopped = std::async(std::launch::async, [this] { mg_stop(context_); });
  constexpr int kAttempts = 20;
  for (int i = 0; i < kAttempts; ++i) {
    if (stopped.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready) return;
    Connect();
  }
}

void CivetServer::Connect() const {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(bound_.front().host.c_str(), std::to_string(bound_.front().port).c_str(),
                    &hints, &found) != 0) {
    return;
  }
  const UniqueFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Whether it connects or not, the listener was woken, or is no more.
  // NOLINTNEXTLINE(bugprone-unused-return-value)
  (void)::connect(fd.Get(), found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
}

int CivetServer::OnRequest(mg_connection* connection) {
  const auto* self = static_cast<CivetServer*>(mg_get_user_data(mg_get_context(connection)));
  const Response response = self->handler_(ReadRequest(*mg_get_request_info(connection)));
  Send(connection, response);
  return response.code;
}

int CivetServer::OnLog(const mg_connection* connection, const char* message) {
  spdlog::debug("web server: {}", message);
  auto* self = static_cast<CivetServer*>(mg_get_user_data(mg_get_context(connection)));
  if (self != nullptr) {
    const std::lock_guard lock(self->mutex_);
    if (self->first_log_.empty()) self->first_log_ = message;
  }
  return 1;  // logged: CivetWeb need not
}

}  // namespace

Result<std::unique_ptr<WebServer>> WebServer::Start(const std::vector<ListenAddress>& addresses,
                                                    Handler handler) {
  auto server = std::make_unique<CivetServer>(std::move(handler));
  if (auto listening = server->Listen(addresses); !listening) {
    return tl::unexpected(listening.error());
  }
  return server;
}

}  // namespace procmarshal
