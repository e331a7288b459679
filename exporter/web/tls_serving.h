#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "exporter/web/settings.h"
#include "exporter/web/tls_files.h"
#include "exporter/web/tls_openssl.h"

namespace procmarshal {

// The settings in OpenSSL's words: what does not depend on the files.
struct TlsProfile {
  int min_version = 0;
  int max_version = 0;
  std::string ciphers;  // empty: OpenSSL's choice
  std::string groups;   // the same
  TlsSettings::ClientAuth client_auth{};
  std::vector<std::string> allowed_names;
};

// Fails as CheckTlsSettings, CipherList and GroupList do; the message starts with the key.
[[nodiscard]] Result<TlsProfile> MakeTlsProfile(const TlsSettings& settings);

// A context without a certificate, which points into `profile`. A connection takes most of its ways
// from the context that it begins with, the rest from the one that SSL_set_SSL_CTX moves it to
// (certificates, ciphers, client authorities and what checks them): so both have all of them.
[[nodiscard]] Result<OpenSslPtr<SSL_CTX>> MakeTlsContext(
    const TlsProfile& profile, std::span<const OpenSslPtr<X509>> client_authorities);

// A context with a certificate: what a handshake is served with.
struct TlsServing {
  OpenSslPtr<SSL_CTX> context;
  std::chrono::sys_seconds expiry;
  TlsFileStamps stamps;
  bool everybody_reads_key = false;
};

// Reads the files. Leaves no error in OpenSSL's queue, whatever comes of it.
[[nodiscard]] Result<TlsServing> MakeTlsServing(const TlsSettings& settings,
                                                const TlsProfile& profile);

}  // namespace procmarshal
