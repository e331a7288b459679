#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "exporter/web/settings.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace procmarshal {

// The server's side of TLS: an OpenSSL context made of files that are read again when they change.
// Sessions are not resumed, so that each connection proves itself to the client CA of its day. Any
// thread may call it.
class TlsContext {
 public:
  // Fails as CheckTlsSettings and ReadTlsFiles do, and with kInvalid for ciphers, curves and
  // certificates that OpenSSL does not take at its default level of security. The message starts
  // with the key of the configuration and names the file. Warns in the log of a private key that
  // everybody may read. `clock` must live as long as the result.
  [[nodiscard]] static Result<std::unique_ptr<TlsContext>> Load(const TlsSettings& settings,
                                                                const Clock& clock);

  // Comes after the last connection that was made with Get().
  virtual ~TlsContext() = default;

  // Where connections begin (SSL_new). It holds no certificate: each handshake calls Refresh, then
  // goes on with the newest. Valid as long as this object, which keeps owning it.
  [[nodiscard]] virtual ssl_ctx_st* Get() const = 0;

  // Reads the files again if one has changed or the last reading failed, at most once a second. New
  // files serve the next handshake only when all of them are good and fit together; until then the
  // old ones do, and each new reason why is logged once. Waits for no other thread's reading. Of
  // use where no handshake may come for long: to show the state below.
  virtual void Refresh() = 0;

  // False while the files as they are now can't be used.
  [[nodiscard]] virtual bool LastReadSucceeded() const = 0;

  // When the certificate that handshakes get expires. In seconds, since some last until 9999.
  [[nodiscard]] virtual std::chrono::sys_seconds Expiry() const = 0;
};

}  // namespace procmarshal
