#include "base/ascii.h"

#include <gtest/gtest.h>

namespace procmarshal {
namespace {

TEST(Ascii, KnowsLettersAndDigitsOnly) {
  std::string found;
  for (int c = 0; c < 256; ++c) {
    if (IsAlphanumeric(static_cast<char>(c))) found += static_cast<char>(c);
  }
  EXPECT_EQ(found, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

TEST(Ascii, KnowsControlCharacters) {
  for (const char c : {'\0', '\t', '\r', '\n', '\x1F', '\x7F'}) EXPECT_TRUE(IsControl(c));
  for (const char c : {' ', '~', '\x80', '\xFF'}) EXPECT_FALSE(IsControl(c));
}

TEST(Ascii, ChangesTheCaseOfAsciiLettersOnly) {
  EXPECT_EQ(Lowercase("AZ[@az\xC4"), "az[@az\xC4");
  EXPECT_TRUE(EqualIgnoringCase("Host", "hOST"));
  EXPECT_FALSE(EqualIgnoringCase("Host", "Hosts"));
  EXPECT_FALSE(EqualIgnoringCase("@", "`"));
}

}  // namespace
}  // namespace procmarshal
