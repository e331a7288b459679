#include "exporter/web/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/metric_value.h"
#include "tests/support/request.h"

namespace procmarshal::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::Pair;

// Of the password "secret".
constexpr const char* kHash = "$2b$04$....................../dCAsp4PpJoDgv6BeaLP6BKrXlBV1oi";

class SiteTest : public ::testing::Test {
 protected:
  SiteTest() {
    for (const char* path : {"/", "/metrics", "/-/healthy"}) {
      site_.Pages().Get(path, [](const Request&) { return Response::Text(200, "page"); });
    }
  }

  int Ask(const std::string& path, const std::string& host = "localhost",
          const Headers& headers = {}) {
    Request request = MakeRequest("GET", path, headers);
    request.authority = host;
    return site_.Answer(request).code;
  }

  double Refused(RefusedFor reason) {
    return ValueOf(registry_, "procmarshal_http_refused_total",
                   {{"reason", std::string(Name(reason))}});
  }

  WebSettings settings_;
  ManualClock clock_;
  prometheus::Registry registry_;
  WebMetrics metrics_{registry_};
  Site site_{settings_, clock_, metrics_};
};

TEST_F(SiteTest, ServesItsPages) {
  EXPECT_EQ(Ask("/metrics"), 200);
  EXPECT_EQ(Ask("/"), 200);
  EXPECT_EQ(Ask("/x"), 404);
}

TEST_F(SiteTest, GuardsThePageByHostButNotWhatPrometheusNeeds) {
  EXPECT_EQ(Ask("/", "evil.example"), 403);
  EXPECT_EQ(Ask("/metrics", "evil.example"), 200);
  EXPECT_EQ(Ask("/-/healthy", "evil.example"), 200);
  EXPECT_EQ(Refused(RefusedFor::kHost), 1);
}

TEST_F(SiteTest, AsksForAPasswordOnEveryPath) {
  settings_.basic_auth_users = {{"alice", kHash}};
  site_.Configure(settings_);
  for (const char* path : {"/", "/metrics", "/-/healthy", "/x"}) {
    EXPECT_EQ(Ask(path), 401) << path;
    EXPECT_EQ(Ask(path, "localhost", {{"Authorization", "Basic YWxpY2U6c2VjcmV0"}}),
              std::string_view(path) == "/x" ? 404 : 200)
        << path;
  }
  EXPECT_EQ(Refused(RefusedFor::kUnauthorized), 4);
}

TEST_F(SiteTest, TakesOtherSettingsWhileItServes) {
  EXPECT_EQ(Ask("/", "node1.example"), 403);
  settings_.allowed_hosts = {"node1.example"};
  site_.Configure(settings_);
  EXPECT_EQ(Ask("/", "node1.example"), 200);
}

TEST_F(SiteTest, ForgetsWhoGuessesOnlyWhenTheUsersChange) {
  settings_.basic_auth_users = {{"alice", kHash}};
  site_.Configure(settings_);
  const Headers wrong = {{"Authorization", "Basic YWxpY2U6d3Jvbmc="}};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Ask("/metrics", "localhost", wrong), 401);
  settings_.allowed_hosts = {"node1.example"};
  site_.Configure(settings_);
  EXPECT_EQ(Ask("/metrics", "localhost", wrong), 429);
  settings_.basic_auth_users["bob"] = kHash;
  site_.Configure(settings_);
  EXPECT_EQ(Ask("/metrics", "localhost", wrong), 401);
}

TEST_F(SiteTest, SendsTheConfiguredHeadersWithEveryAnswer) {
  settings_.headers = {{"Strict-Transport-Security", "max-age=60"}, {"X-Frame-Options", ""}};
  site_.Configure(settings_);
  for (const char* path : {"/metrics", "/x"}) {
    const Response response = site_.Answer(MakeRequest("GET", path));
    EXPECT_THAT(response.headers, Contains(Pair("Strict-Transport-Security", "max-age=60")));
    EXPECT_THAT(response.headers, Not(Contains(Pair("X-Frame-Options", ::testing::_))));
  }
}

TEST_F(SiteTest, CountsAnswersByPathsThatItServes) {
  EXPECT_EQ(site_.Answer(MakeRequest("GET", "/metrics")).route, "/metrics");
  EXPECT_EQ(site_.Answer(MakeRequest("GET", "/made-up")).route, "other");
}

}  // namespace
}  // namespace procmarshal::testing
