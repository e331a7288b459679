#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace procmarshal::testing {

// What to put into a certificate.
struct CertificateRequest {
  std::string name = "test";           // the subject's common name
  std::vector<std::string> sans = {};  // "DNS:a.example", "IP:::1", "email:a@b.example", "URI:a:b"
  std::string usage = {};              // extended key usage, "clientAuth"; empty: any
  bool is_authority = false;
  int rsa_bits = 0;  // 0: an EC key on the curve P-256
  std::chrono::sys_days not_before = std::chrono::year(2020) / 1 / 1;
  std::chrono::sys_days not_after = std::chrono::year(2100) / 1 / 1;
};

// As PEM.
struct Certificate {
  std::string pem;
  std::string key_pem;
};

// Makes one with a new key, signed by `issuer` or, without one, by itself.
[[nodiscard]] Certificate MakeCertificate(const CertificateRequest& request,
                                          const Certificate* issuer = nullptr);

// The same private key, under a passphrase.
[[nodiscard]] std::string EncryptKey(const std::string& key_pem);

// What a client brings.
struct TlsClient {
  const Certificate* certificate = nullptr;
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  std::string ciphers = {};                  // of TLS 1.2; empty: OpenSSL's choice
  std::string groups = {};                   // the same
  SSL_SESSION* resumed = nullptr;            // of an earlier connection
  std::function<void()> in_the_middle = {};  // called when the server has sent its certificate
};

// What the server says of a handshake, and the client of what it got.
struct TlsOutcome {
  std::string result;  // "ok", or why the server, or else the client, refused
  std::string version = {};
  std::string cipher = {};
  std::string group = {};
  std::string server_name = {};               // in the certificate
  int chain_size = 0;                         // of the server
  std::vector<std::string> authorities = {};  // that the server names
  bool is_resumed = false;
  long verify_result = X509_V_OK;                  // as the server's code would ask for it
  std::shared_ptr<SSL_SESSION> session = nullptr;  // to resume
};

// A handshake in memory, with a client of OpenSSL's.
[[nodiscard]] TlsOutcome Shake(SSL_CTX* server, const TlsClient& client = {});

}  // namespace procmarshal::testing
