#include "exporter/web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/request.h"

namespace procmarshal::testing {
namespace {

struct Site {
  prometheus::Registry registry;
  Routes routes{registry};
  Site() {
    routes.Get("/", [](const Request&) { return Response::Text(200, "home"); });
    routes.Get("/broken", [](const Request&) -> Response { throw std::runtime_error("oh"); });
  }
  [[nodiscard]] Response Handle(const std::string& method, const std::string& path) const {
    return routes.Handle(MakeRequest(method, path));
  }
};

TEST(Routes, AnswersByPath) {
  const Site site;
  EXPECT_EQ(site.Handle("GET", "/").code, 200);
  EXPECT_EQ(*site.Handle("GET", "/").body, "home");
}

TEST(Routes, DoesNotKnowOtherPaths) {
  const Site site;
  for (const char* path : {"", "/x", "//", "/broken/", "metrics", "/\n"}) {
    EXPECT_EQ(site.Handle("GET", path).code, 404) << path;
    EXPECT_EQ(site.Handle("POST", path).code, 404) << path;
  }
}

TEST(Routes, TakesGetOnly) {
  const Site site;
  for (const char* method : {"POST", "HEAD", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    const Response response = site.Handle(method, "/");
    EXPECT_EQ(response.code, 405) << method;
    EXPECT_THAT(response.headers, ::testing::Contains(::testing::Pair("Allow", "GET")));
  }
}

TEST(Routes, TurnsAnExceptionIntoAnAnswerThatTellsNothing) {
  const Site site;
  const Response response = site.Handle("GET", "/broken");
  EXPECT_EQ(response.code, 500);
  EXPECT_EQ(response.body->find("oh"), std::string::npos);
}

TEST(Routes, CountsAnswersWithoutTakingLabelsFromClients) {
  const Site site;
  (void)site.Handle("GET", "/");
  (void)site.Handle("GET", "/secret1");
  (void)site.Handle("GET", "/secret2");
  const auto families = site.registry.Collect();
  ASSERT_EQ(families.size(), 1U);
  EXPECT_EQ(families[0].name, "procmarshal_http_requests_total");
  ASSERT_EQ(families[0].metric.size(), 2U);
  double total = 0;
  for (const auto& sample : families[0].metric) {
    total += sample.counter.value;
    for (const auto& label : sample.label) EXPECT_EQ(label.value.find("secret"), std::string::npos);
  }
  EXPECT_EQ(total, 3);
}

TEST(Request, FindsHeadersWhateverTheirCase) {
  const Request request = MakeRequest("GET", "/", {{"accept", "text/plain"}});
  EXPECT_EQ(request.Header("Accept"), "text/plain");
  EXPECT_EQ(request.Header("Accept-Encoding"), "");
}

}  // namespace
}  // namespace procmarshal::testing
