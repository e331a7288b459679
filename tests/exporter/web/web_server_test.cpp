#include "exporter/web/web_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http_client.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Response Echo(const Request& request) {
  Response response = Response::Text(
      200, request.method + " " + request.path + " " + std::string(request.Header("x-test")));
  response.headers.emplace_back("X-Answer", "yes");
  return response;
}

std::unique_ptr<WebServer> Start(WebServer::Handler handler = Echo) {
  return WebServer::Start({{.host = "127.0.0.1", .port = 0}}, std::move(handler)).value();
}

TEST(WebServer, SaysWhichPortItGot) {
  const auto server = Start();
  ASSERT_EQ(server->Addresses().size(), 1U);
  EXPECT_THAT(server->Addresses()[0], StartsWith("127.0.0.1:"));
  EXPECT_NE(server->Addresses()[0], "127.0.0.1:0");
}

TEST(WebServer, CarriesARequestAndItsAnswer) {
  const auto server = Start();
  const std::string answer =
      Exchange(server->Addresses()[0], "GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nX-Test: 7\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Answer: yes\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a b 7"));
}

TEST(WebServer, CarriesLargeAndBinaryBodies) {
  const std::string body(std::size_t{3} << 20U, '\0');
  const auto server = Start([&](const Request&) { return Response::Text(200, body); });
  const std::string answer = HttpGet(server->Addresses()[0], "/");
  EXPECT_THAT(answer, EndsWith(body));
}

TEST(WebServer, ListensOnSeveralAddresses) {
  const auto server =
      WebServer::Start({{.host = "127.0.0.1", .port = 0}, {.host = "127.0.0.2", .port = 0}}, Echo);
  ASSERT_TRUE(server);
  for (const std::string& address : (*server)->Addresses()) {
    EXPECT_THAT(HttpGet(address, "/x"), HasSubstr("GET /x")) << address;
  }
}

TEST(WebServer, KnowsLocalhost) {
  const auto server = WebServer::Start({{.host = "localhost", .port = 0}}, Echo);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->Addresses()[0], StartsWith("127.0.0.1:"));
}

TEST(WebServer, SaysThatAnAddressIsTaken) {
  const auto first = Start();
  const std::string taken = first->Addresses()[0];
  const auto port = static_cast<std::uint16_t>(std::stoi(taken.substr(taken.find(':') + 1)));
  const auto second = WebServer::Start({{.host = "127.0.0.1", .port = port}}, Echo);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, StartsWith("listen on " + taken + ": "));
  EXPECT_THAT(second.error().message, HasSubstr("Address already in use"));
}

TEST(WebServer, SaysThatAHostIsNotKnown) {
  const auto server = WebServer::Start({{.host = "host.invalid", .port = 0}}, Echo);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, StartsWith("listen on host.invalid: "));
}

TEST(WebServer, ClosesWhenItEnds) {
  auto server = Start();
  const std::string address = server->Addresses()[0];
  EXPECT_NE(HttpGet(address, "/"), "");
  server.reset();
  EXPECT_EQ(HttpGet(address, "/"), "");
}

}  // namespace
}  // namespace procmarshal::testing
