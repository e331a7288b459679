#include "exporter/web/connection_gate.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/manual_clock.h"
#include "tests/support/metric_value.h"

namespace procmarshal::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WebLimits kLimits = {.workers = 1,
                               .connections = 4,
                               .connections_per_address = 2,
                               .request_timeout = seconds(5),
                               .response_timeout = seconds(10),
                               .header_size = 1024,
                               .body_size = 0};

Address Of(std::string_view text) {
  return Address::Parse(text).value_or(Address());
}

class ConnectionGateTest : public ::testing::Test {
 protected:
  // A connected socket that the gate may close, as accept(2) would return it.
  int Open() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    clients_.emplace_back(pair[1]);
    return pair[0];
  }

  double Refused(RefusedFor reason) {
    return Value("procmarshal_http_refused_total", {{"reason", std::string(Name(reason))}});
  }
  double Value(const std::string& name, const std::map<std::string, std::string>& labels = {}) {
    return ValueOf(*registry_, name, labels);
  }

  int LastClient() { return clients_.back().Get(); }

  void ResetLastClient() {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(LastClient(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    clients_.pop_back();
  }

  // The same by TCP, admitted, with its request read.
  int OpenTcp() {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_TRUE(listener);
    if (!listener) return -1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener.Get(), any, length), 0);
    EXPECT_EQ(::listen(listener.Get(), 1), 0);
    EXPECT_EQ(::getsockname(listener.Get(), any, &length), 0);
    clients_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(LastClient(), any, length), 0);
    const int fd = ::accept4(listener.Get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    EXPECT_FALSE(gate_.Admit(fd, Of("127.0.0.1")));
    gate_.BeginAnswer(fd);
    return fd;
  }

  ManualClock clock_;
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  WebMetrics metrics_{*registry_};
  ConnectionGate gate_{kLimits, clock_, metrics_};

 private:
  std::vector<UniqueFd> clients_;
};

// More than the kernel takes for a client that reads nothing.
void SendTooMuch(int fd) {
  const std::string bytes(std::size_t{1} << 20U, 'x');
  while (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
  }
}

TEST_F(ConnectionGateTest, TakesSoManyFromOneAddress) {
  EXPECT_EQ(gate_.Admit(Open(), Of("192.0.2.1")), std::nullopt);
  EXPECT_EQ(gate_.Admit(Open(), Of("192.0.2.1")), std::nullopt);
  const UniqueFd third(Open());
  EXPECT_EQ(gate_.Admit(third.Get(), Of("192.0.2.1")), RefusedFor::kAddressLimit);
  EXPECT_EQ(gate_.Admit(Open(), Of("192.0.2.2")), std::nullopt);
  EXPECT_EQ(Refused(RefusedFor::kAddressLimit), 1);
  EXPECT_EQ(Value("procmarshal_http_connections"), 3);
  EXPECT_EQ(Value("procmarshal_http_connections_total"), 3);
}

TEST_F(ConnectionGateTest, CountsAnIpv6SubnetAsOneClient) {
  EXPECT_EQ(gate_.Admit(Open(), Of("2001:db8::1")), std::nullopt);
  EXPECT_EQ(gate_.Admit(Open(), Of("2001:db8::2")), std::nullopt);
  const UniqueFd third(Open());
  EXPECT_EQ(gate_.Admit(third.Get(), Of("2001:db8::ffff:3")), RefusedFor::kAddressLimit);
  EXPECT_EQ(gate_.Admit(Open(), Of("2001:db8:0:1::1")), std::nullopt);
}

TEST_F(ConnectionGateTest, TakesSoManyInAll) {
  for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
    EXPECT_EQ(gate_.Admit(Open(), Of(address)), std::nullopt);
  }
  const UniqueFd fifth(Open());
  EXPECT_EQ(gate_.Admit(fifth.Get(), Of("192.0.2.5")), RefusedFor::kConnectionLimit);
}

TEST_F(ConnectionGateTest, HasRoomAgainWhenOneIsClosed) {
  const int first = Open();
  ASSERT_FALSE(gate_.Admit(first, Of("192.0.2.1")));
  ASSERT_FALSE(gate_.Admit(Open(), Of("192.0.2.1")));
  gate_.Close(first);
  EXPECT_FALSE(gate_.Find(first));
  EXPECT_EQ(Value("procmarshal_http_connections"), 1);
  EXPECT_EQ(gate_.Admit(Open(), Of("192.0.2.1")), std::nullopt);
}

TEST_F(ConnectionGateTest, KnowsNothingOfOtherFiles) {
  EXPECT_EQ(gate_.TimeLeft(12345), std::nullopt);
  gate_.BeginAnswer(12345);
  gate_.Cut(12345);
  EXPECT_EQ(Value("procmarshal_http_connections"), 0);
}

TEST_F(ConnectionGateTest, GivesTheRequestItsTime) {
  const int fd = Open();
  ASSERT_FALSE(gate_.Admit(fd, Of("192.0.2.1")));
  EXPECT_EQ(gate_.TimeLeft(fd), seconds(5));
  clock_.Advance(milliseconds(5001));
  EXPECT_EQ(gate_.TimeLeft(fd), milliseconds(-1));
}

TEST_F(ConnectionGateTest, GivesTheAnswerATimeOfItsOwn) {
  const int fd = Open();
  ASSERT_FALSE(gate_.Admit(fd, Of("192.0.2.1")));
  clock_.Advance(seconds(4));
  gate_.BeginAnswer(fd);
  EXPECT_EQ(gate_.TimeLeft(fd), seconds(10));
}

TEST_F(ConnectionGateTest, CutsAConnectionSoThatItsOwnerSeesTheEnd) {
  const int fd = Open();
  ASSERT_FALSE(gate_.Admit(fd, Of("192.0.2.1")));
  gate_.Cut(fd);
  char byte = 0;
  EXPECT_EQ(::recv(fd, &byte, 1, MSG_DONTWAIT), 0);
  EXPECT_EQ(::send(fd, &byte, 1, MSG_NOSIGNAL), -1);
  EXPECT_EQ(::recv(LastClient(), &byte, 1, MSG_DONTWAIT), 0);
}

TEST_F(ConnectionGateTest, CountsWhatWasTooSlowOnce) {
  const int silent = Open();
  const int stuck = Open();
  ASSERT_FALSE(gate_.Admit(silent, Of("192.0.2.1")));
  ASSERT_FALSE(gate_.Admit(stuck, Of("192.0.2.1")));
  gate_.BeginAnswer(stuck);
  clock_.Advance(seconds(11));
  gate_.Cut(stuck);
  gate_.Cut(silent);
  gate_.Close(stuck);
  gate_.Close(silent);
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 2);
}

TEST_F(ConnectionGateTest, DoesNotCountWhatEndedInTime) {
  const int gone = Open();
  const int answered = Open();
  ASSERT_FALSE(gate_.Admit(gone, Of("192.0.2.1")));
  ASSERT_FALSE(gate_.Admit(answered, Of("192.0.2.1")));
  gate_.Close(gone);
  gate_.BeginAnswer(answered);
  clock_.Advance(seconds(9));
  gate_.Close(answered);
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 0);
}

TEST_F(ConnectionGateTest, ClosesAtOnceWhatIsSentAndRead) {
  const int fd = OpenTcp();
  gate_.Close(fd);
  EXPECT_FALSE(gate_.Find(fd));
  EXPECT_FALSE(gate_.Reap());
}

TEST_F(ConnectionGateTest, LeavesUnsentBytesToTheKernelUntilTheyAreTaken) {
  const int fd = OpenTcp();
  SendTooMuch(fd);
  gate_.Close(fd);
  EXPECT_TRUE(gate_.Reap());
  EXPECT_EQ(Value("procmarshal_http_connections"), 1);
  ::shutdown(LastClient(), SHUT_WR);
  std::string buffer(std::size_t{1} << 20U, ' ');
  while (gate_.Reap()) {
    ASSERT_GT(::recv(LastClient(), buffer.data(), buffer.size(), 0), 0);
  }
  EXPECT_EQ(Value("procmarshal_http_connections"), 0);
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 0);
}

TEST_F(ConnectionGateTest, ForgetsUnsentBytesThatAreNotTakenInTime) {
  const int fd = OpenTcp();
  SendTooMuch(fd);
  gate_.Close(fd);
  clock_.Advance(milliseconds(9999));
  EXPECT_TRUE(gate_.Reap());
  clock_.Advance(milliseconds(1));
  EXPECT_FALSE(gate_.Reap());
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 1);
  EXPECT_EQ(Value("procmarshal_http_connections"), 0);
}

TEST_F(ConnectionGateTest, ForgetsUnsentBytesOfAClientThatHasReset) {
  const int fd = OpenTcp();
  SendTooMuch(fd);
  gate_.Close(fd);
  EXPECT_TRUE(gate_.Reap());
  ResetLastClient();
  EXPECT_FALSE(gate_.Reap());
  EXPECT_EQ(Value("procmarshal_http_connections"), 0);
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 0);
}

// There is one worker here.
TEST_F(ConnectionGateTest, CutsWhoSaysNothingWhenAllWorkersAreTaken) {
  const int silent = Open();
  ASSERT_FALSE(gate_.Admit(silent, Of("192.0.2.1")));
  clock_.Advance(seconds(1));
  EXPECT_FALSE(gate_.Reap());
  EXPECT_FALSE(gate_.Find(silent).value_or(ConnectionGate::Connection{}).cut);

  const int newcomer = Open();
  ASSERT_FALSE(gate_.Admit(newcomer, Of("192.0.2.2")));
  EXPECT_TRUE(gate_.Reap());
  EXPECT_TRUE(gate_.Find(silent).value_or(ConnectionGate::Connection{}).cut);
  EXPECT_FALSE(gate_.Find(newcomer).value_or(ConnectionGate::Connection{}).cut);
}

TEST_F(ConnectionGateTest, DoesNotCutWhoWaitsToBeReadOrAnswered) {
  const int waiting = Open();
  ASSERT_FALSE(gate_.Admit(waiting, Of("192.0.2.1")));
  ASSERT_EQ(::send(LastClient(), "GET", 3, 0), 3);
  const int answered = OpenTcp();
  clock_.Advance(seconds(3));
  EXPECT_TRUE(gate_.Reap());
  EXPECT_FALSE(gate_.Find(waiting).value_or(ConnectionGate::Connection{}).cut);
  EXPECT_FALSE(gate_.Find(answered).value_or(ConnectionGate::Connection{}).cut);
}

TEST_F(ConnectionGateTest, CutsWhatItsWorkerDoesNotCut) {
  const int fd = OpenTcp();
  clock_.Advance(milliseconds(10'999));
  (void)gate_.Reap();
  EXPECT_FALSE(gate_.Find(fd).value_or(ConnectionGate::Connection{}).cut);
  clock_.Advance(milliseconds(1));
  (void)gate_.Reap();
  EXPECT_TRUE(gate_.Find(fd).value_or(ConnectionGate::Connection{}).cut);
}

TEST_F(ConnectionGateTest, WaitsForAClientThatStillSendsUntilItCloses) {
  const int fd = OpenTcp();
  ASSERT_EQ(::send(LastClient(), "more", 4, 0), 4);
  gate_.Close(fd);
  EXPECT_TRUE(gate_.Reap());
  ASSERT_EQ(::send(LastClient(), "more", 4, 0), 4);
  EXPECT_TRUE(gate_.Reap());
  ::shutdown(LastClient(), SHUT_WR);
  EXPECT_FALSE(gate_.Reap());
  EXPECT_EQ(Value("procmarshal_http_connections"), 0);
}

TEST_F(ConnectionGateTest, WaitsASecondForAClientThatIsAboutToSend) {
  const int fd = OpenTcp();
  gate_.Close(fd, true);
  clock_.Advance(milliseconds(999));
  EXPECT_TRUE(gate_.Reap());
  clock_.Advance(milliseconds(1));
  EXPECT_FALSE(gate_.Reap());
  EXPECT_EQ(Refused(RefusedFor::kTimeout), 0);
}

}  // namespace
}  // namespace procmarshal::testing
