#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace procmarshal {

// What [web] of the configuration says. packaging/procmarshal.toml explains each; the names of TLS,
// users and headers are those of Prometheus' exporter-toolkit (its docs/web-configuration.md).

// web.tls_server_config: TLS is on when anything is set, and then needs a certificate.
struct TlsSettings {
  // As Go's crypto/tls names and orders them.
  enum class ClientAuth {
    kNoClientCert,
    kRequestClientCert,
    kRequireAnyClientCert,
    kVerifyClientCertIfGiven,
    kRequireAndVerifyClientCert,
  };

  std::string cert_file;  // PEM, the chain that clients get
  std::string key_file;   // PEM, its private key
  ClientAuth client_auth_type = ClientAuth::kNoClientCert;
  std::string client_ca_file;                    // PEM, who may sign a client's certificate
  std::vector<std::string> client_allowed_sans;  // empty: any certificate that is signed so
  std::string min_version = "TLS12";             // or "TLS13"
  std::string max_version = "TLS13";             // or "TLS12"
  std::vector<std::string> cipher_suites;      // of TLS 1.2, IANA's names; empty: OpenSSL's choice
  std::vector<std::string> curve_preferences;  // Go's names; empty: OpenSSL's choice

  [[nodiscard]] bool IsOn() const { return *this != TlsSettings(); }
  bool operator==(const TlsSettings&) const = default;
};

// web.limits: what one client, and all of them, may take.
struct WebLimits {
  std::size_t workers = 32;                           // answers under way at a time
  std::size_t connections = 256;                      // open at a time
  std::size_t connections_per_address = 8;            // of them, from one address
  std::chrono::milliseconds request_timeout{5000};    // from accept(2) to the end of the header
  std::chrono::milliseconds response_timeout{10000};  // from there to the end of the answer
  std::size_t header_size = 16384;                    // bytes, the request line included
  std::size_t body_size = 65536;                      // bytes

  bool operator==(const WebLimits&) const = default;
};

struct WebSettings {
  std::vector<std::string> listen{":9256"};  // HOST:PORT or unix:PATH
  std::vector<std::string>
      api_from;  // networks that may use the page and the API, beside this host
  std::vector<std::string> allowed_hosts;  // names for which they answer, beside this host's own
  TlsSettings tls;
  std::map<std::string, std::string, std::less<>> basic_auth_users;  // name -> bcrypt hash
  std::map<std::string, std::string, std::less<>> headers;           // sent with every answer
  WebLimits limits;

  bool operator==(const WebSettings&) const = default;
};

}  // namespace procmarshal
