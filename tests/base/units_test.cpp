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

TEST(Units, ReadsSizes) {
  const auto reads = [](std::string_view text, std::uint64_t bytes) {
    const auto size = ParseSize(text);
    ASSERT_TRUE(size) << size.error().message;
    EXPECT_EQ(*size, bytes) << text;
  };
  reads("0B", 0);
  reads("512B", 512);
  reads("16KiB", 16'384);
  reads("64MiB", 67'108'864);
  reads("1GiB", 1'073'741'824);
  reads("2TiB", 2'199'023'255'552);
  reads("3kB", 3000);
  reads("3KB", 3000);
  reads("4MB", 4'000'000);
  reads("5GB", 5'000'000'000);
  reads("6TB", 6'000'000'000'000);
  reads("007B", 7);
  reads("18446744073709551615B", std::numeric_limits<std::uint64_t>::max());
}

TEST(Units, RefusesWhatIsNotASize) {
  for (const std::string_view text :
       {"", "5", "KiB", "5 KiB", " 5KiB", "5KiB ", "-5B", "+5B", "1.5KiB", "5kib", "5kiB", "5b",
        "5Kib", "5K", "5PiB", "1KiB1B", "0x5B"}) {
    EXPECT_FALSE(ParseSize(text)) << text;
  }
}

TEST(Units, RefusesASizeThatOverflows) {
  for (const std::string_view text :
       {"18446744073709551616B", "18014398509481984KiB", "16777216TiB"}) {
    EXPECT_FALSE(ParseSize(text)) << text;
  }
}

TEST(Units, SaysWhichSizeWasExpected) {
  EXPECT_EQ(ParseSize("64K").error().message,
            R"("64K" is not a size, expected a number with a unit such as "64KiB" or "512B")");
}

TEST(Units, PrintsASizeInTheLargestUnitThatIsExact) {
  const auto prints = [](std::uint64_t bytes, std::string_view expected) {
    EXPECT_EQ(FormatSize(bytes), expected);
  };
  prints(0, "0B");
  prints(1, "1B");
  prints(1000, "1000B");
  prints(1024, "1KiB");
  prints(1025, "1025B");
  prints(1536, "1536B");
  prints(65'536, "64KiB");
  prints(1'048'576, "1MiB");
  prints(1'049'600, "1025KiB");
  prints(std::uint64_t{1} << 30U, "1GiB");
  prints(std::uint64_t{1} << 50U, "1024TiB");
}

TEST(Units, ReadsBackTheSizesItPrints) {
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{1023}, std::uint64_t{3} << 41U, std::uint64_t{1} << 63U,
        std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(ParseSize(FormatSize(bytes)).value(), bytes);
  }
}

}  // namespace
}  // namespace procmarshal
