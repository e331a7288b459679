#include "exporter/web/tls.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "exporter/web/tls_files.h"
#include "exporter/web/tls_openssl.h"
#include "exporter/web/tls_serving.h"

namespace procmarshal {
namespace {

void WarnOfKeyMode(const TlsServing& serving, const TlsSettings& settings) {
  if (!serving.everybody_reads_key) return;
  spdlog::warn("web.tls_server_config.key_file: everybody may read {}",
               Printable(settings.key_file));
}

class RereadContext final : public TlsContext {
 public:
  RereadContext(TlsSettings settings, TlsProfile profile, const Clock& clock)
      : settings_(std::move(settings)), profile_(std::move(profile)), clock_(clock) {}

  Status Start();

  [[nodiscard]] ssl_ctx_st* Get() const override { return entrance_.get(); }
  void Refresh() override;
  [[nodiscard]] bool LastReadSucceeded() const override;
  [[nodiscard]] std::chrono::sys_seconds Expiry() const override;

 private:
  static int OnClientHello(SSL* connection, int* alert, void* self) noexcept;

  [[nodiscard]] bool IsDue() const;
  void Take(TlsServing serving);
  void KeepOld(const Error& error);
  [[nodiscard]] bool Serve(SSL* connection) const;

  const TlsSettings settings_;
  const TlsProfile profile_;  // the contexts point into it
  const Clock& clock_;
  OpenSslPtr<SSL_CTX> entrance_;

  // Only ever tried: nobody waits while its holder reads files and logs.
  std::mutex reading_mutex_;
  BootTime next_look_;   // guarded by reading_mutex_
  std::string failure_;  // guarded by reading_mutex_: of the last reading, empty if it succeeded

  mutable std::mutex mutex_;
  TlsServing serving_;               // guarded by mutex_
  bool last_read_succeeded_ = true;  // guarded by mutex_
};

Status RereadContext::Start() {
  auto entrance = MakeTlsContext(profile_, {});
  if (!entrance) return tl::unexpected(entrance.error());
  entrance_ = *std::move(entrance);
  SSL_CTX_set_client_hello_cb(entrance_.get(), &OnClientHello, this);

  auto serving = MakeTlsServing(settings_, profile_);
  if (!serving) return tl::unexpected(serving.error());
  WarnOfKeyMode(*serving, settings_);
  serving_ = *std::move(serving);
  next_look_ = clock_.Boot() + std::chrono::seconds(1);
  return {};
}

void RereadContext::Refresh() {
  const std::unique_lock reading(reading_mutex_, std::try_to_lock);
  if (!reading || clock_.Boot() < next_look_) return;
  next_look_ = clock_.Boot() + std::chrono::seconds(1);
  if (!IsDue()) return;

  auto serving = MakeTlsServing(settings_, profile_);
  if (serving)
    Take(*std::move(serving));
  else
    KeepOld(serving.error());
}

// After a failure always: the files may be back as they were read last, or have been read while
// they were written, within one tick.
bool RereadContext::IsDue() const {
  if (!failure_.empty()) return true;
  const TlsFileStamps stamps = StampTlsFiles(settings_);
  const std::scoped_lock lock(mutex_);
  return stamps != serving_.stamps;
}

void RereadContext::Take(TlsServing serving) {
  failure_.clear();
  WarnOfKeyMode(serving, settings_);
  spdlog::info("web.tls_server_config: read again, since a file changed");
  const std::scoped_lock lock(mutex_);
  std::swap(serving_, serving);
  last_read_succeeded_ = true;
}

void RereadContext::KeepOld(const Error& error) {
  if (failure_ != error.message) {
    spdlog::error("{}; connections get the certificates read before", error.message);
  }
  failure_ = error.message;
  const std::scoped_lock lock(mutex_);
  last_read_succeeded_ = false;
}

bool RereadContext::Serve(SSL* connection) const {
  const std::scoped_lock lock(mutex_);
  return SSL_set_SSL_CTX(connection, serving_.context.get()) != nullptr;
}

int RereadContext::OnClientHello(SSL* connection, int* alert, void* self) noexcept {
  auto& context = *static_cast<RereadContext*>(self);
  try {
    context.Refresh();
  } catch (const std::exception&) {
    // No memory to read the files again: those read before will do.
    ERR_clear_error();
  }
  bool served = false;
  try {
    served = context.Serve(connection);
  } catch (const std::exception&) {
    served = false;
  }
  if (!served) *alert = SSL_AD_INTERNAL_ERROR;
  return served ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

bool RereadContext::LastReadSucceeded() const {
  const std::scoped_lock lock(mutex_);
  return last_read_succeeded_;
}

std::chrono::sys_seconds RereadContext::Expiry() const {
  const std::scoped_lock lock(mutex_);
  return serving_.expiry;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::Load(const TlsSettings& settings,
                                                     const Clock& clock) {
  auto profile = MakeTlsProfile(settings);
  if (!profile) return tl::unexpected(profile.error());
  auto context = std::make_unique<RereadContext>(settings, *std::move(profile), clock);
  const Status started = context->Start();
  if (!started) return tl::unexpected(started.error());
  return context;
}

}  // namespace procmarshal
