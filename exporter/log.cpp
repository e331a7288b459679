#include "exporter/log.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <array>
#include <chrono>
#include <memory>

#include "base/utf8.h"

namespace procmarshal {
namespace {

namespace chrono = std::chrono;

// 2026-11-22T22:14:05.123Z (RFC 3339).
std::string Timestamp(WallTime time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

// By spdlog's level. It says "warning" and "critical", which our configuration does not know.
constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info",
                                                         "warn",  "error", "error"};

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(Config::LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    const std::string_view level = kLevelNames.at(static_cast<std::size_t>(message.level));
    const std::string line = FormatLogLine(format_, message.time, level, text);
    out.append(line.data(), line.data() + line.size());
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  Config::LogFormat format_;
};

// Made once and kept: to swap spdlog's default logger while other threads use it is a race, to give
// it another level or formatter is not.
std::shared_ptr<spdlog::logger> MakeDefaultLogger() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  spdlog::set_default_logger(logger);
  return logger;
}

}  // namespace

std::string FormatLogLine(Config::LogFormat format, WallTime time, std::string_view level,
                          std::string_view message) {
  const bool json = format == Config::LogFormat::kJson;
  std::string line = json ? R"({"ts":")" : "ts=";
  line += Timestamp(time);
  line += json ? R"(","level":")" : " level=";
  line += level;
  line += json ? R"(","msg":")" : " msg=\"";
  AppendEscaped(message, line);
  line += json ? "\"}\n" : "\"\n";
  return line;
}

void SetUpLogging(Config::LogFormat format, std::string_view level) {
  static const std::shared_ptr<spdlog::logger> kLogger = MakeDefaultLogger();
  kLogger->set_formatter(std::make_unique<LineFormatter>(format));
  kLogger->set_level(spdlog::level::from_str(std::string(level)));
}

}  // namespace procmarshal
