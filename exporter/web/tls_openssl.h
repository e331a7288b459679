#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace procmarshal {

struct OpenSslFree {
  void operator()(BIO* object) const { BIO_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(SSL* object) const { SSL_free(object); }
  void operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
  void operator()(STACK_OF(SSL_CIPHER) * object) const { sk_SSL_CIPHER_free(object); }
  void operator()(X509* object) const { X509_free(object); }
};

// An object of OpenSSL's with one owner.
template <typename Object>
using OpenSslPtr = std::unique_ptr<Object, OpenSslFree>;

// Why OpenSSL refused what this thread asked of it last. Forgets it too: a server that finds an old
// error in the queue of its thread takes it for one of its connection (SSL_get_error(3)).
[[nodiscard]] inline std::string TakeOpenSslReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());  // the first is the cause
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

}  // namespace procmarshal
