// What basic authentication makes of text: hashes of the configuration, headers, tags.

#include <crypt.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/web/basic_auth.h"

namespace procmarshal {
namespace {

using namespace std::string_literals;

TEST(BcryptHash, AcceptsWhatCryptCanCheck) {
  EXPECT_TRUE(CheckBcryptHash("$2y$04$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"));
  EXPECT_TRUE(CheckBcryptHash("$2y$14$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"));
  EXPECT_TRUE(CheckBcryptHash("$2b$12$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"));
  EXPECT_TRUE(CheckBcryptHash("$2a$12$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"));
}

TEST(BcryptHash, RefusesWhatIsNone) {
  const std::string salt_and_hash = "qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu";
  for (const std::string& text : {
           ""s,
           "secret"s,
           "$2y$10$"s,
           "$2y$10$" + salt_and_hash + 'u',
           "$2y$10$" + salt_and_hash.substr(1),
           "$2y$10$" + salt_and_hash + '\n',
           "$2x$10$" + salt_and_hash,
           "$2$10$" + salt_and_hash,
           "$2z$10$" + salt_and_hash,
           "$1$$10$" + salt_and_hash,
           "$2y$1a$" + salt_and_hash,
           "$2y$+9$" + salt_and_hash,
           "$2y$10." + salt_and_hash,
           "$2y$10$:" + salt_and_hash.substr(1),
           "$2y$10$\0"s + salt_and_hash.substr(1),
           "$2y$10$qRTBuFoULoYNA7AQ/F3ck/trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"s,  // the salt's last bits
           "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuv"s,  // the hash's last bits
           "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="s,
           "$apr1$JsyZk8Rr$mYAAAAAAAAAAAAAAAAAAA/"s,
           "$6$rounds=5000$usesomesillystri$D4IrlXatmP7rx3P3InaxBeoomnAihCKREY4nPD1"s,
       }) {
    EXPECT_FALSE(CheckBcryptHash(text)) << text;
  }
}

TEST(BcryptHash, RefusesCostsThatNobodyCanWaitFor) {
  const auto check = [](const std::string& cost) {
    return CheckBcryptHash("$2y$" + cost +
                           "$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu");
  };
  for (const char* cost : {"00", "03", "15", "31", "99"}) EXPECT_FALSE(check(cost)) << cost;
  EXPECT_EQ(
      check("31").error().message,
      "a bcrypt hash of cost 31, expected 4 to 14: each step doubles the time that checking a "
      "password takes");
}

TEST(BcryptHash, OfNobodyCostsAsMuchAsTheDearest) {
  const std::string salt_and_hash = "$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu";
  const std::string hash = HashOfNobody({{"a", "$2y$05" + salt_and_hash},
                                         {"b", "$2b$11" + salt_and_hash},
                                         {"c", "$2y$09" + salt_and_hash}});
  EXPECT_TRUE(hash.starts_with("$2y$11$")) << hash;
  EXPECT_TRUE(CheckBcryptHash(hash)) << hash;
}

TEST(BcryptHash, OfNobodyIsOneForCrypt) {
  const std::string hash =
      HashOfNobody({{"a", "$2y$04$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"}});
  const auto scratch = std::make_unique<crypt_data>();
  const char* computed = ::crypt_rn("x", hash.c_str(), scratch.get(), sizeof(*scratch));
  ASSERT_NE(computed, nullptr);
  EXPECT_EQ(std::string_view(computed).substr(0, 29), hash.substr(0, 29));  // the same salt
}

TEST(BcryptHash, TheMessageKeepsTheSecret) {
  EXPECT_EQ(CheckBcryptHash("hunter2").error().message,
            R"(not a bcrypt hash, expected one such as htpasswd -nBC 10 "" prints ($2y$10$ and 53 )"
            "more characters)");
}

// Of 1023 bytes: "a:" and many x.
std::string LongHeader() {
  std::string header = "Basic YTp4";
  for (int i = 0; i < 340; ++i) header += "eHh4";
  return header;
}

TEST(BasicCredentials, AreSplitAtTheFirstColon) {
  const auto reads = [](const std::string& header, std::string_view user,
                        std::string_view password) {
    const auto credentials = ParseBasicCredentials(header);
    ASSERT_TRUE(credentials) << header;
    EXPECT_EQ(credentials->user, user);
    EXPECT_EQ(credentials->password, password);
  };
  reads("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame");  // RFC 7617
  reads("basic dGVzdDoxMjPCow==", "test", "123\xC2\xA3");                 // RFC 7617
  reads(" BASIC   QTpiOmM=\t", "A", "b:c");
  reads("Basic Og==", "", "");
  reads("Basic YTo=", "a", "");
  reads("Basic OmI=", "", "b");
  reads(LongHeader() + "eA==", "a", std::string(1022, 'x'));
}

TEST(BasicCredentials, AreNothingElse) {
  for (const std::string& header : {
           ""s,
           "Basic"s,
           "Basic "s,
           "BasicQTpi"s,
           "Basic\tQTpi"s,
           "Basic QTpi QTpi"s,
           "Basic QTpi,"s,
           "Basic QTp"s,
           "Basic QTpiCg"s,
           "Basic QTpi\n"s,
           "Basic QTpi="s,
           "Bearer QTpi"s,
           "Basi QTpi"s,
           "QTpi"s,
           R"(Basic "QTpi")"s,
           "Basic QUJD"s,      // no colon
           "Basic YTpiAGM="s,  // NUL

           "Basic YQA6Yg=="s,  // NUL

           LongHeader() + "eHg=",
           LongHeader() + LongHeader().substr(6),
       }) {
    EXPECT_FALSE(ParseBasicCredentials(header)) << header.substr(0, 80);
  }
}

TEST(TagInput, ATagStandsForOneUserHashAndPassword) {
  // Whatever could be mistaken for something else: parts of each other, and of a length.
  const std::vector<std::string> parts = {"",
                                          "a",
                                          "b",
                                          "ab",
                                          "ba",
                                          "aa",
                                          "\0"s,
                                          "\0\0"s,
                                          "\1"s,
                                          "\1\0\0\0\0\0\0\0"s,
                                          "\1\0\0\0\0\0\0\0a"s,
                                          "\0\0\0\0\0\0\0\0"s,
                                          "a\1\0\0\0\0\0\0\0a"s,
                                          "a:b",
                                          ":",
                                          std::string(256, 'a'),
                                          std::string(257, 'a')};
  std::set<std::string> inputs;
  for (const auto& user : parts) {
    for (const auto& hash : parts) {
      for (const auto& password : parts) inputs.insert(TagInput(user, hash, password));
    }
  }
  EXPECT_EQ(inputs.size(), parts.size() * parts.size() * parts.size());
}

TEST(TagInput, EverySplitOfATextHasATagOfItsOwn) {
  const std::string text = "alice$2y$04$abc\1\0\0\0\0\0\0\0secret"s;
  std::set<std::string> inputs;
  std::size_t splits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t j = i; j <= text.size(); ++j, ++splits) {
      inputs.insert(TagInput(text.substr(0, i), text.substr(i, j - i), text.substr(j)));
    }
  }
  EXPECT_EQ(inputs.size(), splits);
}

}  // namespace
}  // namespace procmarshal
