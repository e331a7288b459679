#include "exporter/web/tls_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/tls1.h>

#include <array>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

using ClientAuth = TlsSettings::ClientAuth;

std::string_view NameOf(ClientAuth type) {
  return kClientAuthNames.at(static_cast<std::size_t>(type));
}

template <typename T>
std::string WhyNot(const Result<T>& result) {
  return result ? "none" : result.error().message;
}

TEST(TlsNames, OrdersClientAuthAsTheEnumeration) {
  EXPECT_EQ(NameOf(ClientAuth::kNoClientCert), "NoClientCert");
  EXPECT_EQ(NameOf(ClientAuth::kRequestClientCert), "RequestClientCert");
  EXPECT_EQ(NameOf(ClientAuth::kRequireAnyClientCert), "RequireAnyClientCert");
  EXPECT_EQ(NameOf(ClientAuth::kVerifyClientCertIfGiven), "VerifyClientCertIfGiven");
  EXPECT_EQ(NameOf(ClientAuth::kRequireAndVerifyClientCert), "RequireAndVerifyClientCert");
  EXPECT_EQ(kClientAuthNames.size(), 5U);
}

TEST(TlsNames, KnowsTwoVersions) {
  EXPECT_EQ(ParseTlsVersion("TLS12").value(), TLS1_2_VERSION);
  EXPECT_EQ(ParseTlsVersion("TLS13").value(), TLS1_3_VERSION);
  EXPECT_THAT(kTlsVersionNames, ::testing::ElementsAre("TLS12", "TLS13"));
}

TEST(TlsNames, SaysWhyOldVersionsAreRefused) {
  for (const std::string_view version : {"TLS10", "TLS11"}) {
    EXPECT_EQ(WhyNot(ParseTlsVersion(version)),
              "\"" + std::string(version) +
                  "\" is refused: TLS before 1.2 can be broken (RFC 8996), expected \"TLS12\" or "
                  "\"TLS13\"");
  }
  EXPECT_EQ(WhyNot(ParseTlsVersion("1.3")),
            R"("1.3" is not a version of TLS, expected "TLS12" or "TLS13")");
}

TEST(TlsNames, TranslatesCiphers) {
  EXPECT_EQ(CipherList({}).value(), "");
  EXPECT_EQ(
      CipherList({"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"})
          .value(),
      "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:AES256-SHA");
}

TEST(TlsNames, RefusesCiphersThatProtectNothingOrThatNoCertificateServes) {
  for (const std::string name : {
           "",
           "TLS_RSA_WITH_NULL_SHA256",                // in the clear
           "TLS_ECDHE_ECDSA_WITH_NULL_SHA",           // the same
           "TLS_DH_anon_WITH_AES_128_GCM_SHA256",     // with anybody
           "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",      // the same
           "TLS_RSA_WITH_RC4_128_SHA",                // broken
           "TLS_RSA_WITH_3DES_EDE_CBC_SHA",           // blocks too small
           "TLS_PSK_WITH_AES_128_GCM_SHA256",         // wants a key agreed upon before
           "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256",     // the same
           "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",     // wants parameters
           "TLS_FALLBACK_SCSV",                       // no cipher
           "ECDHE-RSA-AES128-GCM-SHA256",             // OpenSSL's name
           "ALL",                                     // OpenSSL's language
           "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:",  // the same
       }) {
    EXPECT_THAT(WhyNot(CipherList({name})),
                ::testing::HasSubstr("\" is not a cipher suite of TLS 1.2 that can be offered"))
        << name;
  }
}

TEST(TlsNames, HintsAtTheCipherThatWasMeant) {
  EXPECT_EQ(WhyNot(CipherList({"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265"})),
            "\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265\" is not a cipher suite of TLS 1.2 that can "
            "be offered, did you mean \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\"?");
}

TEST(TlsNames, SaysThatTls13HasNoCiphersToChoose) {
  EXPECT_EQ(WhyNot(CipherList({"TLS_AES_128_GCM_SHA256"})),
            "\"TLS_AES_128_GCM_SHA256\" is a cipher suite of TLS 1.3, whose suites are not chosen: "
            "only those of TLS 1.2 are");
}

TEST(TlsNames, TranslatesCurvesAndDropsSeconds) {
  EXPECT_EQ(GroupList({}).value(), "");
  EXPECT_EQ(GroupList({"X25519", "CurveP256", "CurveP384", "CurveP521", "CurveP256"}).value(),
            "X25519:P-256:P-384:P-521");
}

TEST(TlsNames, RefusesOtherCurves) {
  EXPECT_EQ(WhyNot(GroupList({"CurveP265"})),
            "\"CurveP265\" is not a curve, expected \"CurveP256\", \"CurveP384\", \"CurveP521\" or "
            "\"X25519\", did you mean \"CurveP256\"?");
}

// Why settings with a certificate and a key are refused after a change.
std::string WhyNot(void (*change)(TlsSettings&)) {
  TlsSettings settings;
  settings.cert_file = "c";
  settings.key_file = "k";
  change(settings);
  const Status status = CheckTlsSettings(settings);
  return status ? "none" : status.error().message;
}

struct Mistake {
  void (*make)(TlsSettings&);
  std::string_view message;
};

constexpr auto kMistakes = std::to_array<Mistake>({
    {[](TlsSettings& tls) { tls.cert_file = ""; }, "cert_file: not set, TLS needs a certificate"},
    {[](TlsSettings& tls) { tls.key_file = ""; },
     "key_file: not set, TLS needs the private key of the certificate"},
    {[](TlsSettings& tls) { tls.min_version = "SSL3"; },
     R"(min_version: "SSL3" is not a version of TLS, expected "TLS12" or "TLS13")"},
    {[](TlsSettings& tls) { tls.max_version = ""; },
     R"(max_version: "" is not a version of TLS, expected "TLS12" or "TLS13")"},
    {[](TlsSettings& tls) {
       tls.min_version = "TLS13";
       tls.max_version = "TLS12";
     },
     "min_version: higher than max_version"},
    {[](TlsSettings& tls) { tls.client_ca_file = "a"; },
     R"(client_ca_file: client_auth_type "NoClientCert" does not verify certificates)"},
    {[](TlsSettings& tls) {
       tls.client_auth_type = ClientAuth::kRequireAnyClientCert;
       tls.client_ca_file = "a";
     },
     R"(client_ca_file: client_auth_type "RequireAnyClientCert" does not verify certificates)"},
    {[](TlsSettings& tls) {
       tls.client_auth_type = ClientAuth::kRequestClientCert;
       tls.client_allowed_sans = {"a.example"};
     },
     R"(client_allowed_sans: client_auth_type "RequestClientCert" does not verify certificates)"},
    {[](TlsSettings& tls) { tls.client_auth_type = ClientAuth::kVerifyClientCertIfGiven; },
     R"(client_ca_file: not set, but needed by client_auth_type "VerifyClientCertIfGiven")"},
    {[](TlsSettings& tls) {
       tls.client_auth_type = ClientAuth::kRequireAndVerifyClientCert;
       tls.client_ca_file = "a";
       tls.client_allowed_sans = {"a.example", ""};
     },
     "client_allowed_sans: an empty name"},
});

TEST(TlsNames, ChecksWhatBelongsTogether) {
  for (const Mistake& mistake : kMistakes) {
    EXPECT_EQ(WhyNot(mistake.make), "web.tls_server_config." + std::string(mistake.message));
  }
}

TEST(TlsNames, AcceptsSensibleSettings) {
  EXPECT_EQ(WhyNot([](TlsSettings&) {}), "none");
  EXPECT_EQ(WhyNot([](TlsSettings& tls) {
              tls.client_auth_type = ClientAuth::kVerifyClientCertIfGiven;
              tls.client_ca_file = "a";
              tls.client_allowed_sans = {"a.example"};
              tls.min_version = "TLS13";
            }),
            "none");
}

}  // namespace
}  // namespace procmarshal
