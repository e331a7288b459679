#include "exporter/web/tls_serving.h"

#include <openssl/asn1.h>
#include <openssl/tls1.h>

#include <cstddef>
#include <ctime>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "exporter/web/tls_clients.h"
#include "exporter/web/tls_names.h"

namespace procmarshal {
namespace {

tl::unexpected<Error> FailAt(std::string_view key, const Error& error) {
  return Fail(error.code, "web.tls_server_config." + std::string(key) + ": " + error.message);
}

bool SetProfile(SSL_CTX* context, const TlsProfile& profile) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Clients get the chain of the file, not one that is completed from their own authorities; and
  // idle connections keep no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
  // A read must come back after each record, or a client that sends nothing but key updates could
  // hold it for ever (SSL_CTX_set_mode(3)).
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_min_proto_version(context, profile.min_version) == 1 &&
         SSL_CTX_set_max_proto_version(context, profile.max_version) == 1 &&
         (profile.ciphers.empty() ||
          SSL_CTX_set_cipher_list(context, profile.ciphers.c_str()) == 1) &&
         (profile.groups.empty() || SSL_CTX_set1_groups_list(context, profile.groups.c_str()) == 1);
}

bool UseCertificate(SSL_CTX* context, const TlsFiles& files) {
  bool used = SSL_CTX_use_certificate(context, files.chain.front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, files.key.get()) == 1;
  for (std::size_t i = 1; used && i < files.chain.size(); ++i) {
    used = SSL_CTX_add1_chain_cert(context, files.chain[i].get()) == 1;
  }
  return used;
}

std::chrono::sys_seconds ExpiryOf(const X509& certificate) {
  std::tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time);
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&time)));
}

}  // namespace

Result<TlsProfile> MakeTlsProfile(const TlsSettings& settings) {
  const Status checked = CheckTlsSettings(settings);
  if (!checked) return tl::unexpected(checked.error());
  auto ciphers = CipherList(settings.cipher_suites);
  if (!ciphers) return FailAt("cipher_suites", ciphers.error());
  auto groups = GroupList(settings.curve_preferences);
  if (!groups) return FailAt("curve_preferences", groups.error());
  return TlsProfile{.min_version = ParseTlsVersion(settings.min_version).value(),
                    .max_version = ParseTlsVersion(settings.max_version).value(),
                    .ciphers = *std::move(ciphers),
                    .groups = *std::move(groups),
                    .client_auth = settings.client_auth_type,
                    .allowed_names = NormalNames(settings.client_allowed_sans)};
}

Result<OpenSslPtr<SSL_CTX>> MakeTlsContext(const TlsProfile& profile,
                                           std::span<const OpenSslPtr<X509>> client_authorities) {
  OpenSslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context || !SetProfile(context.get(), profile)) {
    return Fail(ErrorCode::kInternal, "web.tls_server_config: " + TakeOpenSslReason());
  }
  const bool added =
      SetClientAuth(*context, profile.client_auth, client_authorities, profile.allowed_names);
  if (added) return context;
  return Fail(ErrorCode::kInvalid, "web.tls_server_config.client_ca_file: " + TakeOpenSslReason());
}

Result<TlsServing> MakeTlsServing(const TlsSettings& settings, const TlsProfile& profile) {
  const auto files = ReadTlsFiles(settings);
  if (!files) return tl::unexpected(files.error());
  auto context = MakeTlsContext(profile, files->client_authorities);
  if (!context) return tl::unexpected(context.error());
  if (!UseCertificate(context->get(), *files)) {
    return Fail(ErrorCode::kInvalid, "web.tls_server_config.cert_file: use " +
                                         Printable(settings.cert_file) + ": " +
                                         TakeOpenSslReason());
  }
  ERR_clear_error();
  return TlsServing{*std::move(context), ExpiryOf(*files->chain.front()), files->stamps,
                    files->everybody_reads_key};
}

}  // namespace procmarshal
