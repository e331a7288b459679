#include "base/base64.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace procmarshal {
namespace {

using namespace std::string_view_literals;

std::string Encode(const std::string& bytes) {
  std::vector<unsigned char> text(((bytes.size() + 2) / 3 * 4) + 1);
  const int size =
      ::EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                        static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + size};
}

TEST(Base64, ReadsTheExamplesOfTheStandard) {  // RFC 4648, section 10
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(DecodeBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(DecodeBase64("Zm9vYmE="), "fooba");
  EXPECT_EQ(DecodeBase64("Zm9vYmFy"), "foobar");
}

TEST(Base64, ReadsBackWhatOpensslWrites) {
  std::string bytes;
  for (std::size_t i = 0; i < 600; ++i) {
    EXPECT_EQ(DecodeBase64(Encode(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, RefusesWhatIsNotInTheAlphabet) {
  for (const std::string_view text : {"Zm9-"sv, "Zm9_"sv, "Zm 9"sv, "Zm9v\n"sv, "Zm9\n"sv,
                                      "\tZm9"sv, "Zm9\0"sv, "Zm9\x80"sv, "Zm9."sv, "Zm9v    "sv}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

TEST(Base64, RefusesWrongPadding) {
  for (const std::string_view text :
       {"Z", "Zg", "Zg=", "Zm8", "=", "==", "====", "Z===", "A===", "Zm9v=", "Zm9v==", "Zm9v====",
        "Zg==Zg==", "Zg=g", "=Zg=", "Zm8=Zm8="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

TEST(Base64, RefusesBitsThatStandForNothing) {
  EXPECT_EQ(DecodeBase64("Zh=="), std::nullopt);
  EXPECT_EQ(DecodeBase64("Zo=="), std::nullopt);
  EXPECT_EQ(DecodeBase64("Zm9="), std::nullopt);
  EXPECT_EQ(DecodeBase64("Zm+="), std::nullopt);
}

}  // namespace
}  // namespace procmarshal
