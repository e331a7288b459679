#include "base/units.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace procmarshal {
namespace {

TEST(Units, ReadsDurations) {
  const auto reads = [](std::string_view text, std::int64_t milliseconds) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration) << duration.error().message;
    EXPECT_EQ(duration->count(), milliseconds) << text;
  };
  reads("500ms", 500);
  reads("5s", 5000);
  reads("1m30s", 90'000);
  reads("1h", 3'600'000);
  reads("2d", 172'800'000);
  reads("1d2h3m4s5ms", 93'784'005);
  reads("0s", 0);
  reads("090s", 90'000);
  reads("9223372036854775807ms", std::numeric_limits<std::int64_t>::max());
}

TEST(Units, RefusesWhatIsNotADuration) {
  for (const std::string_view text :
       {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5sec", "5 parsecs", "1m30",
        "30s1m", "1s1s", "0x5s", "ms", "1ms1s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(Units, RefusesWhatOverflows) {
  for (const std::string_view text : {"9223372036854775808ms", "106751991168d",
                                      "9223372036854775s808ms", "99999999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(Units, SaysWhatWasExpected) {
  EXPECT_EQ(
      ParseDuration("5 parsecs").error().message,
      R"("5 parsecs" is not a duration, expected a number with a unit such as "5s" or "500ms")");
}

TEST(Units, PrintsTheShortestDuration) {
  const auto prints = [](std::int64_t milliseconds, std::string_view expected) {
    EXPECT_EQ(FormatDuration(std::chrono::milliseconds(milliseconds)), expected);
  };
  prints(0, "0s");
  prints(1, "1ms");
  prints(5000, "5s");
  prints(90'000, "90s");
  prints(3'600'000, "1h");
  prints(172'800'000, "2d");
  prints(1500, "1500ms");
  prints(172'800'001, "2d1ms");
}

TEST(Units, ReadsBackWhatItPrints) {
  for (const std::int64_t count :
       {std::int64_t{1}, std::int64_t{999}, std::int64_t{61'001}, std::int64_t{90'061'001},
        std::int64_t{86'400'000'000}, std::numeric_limits<std::int64_t>::max()}) {
    const std::chrono::milliseconds duration(count);
    EXPECT_EQ(ParseDuration(FormatDuration(duration)).value(), duration);
  }
}

}  // namespace
}  // namespace procmarshal
