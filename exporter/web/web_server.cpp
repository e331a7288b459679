#include "exporter/web/web_server.h"

#include <civetweb.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <mutex>

#include "exporter/web/civetweb_sockets.h"
#include "exporter/web/connection_gate.h"
#include "exporter/web/listeners.h"
#include "exporter/web/request_check.h"
#include "exporter/web/request_head.h"

namespace procmarshal {
namespace {

namespace sockets = civetweb_sockets;

std::string TextOrEmpty(const char* text) {
  return text != nullptr ? text : "";
}

RequestHead ReadHead(const mg_request_info& info) {
  RequestHead head;
  head.method = TextOrEmpty(info.request_method);
  head.target = TextOrEmpty(info.request_uri);
  head.http_version = TextOrEmpty(info.http_version);
  head.headers.reserve(static_cast<std::size_t>(info.num_headers));
  for (int i = 0; i < info.num_headers; ++i) {
    const auto& header = info.http_headers[i];  // NOLINT(*-constant-array-index): CivetWeb's array
    head.headers.emplace_back(header.name, header.value);
  }
  return head;
}

bool HasBody(const RequestHead& head) {
  return !ValuesOf(head.headers, "Content-Length").empty() ||
         !ValuesOf(head.headers, "Transfer-Encoding").empty();
}

// Of "cannot bind to 127.0.0.1:9256s: 98 (Address already in use)" the part that is not CivetWeb's
// own.
std::string_view Reason(std::string_view message) {
  const std::size_t begin = message.find('(');
  if (!message.starts_with("cannot ") || begin == std::string_view::npos) return message;
  return message.substr(begin + 1, message.rfind(')') - begin - 1);
}

// Blank where CivetWeb knows no phrase (431, ...), as RFC 9112 allows.
std::string Head(const Response& response) {
  const char* phrase = mg_get_response_code_text(nullptr, response.code);
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", response.code,
                  phrase, response.content_type, response.body->size());
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + "Connection: close\r\n\r\n";
}

// How many bytes the client took, or could be handed to the kernel for it.
std::size_t Send(mg_connection* connection, const Response& response) {
  const mg_request_info* info = mg_get_request_info(connection);
  const bool is_head = info != nullptr && TextOrEmpty(info->request_method) == "HEAD";
  const std::string head = Head(response);
  const int sent = mg_write(connection, head.data(), head.size());
  if (sent <= 0) return 0;  // the client has gone
  if (is_head) return static_cast<std::size_t>(sent);
  const int more = mg_write(connection, response.body->data(), response.body->size());
  return static_cast<std::size_t>(sent) + static_cast<std::size_t>(std::max(more, 0));
}

Refusal TooLarge() {
  return {RefusedFor::kTooLarge, Response::Text(431, "The header is too large.\n")};
}

// What the web server's own parser refuses, in our words.
Refusal Translate(int status) {
  switch (status) {
    case 411:
      return {RefusedFor::kMalformed, Response::Text(400, "Content-Length is not a number.\n")};
    case 505:
      return {RefusedFor::kMalformed,
              Response::Text(505, "HTTP/1.1 and HTTP/1.0 are spoken here.\n")};
    default:
      return {RefusedFor::kMalformed, Response::Text(status, "This is not an HTTP request.\n")};
  }
}

class CivetServer final : public WebServer {
 public:
  CivetServer(Options options, Handler handler, const Clock& clock, WebMetrics& metrics)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        clock_(clock),
        metrics_(metrics),
        gate_(options_.limits, clock, metrics),
        sockets_{.gate = gate_, .uses_tls = options_.tls != nullptr} {
    mg_init_library(MG_FEATURES_TLS);
  }
  CivetServer(const CivetServer&) = delete;
  CivetServer& operator=(const CivetServer&) = delete;
  ~CivetServer() override {
    if (context_ != nullptr) Stop();
    mg_exit_library();
  }

  Status Listen();
  [[nodiscard]] std::vector<std::string> Addresses() const override;

 private:
  Status StartCivetWeb(const std::string& ports);
  void NotePorts();
  void Stop();
  Response Answer(const mg_request_info& info);
  Response Refuse(Refusal refusal);
  void Reply(mg_connection* connection, const Response& response, BootTime begin);
  [[nodiscard]] Address Peer(const mg_request_info& info) const;

  static CivetServer* Self(const mg_connection* connection) {
    return static_cast<CivetServer*>(mg_get_user_data(mg_get_context(connection)));
  }
  static void* OnThread(const mg_context* context, int type);
  static int OnTls(void** context, void* self);
  static int OnConnection(const mg_connection* connection, void** data);
  static int OnRequest(mg_connection* connection);
  static int OnError(mg_connection* connection, int status, const char* message);
  static void OnClose(const mg_connection* connection);
  static int OnLog(const mg_connection* connection, const char* message);

  const Options options_;
  const Handler handler_;
  const Clock& clock_;
  WebMetrics& metrics_;
  ConnectionGate gate_;
  const sockets::Server sockets_;
  mg_context* context_ = nullptr;
  std::vector<ListenAddress> bound_;  // numeric hosts, the ports that the kernel picked
  std::mutex mutex_;
  std::string first_log_;  // guarded by mutex_; says why listening failed
};

Status CivetServer::Listen() {
  if (options_.tls && !sockets::kInUse) {
    return Fail(
        ErrorCode::kInvalid,
        "web.tls_server_config: this program was built with the system's CivetWeb, whose TLS "
        "can't be relied on");
  }
  if (!sockets::kInUse) {
    spdlog::warn(
        "this program was built with the system's CivetWeb, so web.limits can't be kept: "
        "let no stranger connect");
  }
  auto listeners = MakeListeners(options_.addresses, options_.tls != nullptr);
  if (!listeners) return tl::unexpected(listeners.error());
  bound_ = std::move(listeners->addresses);
  if (auto removed = RemoveOldSockets(bound_); !removed) return removed;
  // Unix sockets: for the owner and the group. No other thread makes files now.
  constexpr mode_t kMask = 0117;
  const mode_t mask = ::umask(kMask);
  auto started = StartCivetWeb(listeners->ports);
  ::umask(mask);
  if (started) NotePorts();
  return started;
}

Status CivetServer::StartCivetWeb(const std::string& ports) {
  const WebLimits& limits = options_.limits;
  const std::string workers = std::to_string(limits.workers);
  const std::string queue = std::to_string(limits.connections);
  // Later than the gate's, which tell a slow request from a malformed one and free what was not
  // sent.
  const std::string timeout =
      std::to_string((limits.request_timeout + limits.response_timeout).count());
  const std::string header_size = std::to_string(limits.header_size);
  mg_callbacks callbacks{};
  callbacks.init_thread = &CivetServer::OnThread;
  callbacks.external_ssl_ctx = &CivetServer::OnTls;
  callbacks.init_connection = &CivetServer::OnConnection;
  callbacks.begin_request = &CivetServer::OnRequest;
  callbacks.http_error = &CivetServer::OnError;
  callbacks.connection_close = &CivetServer::OnClose;
  callbacks.log_message = &CivetServer::OnLog;
  // One worker serves one connection at a time, so connections must not stay open between requests.
  std::array options = {"listening_ports",
                        ports.c_str(),
                        "num_threads",
                        workers.c_str(),
                        "connection_queue",
                        queue.c_str(),
                        "request_timeout_ms",
                        timeout.c_str(),
                        "listen_backlog",
                        "4096",
                        "tcp_nodelay",
                        "1",
                        "max_request_size",
                        header_size.c_str(),
                        "decode_url",
                        "no",
                        "enable_auth_domain_check",
                        "no",
                        "enable_keep_alive",
                        "no",
                        static_cast<const char*>(nullptr)};
  mg_init_data init{
      .callbacks = &callbacks, .user_data = this, .configuration_options = options.data()};
  std::array<char, 256> text{};
  unsigned code = 0;
  mg_error_data error{.code = &code, .text = text.data(), .text_buffer_size = text.size()};
  context_ = mg_start2(&init, &error);
  if (context_ != nullptr) return {};
  const std::lock_guard lock(mutex_);
  return Fail(
      ErrorCode::kUnavailable,
      fmt::format("listen on {}: {}; web.listen and --web.listen-address choose other addresses",
                  fmt::join(Addresses(), ", "),
                  Reason(first_log_.empty() ? text.data() : first_log_)));
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

// CivetWeb's listening thread looks whether it is to end only now and then, or when somebody
// connects: so somebody does.
void CivetServer::Stop() {
  const auto stopped = std::async(std::launch::async, [this] { mg_stop(context_); });
  constexpr int kAttempts = 20;
  for (int i = 0; i < kAttempts; ++i) {
    if (stopped.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready) break;
    Knock(bound_.front());
  }
  // Before the wait for clients that are slow to take their answers, which may be cut short.
  for (const ListenAddress& address : bound_) {
    if (!address.path.empty()) ::unlink(address.path.c_str());
  }
  stopped.wait();
}

Address CivetServer::Peer(const mg_request_info& info) const {
  if (const auto connection = gate_.Find(sockets::Socket())) return connection->peer;
  // Without the gate there are neither unix sockets nor IPv6.
  return Address::Parse(info.remote_addr).value_or(Address());
}

Response CivetServer::Refuse(Refusal refusal) {
  metrics_.Refused(refusal.reason);
  return std::move(refusal.response);
}

Response CivetServer::Answer(const mg_request_info& info) {
  if (sockets::kInUse) {
    if (const auto exact = CheckHead(sockets::Received()); !exact) {
      return Refuse({RefusedFor::kMalformed,
                     Response::Text(400, "Malformed: " + exact.error().message + ".\n")});
    }
  }
  RequestHead head = ReadHead(info);
  if (HasBody(head)) sockets::ExpectBody();
  if (auto refusal = CheckRequest(head, options_.limits)) return Refuse(*std::move(refusal));
  Request request = ToRequest(std::move(head));
  request.query = TextOrEmpty(info.query_string);
  request.peer = Peer(info);
  return handler_(request);
}

void CivetServer::Reply(mg_connection* connection, const Response& response, BootTime begin) {
  const std::size_t sent = Send(connection, response);
  metrics_.Answered({.path = response.route,
                     .code = response.code,
                     .duration = clock_.Boot() - begin,
                     .received = sockets::Received().size(),
                     .sent = sent});
}

void* CivetServer::OnThread(const mg_context* context, int /*type*/) {
  sockets::EnterThread(static_cast<const CivetServer*>(mg_get_user_data(context))->sockets_);
  return nullptr;
}

// Called at the start, and at the end to free the context: 1 means that it stays ours.
int CivetServer::OnTls(void** context, void* self) {
  const auto& tls = static_cast<const CivetServer*>(self)->options_.tls;
  *context = tls ? tls->Get() : nullptr;
  return 1;
}

// By TLS, this comes after the handshake.
int CivetServer::OnConnection(const mg_connection* connection, void** data) {
  sockets::BeginConnection();
  *data = Self(connection);
  return 0;
}

int CivetServer::OnRequest(mg_connection* connection) {
  auto* self = Self(connection);
  const BootTime begin = self->clock_.Boot();
  self->gate_.BeginAnswer(sockets::Socket());
  const Response response = self->Answer(*mg_get_request_info(connection));
  self->Reply(connection, response, begin);
  // Answered. A positive number would say so too, and have CivetWeb wait for a body that nobody
  // wants.
  return -1;
}

int CivetServer::OnError(mg_connection* connection, int status, const char* /*message*/) {
  auto* self = Self(connection);
  const auto open = self->gate_.Find(sockets::Socket());
  if (open && open->cut) return 0;  // it was told, and counted, as too slow
  const BootTime begin = self->clock_.Boot();
  self->gate_.BeginAnswer(sockets::Socket());
  // A header without end is malformed to CivetWeb, however long it is.
  const bool is_full = sockets::Received().size() >= self->options_.limits.header_size;
  self->Reply(connection, self->Refuse(is_full ? TooLarge() : Translate(status)), begin);
  return 0;  // answered: CivetWeb need not
}

void CivetServer::OnClose(const mg_connection* connection) {
  auto* self = Self(connection);
  const auto open = self->gate_.Find(sockets::Socket());
  if (open && open->cut) return;
  const bool has_begun = mg_get_user_connection_data(connection) != nullptr;
  if (!has_begun) {
    self->metrics_.Refused(RefusedFor::kHandshake);
    return;
  }
  // CivetWeb answers nothing to a target that is not a path, nor a URI of this address and port.
  if (!open || open->answering || sockets::Received().empty()) return;
  const BootTime begin = self->clock_.Boot();
  self->gate_.BeginAnswer(sockets::Socket());
  Refusal refusal{RefusedFor::kMalformed,
                  Response::Text(400, "Ask for a path, such as /metrics.\n")};
  // It is about to be closed, not closed yet: the callback's name is all that makes it const.
  self->Reply(const_cast<mg_connection*>(connection), self->Refuse(std::move(refusal)), begin);
}

int CivetServer::OnLog(const mg_connection* connection, const char* message) {
  spdlog::debug("web server: {}", message);
  auto* self = Self(connection);
  if (self != nullptr) {
    const std::lock_guard lock(self->mutex_);
    if (self->first_log_.empty()) self->first_log_ = message;
  }
  return 1;  // logged: CivetWeb need not
}

}  // namespace

Result<std::unique_ptr<WebServer>> WebServer::Start(Options options, Handler handler,
                                                    const Clock& clock, WebMetrics& metrics) {
  auto server =
      std::make_unique<CivetServer>(std::move(options), std::move(handler), clock, metrics);
  if (auto listening = server->Listen(); !listening) return tl::unexpected(listening.error());
  return server;
}

}  // namespace procmarshal
