#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace procmarshal {
namespace {

using std::string_view_literals::operator""sv;

std::string Repaired(std::string_view text) {
  std::string out;
  AppendValidUtf8(text, out);
  return out;
}

std::string Escaped(std::string_view text) {
  std::string out;
  AppendEscaped(text, out);
  return out;
}

TEST(Utf8, CopiesWhatIsValid) {
  const auto same = [](std::string_view text) { EXPECT_EQ(Repaired(text), text); };
  same("");
  same("plain ASCII, longer than one machine word");
  same("a\0b\n\x7F"sv);
  same("\xC2\x80 \xDF\xBF");                  // U+0080, U+07FF
  same("\xE0\xA0\x80 \xEF\xBF\xBF");          // U+0800, U+FFFF
  same("\xED\x9F\xBF \xEE\x80\x80");          // around the surrogates
  same("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF");  // U+10000, U+10FFFF
  same("na\xC3\xAFve \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x90\xA7");
}

TEST(Utf8, ReplacesEachMaximalSubpartOnce) {
  const auto becomes = [](std::string_view text, std::string_view expected) {
    EXPECT_EQ(Repaired(text), expected) << testing::PrintToString(std::string(text));
  };
  becomes("\xFF", "\xEF\xBF\xBD");
  becomes("a\x80z", "a\xEF\xBF\xBDz");
  becomes("a\xC3", "a\xEF\xBF\xBD");                                // cut at the end
  becomes("\xE6\x97", "\xEF\xBF\xBD");                              // two good bytes of three
  becomes("\xF0\x9F\x90", "\xEF\xBF\xBD");                          // three of four
  becomes("\xF0\x9F\x90z", "\xEF\xBF\xBDz");                        // the next one is kept
  becomes("\xC3\xC3\xA9", "\xEF\xBF\xBD\xC3\xA9");                  // lead after lead
  becomes("\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong '/'
  becomes("\xE0\x80\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // overlong '/' in three
  becomes("\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // U+D800
  becomes("\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // U+110000
  becomes(
      "12345678\xFE"
      "12345678",
      "12345678\xEF\xBF\xBD"
      "12345678");
}

TEST(Utf8, KnowsWhatIsValid) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("a\u20ACb"));
  EXPECT_FALSE(IsValidUtf8("a\xE2\x82"));
  EXPECT_EQ(ValidUtf8("a\xE2\x82"), "a\uFFFD");
}

TEST(Utf8, AppendsAfterWhatIsThere) {
  std::string out = "name=";
  AppendValidUtf8("x\xFF", out);
  EXPECT_EQ(out, "name=x\xEF\xBF\xBD");
}

TEST(Utf8, EscapesWhatEndsAQuotedStringOrALine) {
  EXPECT_EQ(Escaped(R"(say "hi" \ bye)"), R"(say \"hi\" \\ bye)");
  EXPECT_EQ(Escaped("a\nb\rc\td"), R"(a\nb\rc\td)");
  EXPECT_EQ(Escaped("\0\x1B[2J\x7F"sv), R"(\u0000\u001b[2J\u007f)");
}

TEST(Utf8, EscapesControlsBeyondAscii) {
  EXPECT_EQ(Escaped("\xC2\x85|\xC2\x9B"), R"(\u0085|\u009b)");
  EXPECT_EQ(Escaped("\xE2\x80\xA8|\xE2\x80\xA9"), R"(\u2028|\u2029)");
  EXPECT_EQ(Escaped("\xC2\xA0\xE2\x80\xA6"), "\xC2\xA0\xE2\x80\xA6");
}

TEST(Utf8, EscapesAndRepairsAtOnce) {
  EXPECT_EQ(Escaped("\xC2\n\xFF"), "\xEF\xBF\xBD\\n\xEF\xBF\xBD");
}

TEST(Utf8, LeavesQuotesOfAMessageAlone) {
  EXPECT_EQ(Printable("\"a\\b\"\n\xFF"), "\"a\\b\"\\n\xEF\xBF\xBD");
}

TEST(Utf8, QuotesWhatAMessageShows) {
  EXPECT_EQ(Quote(""), R"("")");
  EXPECT_EQ(Quote("5 \"par\nsecs\""), R"("5 \"par\nsecs\"")");
  EXPECT_EQ(Quote(std::string(80, 'x')), '"' + std::string(80, 'x') + '"');
  EXPECT_EQ(Quote(std::string(81, 'x')), '"' + std::string(80, 'x') + "...\"");
}

}  // namespace
}  // namespace procmarshal
