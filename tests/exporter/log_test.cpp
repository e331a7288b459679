#include "exporter/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spdlog/spdlog.h>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

namespace procmarshal {
namespace {

using std::string_view_literals::operator""sv;
using testing::MatchesRegex;

constexpr auto kLogfmt = Config::LogFormat::kLogfmt;
constexpr auto kJson = Config::LogFormat::kJson;

// 2026-11-22T22:14:05.123Z
const WallTime kTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                     std::chrono::hours(22) + std::chrono::minutes(14) +
                     std::chrono::milliseconds(5123)};

TEST(Log, WritesLogfmt) {
  EXPECT_EQ(FormatLogLine(kLogfmt, kTime, "info", "listening"),
            "ts=2026-11-22T22:14:05.123Z level=info msg=\"listening\"\n");
}

TEST(Log, WritesJson) {
  EXPECT_EQ(FormatLogLine(kJson, kTime, "warn", "late"),
            R"({"ts":"2026-11-22T22:14:05.123Z","level":"warn","msg":"late"})"
            "\n");
}

TEST(Log, WritesTimesOfAllKinds) {
  const auto starts = [](WallTime time, std::string_view expected) {
    EXPECT_EQ(FormatLogLine(kLogfmt, time, "info", "").substr(3, 24), expected);
  };
  starts(WallTime{}, "1970-01-01T00:00:00.000Z");
  starts(WallTime{std::chrono::milliseconds(-1)}, "1969-12-31T23:59:59.999Z");
  starts(kTime + std::chrono::microseconds(999), "2026-11-22T22:14:05.123Z");
}

TEST(Log, HostileMessageForgesNoLine) {
  EXPECT_EQ(FormatLogLine(kLogfmt, kTime, "info", "a\"\nts=1 level=error msg=\"b\\\x1B[2J\0"sv),
            "ts=2026-11-22T22:14:05.123Z level=info "
            R"(msg="a\"\nts=1 level=error msg=\"b\\\u001b[2J\u0000")"
            "\n");
}

TEST(Log, HostileMessageIsStillJson) {
  const std::string line = FormatLogLine(kJson, kTime, "info", "a\"\n\\\r\t\x01\xFF\xC2\x85"sv);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(line).at("msg"), "a\"\n\\\r\t\x01\xEF\xBF\xBD\xC2\x85");
}

TEST(Log, GoesToStderrFromItsLevelUpwards) {
  testing::internal::CaptureStderr();
  SetUpLogging(kLogfmt, "warn");
  spdlog::info("not this");
  spdlog::warn("disk {} is slow", "sda");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("ts=[-0-9T:.]+Z level=warn msg=\"disk sda is slow\"\n"));
}

TEST(Log, CallsCriticalAnError) {
  testing::internal::CaptureStderr();
  SetUpLogging(kLogfmt, "error");
  spdlog::critical("x");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("ts=.* level=error msg=\"x\"\n"));
}

void LogHundredLines() {
  for (int line = 0; line < 100; ++line) spdlog::info("x");
}

TEST(Log, ChangesWhileOtherThreadsLog) {
  testing::internal::CaptureStderr();
  SetUpLogging(kLogfmt, "info");
  {
    const std::jthread one(LogHundredLines);
    const std::jthread other(LogHundredLines);
    for (int i = 0; i < 100; ++i) SetUpLogging(i % 2 == 0 ? kJson : kLogfmt, "info");
  }
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 200);
}

}  // namespace
}  // namespace procmarshal
