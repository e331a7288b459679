#pragma once

#include <span>
#include <string>
#include <vector>

#include "exporter/web/settings.h"
#include "exporter/web/tls_openssl.h"

namespace procmarshal {

// The names of client_allowed_sans as ClientNames would write them.
[[nodiscard]] std::vector<std::string> NormalNames(const std::vector<std::string>& allowed_sans);

// The DNS names, email addresses, URIs and IP addresses among the subject alternative names.
[[nodiscard]] std::vector<std::string> ClientNames(const X509& certificate);

// Makes `context` ask for certificates as `type` says, trust `authorities`, and take only
// certificates with one of `allowed_names` if there are any. These must live as long as any
// connection. False if OpenSSL refuses an authority.
[[nodiscard]] bool SetClientAuth(SSL_CTX& context, TlsSettings::ClientAuth type,
                                 std::span<const OpenSslPtr<X509>> authorities,
                                 const std::vector<std::string>& allowed_names);

}  // namespace procmarshal
