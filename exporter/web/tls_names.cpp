#include "exporter/web/tls_names.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/suggest.h"
#include "base/utf8.h"
#include "exporter/web/tls_openssl.h"

namespace procmarshal {
namespace {

constexpr auto kVersions = std::to_array<int>({TLS1_2_VERSION, TLS1_3_VERSION});

constexpr auto kGroups = std::to_array<std::string_view>({"P-256", "P-384", "P-521", "X25519"});

// RFC 8446, appendix B.4.
constexpr auto kTls13Suites = std::to_array<std::string_view>(
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
     "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"});

// Where in `names` this one is; their number if nowhere.
std::size_t Find(std::span<const std::string_view> names, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

void Append(std::string_view item, std::string& list) {
  if (!list.empty()) list += ':';
  list += item;
}

// The suites to choose from, in two lists of the same order.
struct Suites {
  std::vector<std::string_view> names;    // IANA's
  std::vector<std::string_view> openssl;  // the same in OpenSSL's words
};

bool NeedsOnlyACertificate(const SSL_CIPHER* cipher) {
  const int exchange = SSL_CIPHER_get_kx_nid(cipher);
  const int authentication = SSL_CIPHER_get_auth_nid(cipher);
  return (exchange == NID_kx_ecdhe || exchange == NID_kx_rsa) &&
         (authentication == NID_auth_rsa || authentication == NID_auth_ecdsa);
}

// What is left of all that OpenSSL knows at its default level of security.
Suites SuitesToChooseFrom() {
  Suites suites;
  const OpenSslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_cipher_list(context.get(), "ALL") != 1) return suites;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);

  const OpenSslPtr<SSL> connection(SSL_new(context.get()));
  if (!connection) return suites;
  const OpenSslPtr<STACK_OF(SSL_CIPHER)> ciphers(SSL_get1_supported_ciphers(connection.get()));
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers.get()); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers.get(), i);
    if (!NeedsOnlyACertificate(cipher)) continue;
    suites.names.emplace_back(SSL_CIPHER_standard_name(cipher));
    suites.openssl.emplace_back(SSL_CIPHER_get_name(cipher));
  }
  return suites;
}

tl::unexpected<Error> RefuseSuite(std::string_view name, const Suites& suites) {
  if (Find(kTls13Suites, name) != kTls13Suites.size()) {
    return Fail(ErrorCode::kInvalid, Quote(name) +
                                         " is a cipher suite of TLS 1.3, whose suites are not "
                                         "chosen: only those of TLS 1.2 are");
  }
  return Fail(ErrorCode::kInvalid, Quote(name) +
                                       " is not a cipher suite of TLS 1.2 that can be offered" +
                                       DidYouMean(name, suites.names));
}

Status Refuse(std::string_view key, std::string_view reason) {
  return Fail(ErrorCode::kInvalid,
              "web.tls_server_config." + std::string(key) + ": " + std::string(reason));
}

Status CheckVersions(const TlsSettings& settings) {
  const auto least = ParseTlsVersion(settings.min_version);
  if (!least) return Refuse("min_version", least.error().message);
  const auto most = ParseTlsVersion(settings.max_version);
  if (!most) return Refuse("max_version", most.error().message);
  if (*least > *most) return Refuse("min_version", "higher than max_version");
  return {};
}

Status CheckClientAuth(const TlsSettings& settings) {
  using ClientAuth = TlsSettings::ClientAuth;
  const ClientAuth type = settings.client_auth_type;
  const bool verifies = type == ClientAuth::kVerifyClientCertIfGiven ||
                        type == ClientAuth::kRequireAndVerifyClientCert;
  const std::string type_name(kClientAuthNames.at(static_cast<std::size_t>(type)));
  const std::string not_verified =
      "client_auth_type " + Quote(type_name) + " does not verify certificates";

  if (verifies && settings.client_ca_file.empty()) {
    return Refuse("client_ca_file", "not set, but needed by client_auth_type " + Quote(type_name));
  }
  if (!verifies && !settings.client_ca_file.empty()) return Refuse("client_ca_file", not_verified);
  if (!verifies && !settings.client_allowed_sans.empty()) {
    return Refuse("client_allowed_sans", not_verified);
  }
  if (std::ranges::find(settings.client_allowed_sans, "") != settings.client_allowed_sans.end()) {
    return Refuse("client_allowed_sans", "an empty name");
  }
  return {};
}

}  // namespace

Result<int> ParseTlsVersion(std::string_view name) {
  const std::size_t at = Find(kTlsVersionNames, name);
  if (at < kVersions.size()) return kVersions.at(at);

  const bool is_broken = name == "TLS10" || name == "TLS11";
  return Fail(ErrorCode::kInvalid,
              Quote(name) +
                  (is_broken ? " is refused: TLS before 1.2 can be broken (RFC 8996)"
                             : " is not a version of TLS") +
                  R"(, expected "TLS12" or "TLS13")");
}

Result<std::string> CipherList(const std::vector<std::string>& names) {
  if (names.empty()) return std::string();
  const Suites suites = SuitesToChooseFrom();
  std::string list;
  for (const std::string& name : names) {
    const std::size_t at = Find(suites.names, name);
    if (at == suites.names.size()) return RefuseSuite(name, suites);
    Append(suites.openssl[at], list);
  }
  return list;
}

Result<std::string> GroupList(const std::vector<std::string>& names) {
  std::vector<std::string_view> groups;
  for (const std::string& name : names) {
    const std::size_t at = Find(kCurveNames, name);
    if (at == kCurveNames.size()) {
      return Fail(ErrorCode::kInvalid, Quote(name) + " is not a curve, expected \"CurveP256\", " +
                                           R"("CurveP384", "CurveP521" or "X25519")" +
                                           DidYouMean(name, kCurveNames));
    }
    // OpenSSL refuses a list that names one twice.
    if (Find(groups, kGroups.at(at)) == groups.size()) groups.push_back(kGroups.at(at));
  }
  std::string list;
  for (const std::string_view group : groups) Append(group, list);
  return list;
}

Status CheckTlsSettings(const TlsSettings& settings) {
  if (settings.cert_file.empty()) return Refuse("cert_file", "not set, TLS needs a certificate");
  if (settings.key_file.empty()) {
    return Refuse("key_file", "not set, TLS needs the private key of the certificate");
  }
  if (auto versions = CheckVersions(settings); !versions) return versions;
  return CheckClientAuth(settings);
}

}  // namespace procmarshal
