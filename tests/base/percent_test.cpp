#include "base/percent.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace procmarshal {
namespace {

TEST(Percent, ReadsARatio) {
  EXPECT_EQ(ParsePercent("0%").value(), 0);
  EXPECT_EQ(ParsePercent("80%").value(), 0.8);
  EXPECT_EQ(ParsePercent("100000%").value(), 1000);
  EXPECT_EQ(ParsePercent("2.5%").value(), 0.025);
  EXPECT_EQ(ParsePercent("0.05%").value(), 0.0005);
}

TEST(Percent, RefusesAnythingElse) {
  for (const std::string_view text :
       {"", "%", "80", "80 %", "-1%", "+1%", ".5%", "5.%", "1.234%", "1.-5%", "1.5.5%", "1e2%",
        "nan%", "0x10%", "80%%", "1000000001%", "99999999999999999999%"}) {
    EXPECT_FALSE(ParsePercent(text)) << text;
  }
}

TEST(Percent, QuotesWhatItRefuses) {
  EXPECT_EQ(ParsePercent("a\nlot").error().message,
            R"("a\nlot" is not a percentage, expected a number such as "80%" or "2.5%")");
}

TEST(Percent, PrintsTheShortestText) {
  EXPECT_EQ(FormatPercent(0), "0%");
  EXPECT_EQ(FormatPercent(0.8), "80%");
  EXPECT_EQ(FormatPercent(0.025), "2.5%");
  EXPECT_EQ(FormatPercent(0.0005), "0.05%");
  EXPECT_EQ(FormatPercent(1000), "100000%");
}

TEST(Percent, ReadsBackWhatItPrints) {
  for (int hundredths = 0; hundredths < 20'000; ++hundredths) {
    const double ratio = hundredths / 10'000.0;
    EXPECT_EQ(ParsePercent(FormatPercent(ratio)).value(), ratio);
  }
}

}  // namespace
}  // namespace procmarshal
