#include "exporter/web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/request.h"

namespace procmarshal::testing {
namespace {

struct Pages {
  Routes routes;
  Pages() {
    routes.Get("/", [](const Request&) { return Response::Text(200, "home"); });
    routes.Get("/broken", [](const Request&) -> Response { throw std::runtime_error("oh"); });
  }
  [[nodiscard]] Response Handle(const std::string& method, const std::string& path) const {
    return routes.Handle(MakeRequest(method, path));
  }
};

TEST(Routes, AnswersByPath) {
  const Pages pages;
  EXPECT_EQ(pages.Handle("GET", "/").code, 200);
  EXPECT_EQ(*pages.Handle("GET", "/").body, "home");
}

TEST(Routes, DoesNotKnowOtherPaths) {
  const Pages pages;
  for (const char* path : {"", "/x", "//", "/broken/", "metrics", "/\n"}) {
    EXPECT_EQ(pages.Handle("GET", path).code, 404) << path;
    EXPECT_EQ(pages.Handle("POST", path).code, 404) << path;
  }
}

TEST(Routes, TakesGetOnly) {
  const Pages pages;
  for (const char* method : {"POST", "HEAD", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    const Response response = pages.Handle(method, "/");
    EXPECT_EQ(response.code, 405) << method;
    EXPECT_THAT(response.headers, ::testing::Contains(::testing::Pair("Allow", "GET")));
  }
}

TEST(Routes, TurnsAnExceptionIntoAnAnswerThatTellsNothing) {
  const Pages pages;
  const Response response = pages.Handle("GET", "/broken");
  EXPECT_EQ(response.code, 500);
  EXPECT_EQ(response.body->find("oh"), std::string::npos);
}

TEST(Routes, CountsNothingAsAPathThatAClientMadeUp) {
  const Pages pages;
  EXPECT_EQ(pages.routes.Label("/"), "/");
  EXPECT_EQ(pages.routes.Label("/secret1"), "other");
  EXPECT_EQ(pages.routes.Label(""), "other");
}

TEST(Request, FindsHeadersWhateverTheirCase) {
  const Request request = MakeRequest("GET", "/", {{"accept", "text/plain"}});
  EXPECT_EQ(request.Header("Accept"), "text/plain");
  EXPECT_EQ(request.Header("Accept-Encoding"), "");
}

}  // namespace
}  // namespace procmarshal::testing
