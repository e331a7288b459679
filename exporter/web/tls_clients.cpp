#include "exporter/web/tls_clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

#include "exporter/web/address.h"

namespace procmarshal {
namespace {

using ClientAuth = TlsSettings::ClientAuth;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// All of it, NULs included: a name does not end where C would end it.
std::string TextOf(const ASN1_STRING* text) {
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  return {bytes, static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// As Address writes it; empty for a length that no address has.
std::string AddressText(std::string_view bytes) {
  sockaddr_storage address{};
  if (bytes.size() == sizeof(in_addr)) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    std::memcpy(&ipv4.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&address, &ipv4, sizeof(ipv4));
  } else if (bytes.size() == sizeof(in6_addr)) {
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    std::memcpy(&ipv6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&address, &ipv6, sizeof(ipv6));
  } else {
    return {};
  }
  return Address::FromSocket(address).Text();
}

// Empty for kinds that no setting can name.
std::string TextOf(const GENERAL_NAME& name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(&name, &type);
  if (type == GEN_IPADD) return AddressText(TextOf(static_cast<const ASN1_STRING*>(value)));
  const bool is_text = type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI;
  return is_text ? TextOf(static_cast<const ASN1_STRING*>(value)) : std::string();
}

bool IsAllowed(const X509& certificate, const std::vector<std::string>& allowed) {
  return std::ranges::any_of(ClientNames(certificate), [&](const std::string& name) {
    return std::ranges::find(allowed, name) != allowed.end();
  });
}

// For the types that ask, but do not verify.
int AcceptUnverified(X509_STORE_CTX* chain, void*) {
  // Whoever asks SSL_get_verify_result later is not told that it was verified.
  X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_UNTRUSTED);
  return 1;
}

// OpenSSL's own checks, then ours. The handshake fails on 0.
int Verify(X509_STORE_CTX* chain, void* allowed_names) noexcept {
  if (X509_verify_cert(chain) != 1) return 0;
  try {
    const auto& allowed = *static_cast<const std::vector<std::string>*>(allowed_names);
    if (allowed.empty() || IsAllowed(*X509_STORE_CTX_get0_cert(chain), allowed)) return 1;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
  } catch (const std::exception&) {
    X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM);
  }
  return 0;
}

int VerifyMode(ClientAuth type) {
  switch (type) {
    case ClientAuth::kNoClientCert:
      return SSL_VERIFY_NONE;
    case ClientAuth::kRequestClientCert:
    case ClientAuth::kVerifyClientCertIfGiven:
      return SSL_VERIFY_PEER;
    case ClientAuth::kRequireAnyClientCert:
    case ClientAuth::kRequireAndVerifyClientCert:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

// Trusts them, and tells clients their names.
bool AddAuthority(SSL_CTX& context, X509* authority) {
  return X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), authority) == 1 &&
         SSL_CTX_add_client_CA(&context, authority) == 1;
}

}  // namespace

std::vector<std::string> NormalNames(const std::vector<std::string>& allowed_sans) {
  std::vector<std::string> names;
  for (const std::string& san : allowed_sans) {
    const std::optional<Address> address = Address::Parse(san);
    names.push_back(address ? address->Text() : san);
  }
  return names;
}

std::vector<std::string> ClientNames(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    std::string text = TextOf(*sk_GENERAL_NAME_value(names.get(), i));
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

bool SetClientAuth(SSL_CTX& context, ClientAuth type, std::span<const OpenSslPtr<X509>> authorities,
                   const std::vector<std::string>& allowed_names) {
  const bool verifies = type == ClientAuth::kVerifyClientCertIfGiven ||
                        type == ClientAuth::kRequireAndVerifyClientCert;
  SSL_CTX_set_verify(&context, VerifyMode(type), nullptr);
  // OpenSSL hands the pointer to Verify, which only reads.
  SSL_CTX_set_cert_verify_callback(&context, verifies ? &Verify : &AcceptUnverified,
                                   const_cast<std::vector<std::string>*>(&allowed_names));
  // As in Go, what is in the file is trusted, whether or not it is a root.
  X509_STORE_set_flags(SSL_CTX_get_cert_store(&context), X509_V_FLAG_PARTIAL_CHAIN);
  return std::ranges::all_of(authorities, [&](const OpenSslPtr<X509>& authority) {
    return AddAuthority(context, authority.get());
  });
}

}  // namespace procmarshal
