#include "exporter/web/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "exporter/web/tls_openssl.h"
#include "tests/support/certificate.h"
#include "tests/support/log.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TlsOutcome Connect(const TlsContext& context, const TlsClient& client = {}) {
  return Shake(context.Get(), client);
}

class Tls : public ::testing::Test {
 protected:
  Tls() { Use(MakeCertificate({.name = "first"})); }

  void Use(const Certificate& certificate) {
    settings_.cert_file = folder_.Write("cert.pem", certificate.pem);
    settings_.key_file = folder_.Write("key.pem", certificate.key_pem);
  }

  [[nodiscard]] std::unique_ptr<TlsContext> Load() const {
    auto context = TlsContext::Load(settings_, clock_);
    EXPECT_TRUE(context) << context.error().message;
    return *std::move(context);
  }

  Log log_;
  TemporaryFolder folder_;
  ManualClock clock_;
  TlsSettings settings_;
};

TEST_F(Tls, SpeaksBothVersions) {
  const auto context = Load();
  EXPECT_EQ(Connect(*context, {.max_version = TLS1_2_VERSION}).version, "TLSv1.2");
  EXPECT_EQ(Connect(*context, {.min_version = TLS1_3_VERSION}).version, "TLSv1.3");
}

// Else a client that only changes keys would keep a read from coming back, and from its deadline.
TEST_F(Tls, ReadsOneRecordAtATime) {
  const auto context = Load();
  EXPECT_EQ(SSL_CTX_get_mode(context->Get()) & SSL_MODE_AUTO_RETRY, 0);
}

TEST_F(Tls, RefusesOlderVersions) {
  const auto context = Load();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const TlsClient old{
        .min_version = version, .max_version = version, .ciphers = "ALL:@SECLEVEL=0"};
    EXPECT_EQ(Connect(*context, old).result, "unsupported protocol");
  }
}

TEST_F(Tls, KeepsToItsVersions) {
  settings_.min_version = "TLS13";
  EXPECT_EQ(Connect(*Load(), {.max_version = TLS1_2_VERSION}).result, "unsupported protocol");

  settings_.min_version = settings_.max_version = "TLS12";
  const auto old = Load();
  EXPECT_EQ(Connect(*old).version, "TLSv1.2");
  EXPECT_EQ(Connect(*old, {.min_version = TLS1_3_VERSION}).result, "unsupported protocol");
}

TEST_F(Tls, ChoosesTheCipherByItsOwnOrder) {
  settings_.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                             "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
  const auto context = Load();
  const TlsClient both{.max_version = TLS1_2_VERSION,
                       .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"};
  EXPECT_EQ(Connect(*context, both).cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
  const TlsClient other{.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"};
  EXPECT_EQ(Connect(*context, other).result, "no shared cipher");
}

TEST_F(Tls, ServesRsaCertificates) {
  Use(MakeCertificate({.name = "rsa", .rsa_bits = 2048}));
  settings_.cipher_suites = {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"};
  const TlsOutcome outcome = Connect(*Load(), {.max_version = TLS1_2_VERSION});
  EXPECT_EQ(outcome.cipher, "ECDHE-RSA-AES128-GCM-SHA256");
}

TEST_F(Tls, OffersOnlyItsCurves) {
  settings_.curve_preferences = {"CurveP384"};
  const auto context = Load();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto group = [&](const std::string& groups) {
      const TlsOutcome outcome =
          Connect(*context, {.min_version = version, .max_version = version, .groups = groups});
      return outcome.result == "ok" ? outcome.group : "none";
    };
    EXPECT_EQ(group("P-256:P-384"), "secp384r1");  // TLS 1.3 has to ask for a second hello
    EXPECT_EQ(group("X25519:P-256"), "none");
  }
}

TEST_F(Tls, SendsTheChainOfTheFile) {
  const Certificate middle = MakeCertificate({.name = "middle", .is_authority = true});
  const Certificate leaf = MakeCertificate({.name = "leaf"}, &middle);
  Use({.pem = leaf.pem + middle.pem, .key_pem = leaf.key_pem});
  const TlsOutcome outcome = Connect(*Load());
  EXPECT_EQ(outcome.server_name, "leaf");
  EXPECT_EQ(outcome.chain_size, 2);
}

TEST_F(Tls, DoesNotCompleteTheChainFromTheClientAuthorities) {
  const Certificate authority = MakeCertificate({.name = "authority", .is_authority = true});
  Use(MakeCertificate({.name = "leaf"}, &authority));
  settings_.client_ca_file = folder_.Write("ca.pem", authority.pem);
  settings_.client_auth_type = TlsSettings::ClientAuth::kVerifyClientCertIfGiven;
  EXPECT_EQ(Connect(*Load()).chain_size, 1);
}

TEST_F(Tls, ResumesNoSession) {
  const auto context = Load();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client{.min_version = version, .max_version = version};
    const TlsOutcome first = Connect(*context, client);
    EXPECT_EQ(SSL_SESSION_has_ticket(first.session.get()), 0);
    client.resumed = first.session.get();
    const TlsOutcome second = Connect(*context, client);
    EXPECT_EQ(second.result, "ok");
    EXPECT_FALSE(second.is_resumed);
  }
}

TEST_F(Tls, KeepsItsHandsOffWhatTheServerStores) {
  const auto context = Load();
  const OpenSslPtr<SSL> connection(SSL_new(context->Get()));
  EXPECT_EQ(SSL_get_app_data(connection.get()), nullptr);
}

TEST_F(Tls, ServesANewCertificateFromTheNextHandshake) {
  const auto context = Load();
  Use(MakeCertificate({.name = "second"}));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context).server_name, "second");
  EXPECT_THAT(log_.Text(), HasSubstr("info web.tls_server_config: read again"));
}

TEST_F(Tls, LooksAtItsFilesOnceASecond) {
  const auto context = Load();
  Use(MakeCertificate({.name = "second"}));
  clock_.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(Connect(*context).server_name, "first");
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Connect(*context).server_name, "second");
  Use(MakeCertificate({.name = "third"}));
  EXPECT_EQ(Connect(*context).server_name, "second");
}

TEST_F(Tls, DoesNotReadAgainWhatDidNotChange) {
  const auto context = Load();
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context).server_name, "first");
  EXPECT_EQ(log_.Text(), "");
}

TEST_F(Tls, ServesANewCertificateOfAnotherKind) {
  const auto context = Load();
  Use(MakeCertificate({.name = "rsa", .rsa_bits = 2048}));
  clock_.Advance(std::chrono::seconds(1));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(Connect(*context, {.min_version = version, .max_version = version}).server_name,
              "rsa");
  }
}

TEST_F(Tls, FollowsALinkThatIsMoved) {
  fs::create_directory(folder_.Path("old"));
  fs::create_directory(folder_.Path("new"));
  for (const std::string name : {"old", "new"}) {
    const Certificate certificate = MakeCertificate({.name = name});
    folder_.Write(name + "/cert.pem", certificate.pem);
    folder_.Write(name + "/key.pem", certificate.key_pem);
  }
  fs::create_directory_symlink("old", folder_.Path("link"));
  settings_.cert_file = folder_.Path("link/cert.pem");
  settings_.key_file = folder_.Path("link/key.pem");
  const auto context = Load();
  EXPECT_EQ(Connect(*context).server_name, "old");

  fs::remove(folder_.Path("link"));
  fs::create_directory_symlink("new", folder_.Path("link"));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context).server_name, "new");
}

TEST_F(Tls, KeepsTheOldCertificateWhileTheNewIsBroken) {
  const auto context = Load();
  EXPECT_TRUE(context->LastReadSucceeded());
  folder_.Write("cert.pem", "not a certificate");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context).server_name, "first");
  EXPECT_FALSE(context->LastReadSucceeded());
  EXPECT_EQ(log_.Text(), "error web.tls_server_config.cert_file: read " + settings_.cert_file +
                             ": no certificate in PEM format; connections get the certificates "
                             "read before\n");
}

TEST_F(Tls, LogsAFailureOnceAndTheNextOneToo) {
  const auto context = Load();
  folder_.Write("cert.pem", "");
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    context->Refresh();
  }
  fs::remove(folder_.Path("cert.pem"));
  clock_.Advance(std::chrono::seconds(1));
  context->Refresh();
  const std::string text = log_.Text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2) << text;
  EXPECT_THAT(text, HasSubstr("No such file or directory"));
}

TEST_F(Tls, TakesTheNewPairOnceItsSecondFileIsThere) {
  const auto context = Load();
  const Certificate second = MakeCertificate({.name = "second"});
  folder_.Write("cert.pem", second.pem);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context).server_name, "first");
  EXPECT_FALSE(context->LastReadSucceeded());
  EXPECT_THAT(log_.Text(), HasSubstr("does not belong to the certificate"));

  folder_.Write("key.pem", second.key_pem);
  EXPECT_EQ(Connect(*context).server_name, "first");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context).server_name, "second");
  EXPECT_TRUE(context->LastReadSucceeded());
}

TEST_F(Tls, RecoversWhenTheOldFilesComeBack) {
  fs::create_directory(folder_.Path("mount"));
  const Certificate certificate = MakeCertificate({});
  settings_.cert_file = folder_.Write("mount/cert.pem", certificate.pem);
  settings_.key_file = folder_.Write("mount/key.pem", certificate.key_pem);
  const auto context = Load();

  fs::rename(folder_.Path("mount"), folder_.Path("away"));
  clock_.Advance(std::chrono::seconds(1));
  context->Refresh();
  EXPECT_FALSE(context->LastReadSucceeded());

  fs::rename(folder_.Path("away"), folder_.Path("mount"));
  clock_.Advance(std::chrono::seconds(1));
  context->Refresh();
  EXPECT_TRUE(context->LastReadSucceeded());
}

TEST_F(Tls, KnowsWhenTheCertificateInForceExpires) {
  using std::chrono::year;
  Use(MakeCertificate({.not_after = year(2031) / 2 / 3}));
  const auto context = Load();
  EXPECT_EQ(context->Expiry(), std::chrono::sys_days(year(2031) / 2 / 3));

  Use(MakeCertificate({.not_after = year(9999) / 12 / 31}));
  clock_.Advance(std::chrono::seconds(1));
  context->Refresh();
  EXPECT_EQ(context->Expiry(), std::chrono::sys_days(year(9999) / 12 / 31));

  folder_.Write("cert.pem", "");
  clock_.Advance(std::chrono::seconds(1));
  context->Refresh();
  EXPECT_EQ(context->Expiry(), std::chrono::sys_days(year(9999) / 12 / 31));
}

TEST_F(Tls, WarnsOfAKeyThatEverybodyMayRead) {
  fs::permissions(settings_.key_file, fs::perms::others_read, fs::perm_options::add);
  const auto context = Load();
  EXPECT_EQ(log_.Text(), "warning web.tls_server_config.key_file: everybody may read " +
                             settings_.key_file + "\n");
}

TEST_F(Tls, LeavesNoErrorBehindForTheConnectionsOfTheThread) {
  const auto context = Load();
  EXPECT_EQ(ERR_peek_error(), 0U);
  folder_.Write("key.pem", "");
  clock_.Advance(std::chrono::seconds(1));
  context->Refresh();
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(Tls, ServesManyThreadsWhileFilesChange) {
  const auto context = Load();
  const Certificate a = MakeCertificate({.name = "a"});
  const Certificate b = MakeCertificate({.name = "b"});
  const auto connect = [&context] {
    for (int i = 0; i < 50; ++i) EXPECT_EQ(Connect(*context).result, "ok");
  };
  const std::array<std::jthread, 4> threads = {std::jthread(connect), std::jthread(connect),
                                               std::jthread(connect), std::jthread(connect)};
  for (int i = 0; i < 50; ++i) {
    Use(i % 2 == 0 ? a : b);
    clock_.Advance(std::chrono::seconds(1));
    context->Refresh();
  }
}

}  // namespace
}  // namespace procmarshal::testing
