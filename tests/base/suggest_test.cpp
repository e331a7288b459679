#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"sampling.interval", "web.listen", "log.level",
                                                   "log.format"};

TEST(Suggest, FindsTheNearestCandidate) {
  const auto finds = [](std::string_view word, std::string_view expected) {
    EXPECT_EQ(Nearest(word, kKeys), expected) << word;
  };
  finds("samplign.interval", "sampling.interval");
  finds("sampling.intervall", "sampling.interval");
  finds("sampling.intrval", "sampling.interval");
  finds("web_listen", "web.listen");
  finds("log.lvel", "log.level");
  finds("log.fromat", "log.format");
  finds("LOG.LEVEL", "log.level");
}

TEST(Suggest, FindsNothingWhenNothingIsNear) {
  EXPECT_EQ(Nearest("", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("rule", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("log", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("log.level", {}), std::nullopt);
}

TEST(Suggest, SwapOfNeighboursIsOneEdit) {
  EXPECT_EQ(Nearest("no", std::array<std::string_view, 1>{"on"}), "on");
}

TEST(Suggest, PrefersTheFirstOfEquals) {
  EXPECT_EQ(Nearest("rat", std::array<std::string_view, 2>{"cat", "bat"}), "cat");
}

TEST(Suggest, StandsAHugeWord) {
  EXPECT_EQ(Nearest(std::string(1U << 24U, 'x'), kKeys), std::nullopt);
}

TEST(Suggest, EndsAMessage) {
  EXPECT_EQ(DidYouMean("log.levle", kKeys), R"(, did you mean "log.level"?)");
  EXPECT_EQ(DidYouMean("rule", kKeys), "");
}

}  // namespace
}  // namespace procmarshal
