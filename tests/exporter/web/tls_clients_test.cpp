#include "exporter/web/tls_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/web/tls.h"
#include "tests/support/certificate.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using ClientAuth = TlsSettings::ClientAuth;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kNone = "peer did not return a certificate";
constexpr std::string_view kBad = "certificate verify failed";

TlsOutcome Connect(const TlsContext& context, const TlsClient& client = {}) {
  return Shake(context.Get(), client);
}

class TlsClients : public ::testing::Test {
 protected:
  TlsClients() { Use(MakeCertificate({.name = "first"})); }

  void Use(const Certificate& certificate) {
    settings_.cert_file = folder_.Write("cert.pem", certificate.pem);
    settings_.key_file = folder_.Write("key.pem", certificate.key_pem);
  }

  // Clients need a certificate of this authority.
  void Demand(const Certificate& authority) {
    settings_.client_auth_type = ClientAuth::kRequireAndVerifyClientCert;
    settings_.client_ca_file = folder_.Write("ca.pem", authority.pem);
  }

  [[nodiscard]] std::unique_ptr<TlsContext> Load() const {
    auto context = TlsContext::Load(settings_, clock_);
    EXPECT_TRUE(context) << context.error().message;
    return *std::move(context);
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  TlsSettings settings_;
};

// The table of client_auth_type.
class TlsClientAuth : public TlsClients {
 protected:
  // Each client's outcome, by TLS 1.2 and 1.3: none, self-signed, signed, of another authority,
  // expired, not yet valid, for servers only.
  [[nodiscard]] std::vector<std::string> Results(ClientAuth type) {
    settings_.client_auth_type = type;
    const bool verifies = type >= ClientAuth::kVerifyClientCertIfGiven;
    settings_.client_ca_file = verifies ? folder_.Write("ca.pem", authority_.pem) : "";
    const auto context = Load();

    std::vector<std::string> results = {Result(*context, nullptr)};
    for (const Certificate& client : clients_) results.push_back(Result(*context, &client));
    return results;
  }

 private:
  static std::string Result(const TlsContext& context, const Certificate* certificate) {
    const std::string result =
        Connect(context, {.certificate = certificate, .max_version = TLS1_2_VERSION}).result;
    EXPECT_EQ(Connect(context, {.certificate = certificate, .min_version = TLS1_3_VERSION}).result,
              result);
    return result;
  }

  const Certificate authority_ = MakeCertificate({.name = "authority", .is_authority = true});
  // Of the same name, as after a renewal of the authority's key.
  const Certificate other_ = MakeCertificate({.name = "authority", .is_authority = true});
  const std::vector<Certificate> clients_ = {
      MakeCertificate({.name = "self-signed"}),
      MakeCertificate({.name = "signed", .usage = "clientAuth"}, &authority_),
      MakeCertificate({.name = "of another"}, &other_),
      MakeCertificate({.name = "expired", .not_after = std::chrono::year(2021) / 1 / 1},
                      &authority_),
      MakeCertificate({.name = "not yet", .not_before = std::chrono::year(2099) / 1 / 1},
                      &authority_),
      MakeCertificate({.name = "server's", .usage = "serverAuth"}, &authority_),
  };
};

TEST_F(TlsClientAuth, NoClientCertAsksNobody) {
  EXPECT_THAT(Results(ClientAuth::kNoClientCert),
              ElementsAre("ok", "ok", "ok", "ok", "ok", "ok", "ok"));
}

TEST_F(TlsClientAuth, RequestClientCertTakesAnyOrNone) {
  EXPECT_THAT(Results(ClientAuth::kRequestClientCert),
              ElementsAre("ok", "ok", "ok", "ok", "ok", "ok", "ok"));
}

TEST_F(TlsClientAuth, RequireAnyClientCertTakesAny) {
  EXPECT_THAT(Results(ClientAuth::kRequireAnyClientCert),
              ElementsAre(kNone, "ok", "ok", "ok", "ok", "ok", "ok"));
}

TEST_F(TlsClientAuth, VerifyClientCertIfGivenTakesSignedOrNone) {
  EXPECT_THAT(Results(ClientAuth::kVerifyClientCertIfGiven),
              ElementsAre("ok", kBad, "ok", kBad, kBad, kBad, kBad));
}

TEST_F(TlsClientAuth, RequireAndVerifyClientCertTakesSignedOnly) {
  EXPECT_THAT(Results(ClientAuth::kRequireAndVerifyClientCert),
              ElementsAre(kNone, kBad, "ok", kBad, kBad, kBad, kBad));
}

TEST_F(TlsClients, DoesNotCallVerifiedWhatItDidNotVerify) {
  const Certificate anybody = MakeCertificate({});
  settings_.client_auth_type = ClientAuth::kRequireAnyClientCert;
  EXPECT_EQ(Connect(*Load(), {.certificate = &anybody}).verify_result, X509_V_ERR_CERT_UNTRUSTED);
}

TEST_F(TlsClients, TrustsAnIntermediateAuthorityAsGoDoes) {
  const Certificate root = MakeCertificate({.name = "root", .is_authority = true});
  const Certificate middle = MakeCertificate({.name = "middle", .is_authority = true}, &root);
  const Certificate client = MakeCertificate({.name = "client"}, &middle);
  Demand(middle);
  EXPECT_EQ(Connect(*Load(), {.certificate = &client}).result, "ok");
}

TEST_F(TlsClients, TellsClientsTheAuthorities) {
  EXPECT_THAT(Connect(*Load()).authorities, IsEmpty());
  const Certificate one = MakeCertificate({.name = "one", .is_authority = true});
  const Certificate two = MakeCertificate({.name = "two", .is_authority = true});
  Demand({.pem = one.pem + two.pem, .key_pem = {}});
  settings_.client_auth_type = ClientAuth::kVerifyClientCertIfGiven;
  EXPECT_THAT(Connect(*Load()).authorities, ElementsAre("one", "two"));
}

TEST_F(TlsClients, TakesOnlyTheNamesItIsTold) {
  const Certificate authority = MakeCertificate({.name = "authority", .is_authority = true});
  Demand(authority);
  const Certificate client =
      MakeCertificate({.name = "common.example",
                       .sans = {"DNS:a.example", "DNS:b.example", "IP:192.0.2.1", "IP:2001:db8::1",
                                "email:a@c.example", "URI:spiffe://d.example/prometheus"}},
                      &authority);
  const auto result = [&](const std::string& allowed) {
    settings_.client_allowed_sans = {"nobody.example", allowed};
    return Connect(*Load(), {.certificate = &client}).result;
  };
  for (const std::string allowed :
       {"a.example", "b.example", "192.0.2.1", "2001:db8::1", "2001:DB8:0::1", "a@c.example",
        "spiffe://d.example/prometheus"}) {
    EXPECT_EQ(result(allowed), "ok") << allowed;
  }
  for (const std::string allowed :
       {"common.example", "A.example", "*.example", "example", "a.example.", "192.0.2.2",
        "2001:db8::2", "c.example", "spiffe://d.example"}) {
    EXPECT_EQ(result(allowed), kBad) << allowed;
  }
}

TEST_F(TlsClients, ANameDoesNotReplaceASignature) {
  Demand(MakeCertificate({.name = "authority", .is_authority = true}));
  settings_.client_allowed_sans = {"a.example"};
  const Certificate client = MakeCertificate({.sans = {"DNS:a.example"}});
  EXPECT_EQ(Connect(*Load(), {.certificate = &client}).result, kBad);
}

TEST_F(TlsClients, RefusesACertificateWithoutNamesWhereOneIsNeeded) {
  const Certificate authority = MakeCertificate({.name = "authority", .is_authority = true});
  Demand(authority);
  settings_.client_allowed_sans = {"a.example"};
  const Certificate client = MakeCertificate({.name = "a.example"}, &authority);
  EXPECT_EQ(Connect(*Load(), {.certificate = &client}).result, kBad);
}

TEST_F(TlsClients, MovesToANewClientAuthority) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Certificate old_authority = MakeCertificate({.name = "old", .is_authority = true});
    const Certificate new_authority = MakeCertificate({.name = "new", .is_authority = true});
    const Certificate old_client = MakeCertificate({}, &old_authority);
    const Certificate new_client = MakeCertificate({}, &new_authority);
    const TlsClient as_old{
        .certificate = &old_client, .min_version = version, .max_version = version};
    const TlsClient as_new{
        .certificate = &new_client, .min_version = version, .max_version = version};
    Demand(old_authority);
    const auto context = Load();
    const TlsOutcome before = Connect(*context, as_old);
    EXPECT_EQ(before.result, "ok");
    EXPECT_EQ(Connect(*context, as_new).result, kBad);

    Demand(new_authority);
    clock_.Advance(std::chrono::seconds(1));
    EXPECT_EQ(Connect(*context, as_old).result, kBad);
    EXPECT_EQ(Connect(*context, as_new).result, "ok");
    EXPECT_THAT(Connect(*context, as_new).authorities, ElementsAre("new"));
    EXPECT_EQ(Connect(*context, {.min_version = version, .max_version = version}).result, kNone);
    TlsClient again = as_old;
    again.resumed = before.session.get();
    EXPECT_EQ(Connect(*context, again).result, kBad);  // no way around by an old session
  }
}

TEST_F(TlsClients, StillAsksForNamesAfterAChange) {
  const Certificate authority = MakeCertificate({.name = "authority", .is_authority = true});
  const Certificate good = MakeCertificate({.sans = {"DNS:a.example"}}, &authority);
  const Certificate bad = MakeCertificate({.sans = {"DNS:b.example"}}, &authority);
  settings_.client_allowed_sans = {"a.example"};
  Demand(authority);
  const auto context = Load();
  Use(MakeCertificate({.name = "second"}));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Connect(*context, {.certificate = &good}).server_name, "second");
  EXPECT_EQ(Connect(*context, {.certificate = &bad}).result, kBad);
}

TEST_F(TlsClients, FinishesAHandshakeAsItBegan) {
  const Certificate old_authority = MakeCertificate({.name = "old", .is_authority = true});
  const Certificate client = MakeCertificate({}, &old_authority);
  Demand(old_authority);
  const auto context = Load();
  const auto change = [&] {
    Use(MakeCertificate({.name = "second"}));
    Demand(MakeCertificate({.name = "new", .is_authority = true}));
    clock_.Advance(std::chrono::seconds(1));
    context->Refresh();
  };
  EXPECT_EQ(Connect(*context, {.certificate = &client, .in_the_middle = change}).server_name,
            "first");
  EXPECT_EQ(Connect(*context, {.certificate = &client}).result, kBad);
}

}  // namespace
}  // namespace procmarshal::testing
