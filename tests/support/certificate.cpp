#include "tests/support/certificate.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace procmarshal::testing {
namespace {

struct Free {
  void operator()(BIO* object) const { BIO_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(SSL* object) const { SSL_free(object); }
  void operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
  void operator()(X509* object) const { X509_free(object); }
  void operator()(X509_EXTENSION* object) const { X509_EXTENSION_free(object); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, Free>;

Owned<BIO> Reading(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Owned<EVP_PKEY> ReadKey(const std::string& pem) {
  return Owned<EVP_PKEY>(PEM_read_bio_PrivateKey(Reading(pem).get(), nullptr, nullptr, nullptr));
}

Owned<X509> ReadCertificate(const std::string& pem) {
  return Owned<X509>(PEM_read_bio_X509(Reading(pem).get(), nullptr, nullptr, nullptr));
}

std::string TextOf(BIO* written) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(written, &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return TextOf(out.get());
}

// Under a passphrase if there is a cipher.
std::string PemOf(EVP_PKEY* key, const EVP_CIPHER* cipher) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  std::string passphrase = "secret";
  PEM_write_bio_PKCS8PrivateKey(out.get(), key, cipher, passphrase.data(),
                                static_cast<int>(passphrase.size()), nullptr, nullptr);
  return TextOf(out.get());
}

Owned<EVP_PKEY> MakeKey(int rsa_bits) {
  EVP_PKEY* key = rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits);
  return Owned<EVP_PKEY>(key);
}

std::time_t Seconds(std::chrono::sys_days day) {
  return std::chrono::sys_seconds(day).time_since_epoch().count();
}

void AddExtension(X509* certificate, int id, const std::string& value) {
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()));
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension.get(), -1);
}

void AddExtensions(X509* certificate, const CertificateRequest& request) {
  if (request.is_authority) AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  if (!request.usage.empty()) AddExtension(certificate, NID_ext_key_usage, request.usage);
  std::string sans;
  for (const std::string& san : request.sans) sans += (sans.empty() ? "" : ",") + san;
  if (!sans.empty()) AddExtension(certificate, NID_subject_alt_name, sans);
}

// All but issuer and signature.
Owned<X509> MakeUnsigned(const CertificateRequest& request, EVP_PKEY* key) {
  Owned<X509> certificate(X509_new());
  X509* const made = certificate.get();
  X509_set_version(made, X509_VERSION_3);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial);
  ASN1_TIME_set(X509_getm_notBefore(made), Seconds(request.not_before));
  ASN1_TIME_set(X509_getm_notAfter(made), Seconds(request.not_after));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(request.name.c_str()), -1, -1,
                             0);
  X509_set_pubkey(made, key);
  AddExtensions(made, request);
  return certificate;
}

std::string CommonName(const X509_NAME* name) {
  std::string text(100, '\0');
  const int size = X509_NAME_get_text_by_NID(name, NID_commonName, text.data(), 100);
  text.resize(static_cast<std::size_t>(std::max(size, 0)));
  return text;
}

Owned<SSL_CTX> ClientContext(const TlsClient& client) {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), client.min_version);
  SSL_CTX_set_max_proto_version(context.get(), client.max_version);
  // An old version, or an old cipher, is what the server shall refuse, not the client.
  SSL_CTX_set_security_level(context.get(), 0);
  if (!client.ciphers.empty()) SSL_CTX_set_cipher_list(context.get(), client.ciphers.c_str());
  if (!client.groups.empty()) SSL_CTX_set1_groups_list(context.get(), client.groups.c_str());
  if (client.certificate != nullptr) {
    SSL_CTX_use_certificate(context.get(), ReadCertificate(client.certificate->pem).get());
    SSL_CTX_use_PrivateKey(context.get(), ReadKey(client.certificate->key_pem).get());
  }
  return context;
}

// One step of a side: true when it is through or has failed.
bool Step(SSL* side) {
  const int result = SSL_do_handshake(side);
  const int error = SSL_get_error(side, result);
  return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
}

// The reason why the server's side failed, if it did.
std::string RunServer(SSL* client, SSL* server, const std::function<void()>& in_the_middle) {
  for (int step = 0; step < 20; ++step) {
    ERR_clear_error();
    Step(client);
    ERR_clear_error();
    const bool is_over = Step(server);
    if (step == 0 && in_the_middle) in_the_middle();
    if (!is_over) continue;
    if (SSL_is_init_finished(server) == 0) return ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    Step(client);
    char nothing = 0;
    SSL_read(client, &nothing, 1);  // takes tickets, if any came
    ERR_clear_error();
    return SSL_is_init_finished(client) == 0 ? "the client is not content" : "ok";
  }
  return "no end";
}

std::vector<std::string> AuthoritiesNamedTo(const SSL* client) {
  std::vector<std::string> names;
  const STACK_OF(X509_NAME)* list = SSL_get0_peer_CA_list(client);
  const int count = std::max(sk_X509_NAME_num(list), 0);  // -1 for no list
  names.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    names.push_back(CommonName(sk_X509_NAME_value(list, i)));
  }
  return names;
}

}  // namespace

Certificate MakeCertificate(const CertificateRequest& request, const Certificate* issuer) {
  const Owned<EVP_PKEY> key = MakeKey(request.rsa_bits);
  const Owned<X509> certificate = MakeUnsigned(request, key.get());
  const Certificate made{.pem = {}, .key_pem = PemOf(key.get(), nullptr)};
  const Owned<EVP_PKEY> signer = ReadKey(issuer != nullptr ? issuer->key_pem : made.key_pem);

  const Owned<X509> parent = issuer != nullptr ? ReadCertificate(issuer->pem) : nullptr;
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(parent ? parent.get() : certificate.get()));
  EXPECT_GT(X509_sign(certificate.get(), signer.get(), EVP_sha256()), 0);
  return {.pem = PemOf(certificate.get()), .key_pem = made.key_pem};
}

std::string EncryptKey(const std::string& key_pem) {
  return PemOf(ReadKey(key_pem).get(), EVP_aes_128_cbc());
}

TlsOutcome Shake(SSL_CTX* server, const TlsClient& client) {
  const Owned<SSL_CTX> client_context = ClientContext(client);
  const Owned<SSL> from(SSL_new(client_context.get()));
  const Owned<SSL> to(SSL_new(server));
  BIO* from_end = nullptr;
  BIO* to_end = nullptr;
  BIO_new_bio_pair(&from_end, 1U << 18U, &to_end, 1U << 18U);
  SSL_set_bio(from.get(), from_end, from_end);
  SSL_set_bio(to.get(), to_end, to_end);
  if (client.resumed != nullptr) SSL_set_session(from.get(), client.resumed);
  SSL_set_connect_state(from.get());
  SSL_set_accept_state(to.get());

  TlsOutcome outcome{.result = RunServer(from.get(), to.get(), client.in_the_middle)};
  if (outcome.result != "ok") return outcome;
  outcome.version = SSL_get_version(to.get());
  outcome.cipher = SSL_get_cipher_name(to.get());
  outcome.group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(to.get())));
  outcome.server_name = CommonName(X509_get_subject_name(SSL_get0_peer_certificate(from.get())));
  outcome.chain_size = sk_X509_num(SSL_get_peer_cert_chain(from.get()));
  outcome.authorities = AuthoritiesNamedTo(from.get());
  outcome.is_resumed = SSL_session_reused(from.get()) == 1;
  outcome.verify_result = SSL_get_verify_result(to.get());
  outcome.session = {SSL_get1_session(from.get()), &SSL_SESSION_free};
  // A connection that is not closed takes its session out of the caches.
  SSL_set_shutdown(from.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_set_shutdown(to.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  return outcome;
}

}  // namespace procmarshal::testing
