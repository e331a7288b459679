#include "exporter/web/basic_auth.h"

#include <crypt.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.h"

namespace procmarshal {
namespace {

using namespace std::string_literals;
using std::chrono::seconds;
using testing::ManualClock;
using Users = std::map<std::string, std::string, std::less<>>;

std::string Hash(const std::string& password, unsigned cost = 4) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  ::crypt_gensalt_rn("$2y$", cost, nullptr, 0, setting.data(), static_cast<int>(setting.size()));
  const auto scratch = std::make_unique<crypt_data>();
  return ::crypt_rn(password.c_str(), setting.data(), scratch.get(), sizeof(*scratch));
}

std::string Basic(const std::string& user_and_password) {
  std::vector<unsigned char> text(((user_and_password.size() + 2) / 3 * 4) + 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(user_and_password.data());
  ::EVP_EncodeBlock(text.data(), bytes, static_cast<int>(user_and_password.size()));
  return "Basic "s + reinterpret_cast<const char*>(text.data());
}

// A request with this Authorization header.
Request With(const std::string& authorization, std::string_view peer = "192.0.2.1") {
  Request request;
  request.headers.emplace_back("Host", "localhost");
  request.headers.emplace_back("Authorization", authorization);
  request.peer = Address::Parse(peer).value_or(Address());
  return request;
}

std::string HeaderOf(const std::optional<Refusal>& refusal, std::string_view name) {
  if (!refusal) return "passed";
  for (const auto& [key, value] : refusal->response.headers) {
    if (key == name) return value;
  }
  return "none";
}

// Such as "401 unauthorized".
std::string Answer(const std::optional<Refusal>& refusal) {
  if (!refusal) return "passed";
  return std::to_string(refusal->response.code) + ' ' + std::string(Name(refusal->reason));
}

std::string BodyOf(const std::optional<Refusal>& refusal) {
  return refusal ? *refusal->response.body : "passed";
}

// Basic authentication and who asks it.
class BasicAuthTest : public ::testing::Test {
 protected:
  // The HTTP code; 200 for a request that may pass.
  static int Code(const std::optional<Refusal>& refusal) {
    return refusal ? refusal->response.code : 200;
  }
  int Login(const std::string& user_and_password, std::string_view peer = "192.0.2.1") {
    return Code(auth_.Check(With(Basic(user_and_password), peer)));
  }
  int Send(const std::string& authorization) { return Code(auth_.Check(With(authorization))); }

  ManualClock clock_;
  BasicAuth auth_{Users{{"alice", Hash("secret")}, {"bob", Hash("colons:and \xFF")}}, clock_};
};

TEST_F(BasicAuthTest, LetsRightPasswordsPass) {
  EXPECT_EQ(Login("alice:secret"), 200);
  EXPECT_EQ(Login("bob:colons:and \xFF"), 200);
}

TEST_F(BasicAuthTest, RefusesEverythingElse) {
  for (const char* wrong : {"alice:", "alice:Secret", "alice:secret ", "alice:secre", "bob:secret",
                            "Alice:secret", ":", ":secret", "carol:secret", "alice "}) {
    EXPECT_EQ(Login(wrong), 401) << wrong;
    clock_.Advance(seconds(1));
  }
  EXPECT_EQ(Login("alice:secret\0"s), 401);
  EXPECT_EQ(Login("alice:secret\0more"s), 401);
}

TEST_F(BasicAuthTest, AsksForAPassword) {
  const auto refusal = auth_.Check(Request());
  EXPECT_EQ(Answer(refusal), "401 unauthorized");
  EXPECT_EQ(HeaderOf(refusal, "WWW-Authenticate"), R"(Basic realm="procmarshal", charset="UTF-8")");
}

TEST_F(BasicAuthTest, DoesNotSayWhatWasWrong) {
  const std::string body = BodyOf(auth_.Check(With(Basic("alice:wrong"))));
  EXPECT_EQ(BodyOf(auth_.Check(With(Basic("carol:wrong")))), body);
  EXPECT_EQ(BodyOf(auth_.Check(With("Bearer token"))), body);
  EXPECT_EQ(BodyOf(auth_.Check(Request())), body);
}

TEST_F(BasicAuthTest, HashesForUnknownUsersToo) {
  Login("carol:secret");
  EXPECT_EQ(auth_.HashesComputed(), 1);
  Login("carol:secret");
  EXPECT_EQ(auth_.HashesComputed(), 2);
}

TEST_F(BasicAuthTest, TakesOneHeaderOnly) {
  Request request = With(Basic("alice:secret"));
  request.headers.emplace_back("authorization", Basic("alice:secret"));
  EXPECT_EQ(Code(auth_.Check(request)), 401);
}

TEST_F(BasicAuthTest, DoesNotMindTheCaseOfNames) {
  Request request;
  request.headers.emplace_back("aUTHORIZATION", "bASIC YWxpY2U6c2VjcmV0");
  EXPECT_EQ(Code(auth_.Check(request)), 200);
}

TEST_F(BasicAuthTest, RemembersARightPassword) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Login("alice:secret"), 200);
  EXPECT_EQ(auth_.HashesComputed(), 1);
}

TEST_F(BasicAuthTest, RemembersOneForEachUser) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Login("alice:secret"), 200);
    EXPECT_EQ(Login("bob:colons:and \xFF"), 200);
  }
  EXPECT_EQ(auth_.HashesComputed(), 2);
}

TEST_F(BasicAuthTest, WrongPasswordsAreNotRememberedAndPushNothingOut) {
  Login("alice:secret");
  EXPECT_EQ(Login("alice:wrong"), 401);
  EXPECT_EQ(Login("alice:wrong"), 401);
  EXPECT_EQ(auth_.HashesComputed(), 3);
  EXPECT_EQ(Login("alice:secret"), 200);
  EXPECT_EQ(auth_.HashesComputed(), 3);
}

TEST_F(BasicAuthTest, LimitsWrongPasswords) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Login("alice:wrong"), 401);
  const auto refusal = auth_.Check(With(Basic("alice:wrong")));
  EXPECT_EQ(Answer(refusal), "429 too_many_failures");
  EXPECT_EQ(HeaderOf(refusal, "Retry-After"), "1");
  EXPECT_EQ(auth_.HashesComputed(), 10);
}

TEST_F(BasicAuthTest, RetryAfterIsRoundedUp) {
  for (int i = 0; i < 10; ++i) Login("alice:wrong");
  clock_.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(HeaderOf(auth_.Check(With(Basic("alice:wrong"))), "Retry-After"), "1");
}

TEST_F(BasicAuthTest, LimitsUnknownUsersToo) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Login("user" + std::to_string(i) + ":x"), 401);
  EXPECT_EQ(Login("user:x"), 429);
}

TEST_F(BasicAuthTest, ComparesNothingForWhoWasWrongTooOften) {
  EXPECT_EQ(Login("alice:secret"), 200);
  for (int i = 0; i < 10; ++i) Login("alice:wrong");
  EXPECT_EQ(Login("alice:secret"), 429);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Login("alice:secret"), 200);
}

TEST_F(BasicAuthTest, CountsByAddress) {
  for (int i = 0; i < 10; ++i) Login("alice:wrong", "192.0.2.1");
  EXPECT_EQ(Login("alice:secret", "192.0.2.2"), 200);
  EXPECT_EQ(Login("alice:secret", "::ffff:192.0.2.1"), 429);
}

TEST_F(BasicAuthTest, ANetworkOfIpv6IsOneAddress) {
  for (int i = 0; i < 10; ++i) Login("alice:wrong", "2001:db8::" + std::to_string(i));
  EXPECT_EQ(Login("alice:secret", "2001:db8::ffff"), 429);
  EXPECT_EQ(Login("alice:secret", "2001:db8:0:1::"), 200);
}

TEST_F(BasicAuthTest, ARightPasswordCostsNothing) {
  for (int i = 0; i < 9; ++i) Login("alice:wrong");
  EXPECT_EQ(Login("alice:secret"), 200);  // hashed
  EXPECT_EQ(Login("alice:secret"), 200);  // remembered
  EXPECT_EQ(Login("alice:wrong"), 401);
}

TEST_F(BasicAuthTest, ARightPasswordMakesNothingGood) {
  for (int i = 0; i < 9; ++i) Login("alice:wrong");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Login("alice:secret"), 200);
  EXPECT_EQ(Login("alice:wrong"), 401);
  EXPECT_EQ(Login("alice:wrong"), 429);
}

TEST_F(BasicAuthTest, RequestsWithoutCredentialsCostNothing) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(Code(auth_.Check(Request())), 401);
    EXPECT_EQ(Send("Bearer token"), 401);
    EXPECT_EQ(Send("Basic !"), 401);
  }
  EXPECT_EQ(auth_.HashesComputed(), 0);
  EXPECT_EQ(Login("alice:secret"), 200);
}

TEST_F(BasicAuthTest, AsksForAPasswordEvenWhoWasWrongTooOften) {
  for (int i = 0; i < 11; ++i) Login("alice:wrong");
  Request request = With("");
  request.headers.clear();
  EXPECT_EQ(Code(auth_.Check(request)), 401);
}

TEST(BasicAuth, LetsEverybodyPassWithoutUsers) {
  const ManualClock clock;
  BasicAuth auth({}, clock);
  EXPECT_EQ(auth.Check(Request()), std::nullopt);
  EXPECT_EQ(auth.Check(With("nonsense")), std::nullopt);
  EXPECT_EQ(auth.Check(With(Basic("alice:secret"))), std::nullopt);
}

// What other programs made: Prometheus' exporter-toolkit ships the first two (htpasswd), the
// others are test vectors of crypt_blowfish, Go and jBCrypt.
TEST(BasicAuth, KnowsHashesOfOtherPrograms) {
  const ManualClock clock;
  const auto passes = [&](const std::string& password, const std::string& hash) {
    EXPECT_TRUE(CheckBcryptHash(hash));
    BasicAuth auth(Users{{"user", hash}}, clock);
    EXPECT_FALSE(auth.Check(With(Basic("user:" + password)))) << hash;
    EXPECT_TRUE(auth.Check(With(Basic("user:" + password + 'x')))) << hash;
  };
  passes("carol123", "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu");
  passes("dave123", "$2y$10$2UXri9cIDdgeKjBo4Rlpx.U3ZLDV8X1IxKmsfOvhcM5oXQt/mLmXq");
  passes("\xA3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq");
  passes("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
  passes("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
  passes("allmine", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga");
  passes("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe");
}

// As Go's bcrypt does, and so every exporter of Prometheus' world.
TEST(BasicAuth, LooksAt72BytesOfAPassword) {
  const ManualClock clock;
  const std::string hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
  const std::string password =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  BasicAuth auth(Users{{"user", hash}}, clock);
  EXPECT_FALSE(auth.Check(With(Basic("user:" + password + "chars after 72 are ignored"))));
  EXPECT_FALSE(auth.Check(With(Basic("user:" + password + std::string(900, 'x')))));
  EXPECT_FALSE(auth.Check(With(Basic("user:" + password))));
  EXPECT_TRUE(auth.Check(With(Basic("user:" + password.substr(0, 71)))));
}

// CVE-2022-46146: exporter-toolkit joined user, hash and password without a separator to find what
// it remembered, so that one right password became another user's, whose hash had to be known.
TEST(BasicAuth, WhoKnowsAHashCanNotForgeWhatIsRemembered) {
  const ManualClock clock;
  const std::string alice = Hash("secret");
  const std::string known = Hash("fakepassword");
  BasicAuth auth(Users{{"alice", alice}, {"alice" + alice, known}}, clock);
  EXPECT_FALSE(auth.Check(With(Basic("alice" + alice + ":fakepassword"))));  // is remembered
  EXPECT_TRUE(auth.Check(With(Basic("alice:" + known + "fakepassword"))));
  EXPECT_TRUE(auth.Check(With(Basic("alice:" + alice))));
}

// The forgery as it was published, against the hash that stood in for unknown users.
TEST(BasicAuth, APublishedForgeryDoesNotPass) {
  const ManualClock clock;
  const std::string alice = "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu";
  const std::string fake = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
  BasicAuth auth(Users{{"alice", alice}}, clock);
  EXPECT_TRUE(auth.Check(With(Basic("alice" + alice + ":fakepassword"))));
  EXPECT_TRUE(auth.Check(With(Basic("alice:" + fake + "fakepassword"))));
}

// Threads that send wrong passwords, each from a new address, until they are told to stop.
class Crowd {
 public:
  Crowd(BasicAuth& auth, int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, &auth, i](const std::stop_token& stop) {
        for (int j = 0; !stop.stop_requested(); ++j) Send(auth, i, j);
      });
    }
  }

  [[nodiscard]] bool WasTurnedAway() const { return busy_ > 0; }
  // The answers that were neither 401 nor a 429 for one second.
  [[nodiscard]] int Odd() const { return odd_; }
  [[nodiscard]] std::uint64_t Unauthorized() const { return unauthorized_; }
  void Stop() { threads_.clear(); }

 private:
  void Send(BasicAuth& auth, int thread, int number) {
    const auto part = [](int value) { return '.' + std::to_string(value % 256); };
    const auto refusal = auth.Check(
        With(Basic("alice:wrong"), "10" + part(thread) + part(number / 256) + part(number)));
    if (refusal && refusal->response.code == 401) {
      ++unauthorized_;
    } else if (HeaderOf(refusal, "Retry-After") == "1") {
      ++busy_;
    } else {
      ++odd_;
    }
  }

  std::atomic<std::uint64_t> unauthorized_ = 0;
  std::atomic<int> busy_ = 0;
  std::atomic<int> odd_ = 0;
  std::vector<std::jthread> threads_;
};

// Whether somebody of the crowd was turned away before many hashes were computed.
bool Fills(const Crowd& crowd, const BasicAuth& auth) {
  while (!crowd.WasTurnedAway() && crowd.Odd() == 0 && auth.HashesComputed() < 3000) {
    std::this_thread::yield();
  }
  return crowd.WasTurnedAway();
}

TEST_F(BasicAuthTest, ACrowdIsTurnedAwayInsteadOfHashedFor) {
  Crowd crowd(auth_, 8);
  EXPECT_TRUE(Fills(crowd, auth_));
  crowd.Stop();
  EXPECT_EQ(crowd.Odd(), 0);
  EXPECT_EQ(auth_.HashesComputed(), crowd.Unauthorized());
  EXPECT_EQ(Login("alice:secret"), 200);
}

TEST_F(BasicAuthTest, ARememberedPasswordPassesInACrowd) {
  EXPECT_EQ(Login("alice:secret"), 200);
  const Crowd crowd(auth_, 8);
  ASSERT_TRUE(Fills(crowd, auth_));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Login("alice:secret"), 200);
}

TEST_F(BasicAuthTest, ACrowdDoesNotHelpToGuessWhatIsRemembered) {
  EXPECT_EQ(Login("alice:secret"), 200);
  const Crowd crowd(auth_, 8);
  ASSERT_TRUE(Fills(crowd, auth_));
  for (int i = 0; i < 10; ++i) EXPECT_NE(Login("alice:wrong"), 200);  // hashed or turned away
  EXPECT_EQ(Login("alice:secret"), 429);
}

TEST_F(BasicAuthTest, ManyWithTheSamePasswordNeedOneHash) {
  std::atomic<int> passed = 0;
  const auto log_in = [&] { passed += Login("alice:secret") == 200 ? 1 : 0; };
  std::array<std::jthread, 5> threads;  // as many as may want a hash
  for (auto& thread : threads) thread = std::jthread(log_in);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(passed, 5);
  EXPECT_EQ(auth_.HashesComputed(), 1);
}

}  // namespace
}  // namespace procmarshal
