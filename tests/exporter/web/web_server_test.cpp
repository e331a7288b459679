#include "exporter/web/web_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "exporter/web/civetweb_sockets.h"
#include "tests/support/http_client.h"
#include "tests/support/metric_value.h"
#include "tests/support/temporary_folder.h"

namespace procmarshal::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Response Echo(const Request& request) {
  Response response =
      Response::Text(200, request.method + ' ' + request.path + ' ' + request.query + ' ' +
                              request.peer.Text() + ' ' + std::string(request.Header("x-test")));
  response.headers.emplace_back("X-Answer", "yes");
  response.route = "/echo";
  return response;
}

class WebServerTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<WebServer>> TryStart(const std::vector<ListenAddress>& addresses,
                                              WebServer::Handler handler = Echo) {
    return WebServer::Start({.addresses = addresses, .limits = limits_, .tls = nullptr},
                            std::move(handler), clock_, metrics_);
  }

  // On a port of 127.0.0.1.
  std::unique_ptr<WebServer> Start(WebServer::Handler handler = Echo) {
    return TryStart({{.host = "127.0.0.1", .port = 0}}, std::move(handler)).value();
  }

  double Refused(RefusedFor reason) {
    return ValueOf(registry_, "procmarshal_http_refused_total",
                   {{"reason", std::string(Name(reason))}});
  }

  WebLimits limits_;
  SystemClock clock_;
  prometheus::Registry registry_;
  WebMetrics metrics_{registry_};
};

// What only a CivetWeb of ours can do.
class OwnWebServerTest : public WebServerTest {
 protected:
  void SetUp() override {
    if (!civetweb_sockets::kInUse) GTEST_SKIP() << "built with the system's CivetWeb";
  }
};

TEST_F(WebServerTest, SaysWhichPortItGot) {
  const auto server = Start();
  ASSERT_EQ(server->Addresses().size(), 1U);
  EXPECT_THAT(server->Addresses()[0], StartsWith("127.0.0.1:"));
  EXPECT_NE(server->Addresses()[0], "127.0.0.1:0");
}

TEST_F(WebServerTest, CarriesARequestAndItsAnswer) {
  const auto server = Start();
  const std::string answer =
      Exchange(server->Addresses()[0], "GET /a%20b?c=%20 HTTP/1.1\r\nHost: x\r\nX-Test: 7\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Answer: yes\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a b c=%20 127.0.0.1 7"));
}

TEST_F(WebServerTest, CarriesLargeAndBinaryBodies) {
  const std::string body(std::size_t{3} << 20U, '\0');
  const auto server = Start([&](const Request&) { return Response::Text(200, body); });
  const std::string answer = HttpGet(server->Addresses()[0], "/");
  EXPECT_THAT(answer, EndsWith(body));
}

TEST_F(WebServerTest, ListensOnSeveralAddresses) {
  const auto server =
      TryStart({{.host = "127.0.0.1", .port = 0}, {.host = "127.0.0.2", .port = 0}});
  ASSERT_TRUE(server);
  for (const std::string& address : (*server)->Addresses()) {
    EXPECT_THAT(HttpGet(address, "/x"), HasSubstr("GET /x")) << address;
  }
}

TEST_F(WebServerTest, KnowsLocalhost) {
  const auto server = TryStart({{.host = "localhost", .port = 0}});
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->Addresses()[0], StartsWith("127.0.0.1:"));
}

TEST_F(WebServerTest, ListensOnEveryInterface) {
  const auto server = TryStart({{.host = "", .port = 0}});
  ASSERT_TRUE(server) << server.error().message;
  const std::string address = (*server)->Addresses()[0];
  const std::string port = address.substr(address.rfind(':'));
  EXPECT_THAT(HttpGet("127.0.0.1" + port, "/x"), HasSubstr("GET /x  127.0.0.1"));
  if (address.starts_with("[::]")) {
    EXPECT_THAT(HttpGet("[::1]" + port, "/x"), HasSubstr("GET /x  ::1"));
  }
}

TEST_F(WebServerTest, SaysThatAnAddressIsTaken) {
  const auto first = Start();
  const std::string taken = first->Addresses()[0];
  const auto port = static_cast<std::uint16_t>(std::stoi(taken.substr(taken.find(':') + 1)));
  const auto second = TryStart({{.host = "127.0.0.1", .port = port}});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, StartsWith("listen on " + taken + ": "));
  EXPECT_THAT(second.error().message, HasSubstr("Address already in use"));
}

TEST_F(WebServerTest, SaysThatAHostIsNotKnown) {
  const auto server = TryStart({{.host = "host.invalid", .port = 0}});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, StartsWith("listen on host.invalid: "));
}

TEST_F(WebServerTest, ClosesWhenItEnds) {
  auto server = Start();
  const std::string address = server->Addresses()[0];
  EXPECT_NE(HttpGet(address, "/"), "");
  server.reset();
  EXPECT_EQ(HttpGet(address, "/"), "");
}

TEST_F(WebServerTest, CountsWhatItAnswers) {
  auto server = Start();
  const std::string answer = HttpGet(server->Addresses()[0], "/");
  server.reset();
  EXPECT_EQ(
      ValueOf(registry_, "procmarshal_http_requests_total", {{"path", "/echo"}, {"code", "200"}}),
      1);
  EXPECT_EQ(ValueOf(registry_, "procmarshal_http_sent_bytes_total", {}), answer.size());
}

TEST_F(WebServerTest, CountsWhatIsNoRequestAsOther) {
  auto server = Start();
  EXPECT_THAT(Exchange(server->Addresses()[0], "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  server.reset();
  EXPECT_EQ(
      ValueOf(registry_, "procmarshal_http_requests_total", {{"path", "other"}, {"code", "400"}}),
      1);
  EXPECT_EQ(Refused(RefusedFor::kMalformed), 1);
}

TEST_F(WebServerTest, AnswersHeadWithoutABody) {
  const auto server = Start();
  const std::string answer =
      Exchange(server->Addresses()[0], "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 19\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(OwnWebServerTest, AnswersWhatIsNoPath) {
  auto server = Start();
  for (const char* request : {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                              "GET http://localhost/metrics HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    EXPECT_THAT(Exchange(server->Addresses()[0], request),
                EndsWith("Ask for a path, such as /metrics.\n"));
  }
  server.reset();
  EXPECT_EQ(Refused(RefusedFor::kMalformed), 2);
}

TEST_F(WebServerTest, RefusesWhatIsTooLarge) {
  limits_.header_size = 2048;
  const auto server = Start();
  const std::string address = server->Addresses()[0];
  EXPECT_THAT(Exchange(address, "GET /" + std::string(5000, 'a')), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Exchange(address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(OwnWebServerTest, ListensOnIpv6) {
  const auto server = TryStart({{.host = "::1", .port = 0}});
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->Addresses()[0], StartsWith("[::1]:"));
  EXPECT_THAT(HttpGet((*server)->Addresses()[0], "/x"), EndsWith("GET /x  ::1 "));
}

class UnixSocketTest : public OwnWebServerTest {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_.Path("web.sock");
  ListenAddress address_{.host = {}, .port = 0, .path = path_};
};

TEST_F(UnixSocketTest, IsServedToOwnerAndGroup) {
  auto server = TryStart({address_, {.host = "127.0.0.1", .port = 0}});
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT(HttpGet("unix:" + path_, "/x"), EndsWith("GET /x  unix "));
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  EXPECT_THAT(HttpGet((*server)->Addresses()[0], "/x"), EndsWith("GET /x  127.0.0.1 "));
}

TEST_F(UnixSocketTest, IsRemovedAtTheEnd) {
  {
    ASSERT_TRUE(TryStart({address_}));
  }
  struct stat status{};
  EXPECT_NE(::stat(path_.c_str(), &status), 0);
}

TEST_F(UnixSocketTest, ReplacesOneThatNobodyListensAt) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
  {
    const UniqueFd left_behind(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(left_behind);
    ASSERT_EQ(
        ::bind(left_behind.Get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  const auto server = TryStart({address_});
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT(HttpGet("unix:" + path_, "/x"), HasSubstr("GET /x"));
}

TEST_F(UnixSocketTest, DoesNotTakeOneAway) {
  const auto first = TryStart({address_});
  const auto second = TryStart({address_});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "listen on unix:" + path_ + ": another program listens there");
  EXPECT_THAT(HttpGet("unix:" + path_, "/x"), HasSubstr("GET /x"));
}

TEST_F(UnixSocketTest, DoesNotRemoveAFile) {
  (void)folder_.Write("web.sock", "precious");
  const auto server = TryStart({address_});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("not a socket"));
}

TEST_F(OwnWebServerTest, TurnsAwayMoreConnectionsThanAnAddressMayHave) {
  limits_.connections_per_address = 2;
  auto server = Start();
  const std::string address = server->Addresses()[0];
  const UniqueFd first = Connect(address);
  const UniqueFd second = Connect(address);
  EXPECT_THAT(ReadAll(Connect(address)), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(Refused(RefusedFor::kAddressLimit), 1);
}

TEST_F(OwnWebServerTest, ClosesAConnectionThatStaysSilent) {
  limits_.request_timeout = milliseconds(100);
  auto server = Start();
  EXPECT_EQ(ReadAll(Connect(server->Addresses()[0])), "");
  server.reset();
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 1);
}

TEST_F(OwnWebServerTest, SaysThatARequestIsTooSlow) {
  limits_.request_timeout = milliseconds(100);
  auto server = Start();
  EXPECT_THAT(Exchange(server->Addresses()[0], "GET / HTT"), StartsWith("HTTP/1.1 408 "));
  server.reset();
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 1);
}

// The smaller answer fits into the buffers of the kernel here, so that the worker is done with it;
// the larger one holds the worker up.
TEST_F(OwnWebServerTest, CutsAClientThatDoesNotTakeItsAnswer) {
  limits_.response_timeout = milliseconds(100);
  int cut = 0;
  for (const std::size_t size : {std::size_t{1} << 20U, std::size_t{64} << 20U}) {
    const std::string body(size, 'x');
    const auto server = Start([&](const Request&) { return Response::Text(200, body); });
    const UniqueFd client = Connect(server->Addresses()[0]);
    constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    ASSERT_GT(::send(client.Get(), kRequest.data(), kRequest.size(), 0), 0);
    pollfd end{.fd = client.Get(), .events = POLLRDHUP, .revents = 0};
    EXPECT_EQ(::poll(&end, 1, 10'000), 1);
    EXPECT_EQ(Refused(RefusedFor::kTimeout), ++cut);
    EXPECT_LT(ReadAll(client).size(), body.size());
  }
}

TEST_F(OwnWebServerTest, RefusesALaxlyWrittenHeader) {
  const auto server = Start();
  EXPECT_THAT(Exchange(server->Addresses()[0], "GET / HTTP/1.1\nHost: a\n\n"),
              EndsWith("Malformed: a line does not end with CR LF.\n"));
}

}  // namespace
}  // namespace procmarshal::testing
