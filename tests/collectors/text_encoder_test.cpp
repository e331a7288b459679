#include "collectors/text_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/parse.h"
#include "base/utf8.h"
#include "tests/support/encode.h"

namespace procmarshal {
namespace {

using procmarshal::testing::Encode;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string Text(const std::vector<MetricFamily>& families) {
  return Encode(families, TextFormat::kPrometheus);
}
std::string OpenMetrics(const std::vector<MetricFamily>& families) {
  return Encode(families, TextFormat::kOpenMetrics);
}

ClientMetric Gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.gauge.value = value;
  metric.label = std::move(labels);
  return metric;
}

// What the encoder makes of one number.
std::string Number(double value) {
  const std::string text = Text({{"g", "", MetricType::Gauge, {Gauge(value)}}});
  std::string_view rest = text;
  TakeUntil(rest, '\n');
  TakeUntil(rest, ' ');
  return std::string(TakeUntil(rest, '\n'));
}

TEST(TextEncoder, WritesAGauge) {
  EXPECT_EQ(Text({{"node_load1", "1 minute load average.", MetricType::Gauge, {Gauge(0.2)}}}),
            "# HELP node_load1 1 minute load average.\n# TYPE node_load1 gauge\nnode_load1 0.2\n");
}

TEST(TextEncoder, WritesLabelsInTheirOrder) {
  EXPECT_EQ(Text({{"g", "", MetricType::Gauge, {Gauge(1, {{"b", "x"}, {"a", ""}})}}}),
            "# TYPE g gauge\ng{b=\"x\",a=\"\"} 1\n");
}

TEST(TextEncoder, AppendsToWhatIsThere) {
  std::string text = "# before\n";
  EncodeText({}, TextFormat::kPrometheus, text);
  EXPECT_EQ(text, "# before\n");
  EncodeText({}, TextFormat::kOpenMetrics, text);
  EXPECT_EQ(text, "# before\n# EOF\n");
}

TEST(TextEncoder, AFamilyWithoutSamplesKeepsItsHeader) {
  const std::vector<MetricFamily> families{{"g", "Help.", MetricType::Gauge, {}}};
  EXPECT_EQ(Text(families), "# HELP g Help.\n# TYPE g gauge\n");
  EXPECT_EQ(OpenMetrics(families), "# HELP g Help.\n# TYPE g gauge\n# EOF\n");
}

TEST(TextEncoder, NumbersAreTheShortestThatReadBack) {
  EXPECT_EQ(Number(0), "0");
  EXPECT_EQ(Number(-0.0), "-0");
  EXPECT_EQ(Number(-17), "-17");
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(Number(1e9), "1000000000");
  EXPECT_EQ(Number(9007199254740991), "9007199254740991");
  EXPECT_EQ(Number(9007199254740992), "9007199254740992");
  EXPECT_EQ(Number(1e18), "1e+18");
  EXPECT_EQ(Number(1e300), "1e+300");
  EXPECT_EQ(Number(5e-324), "5e-324");
  EXPECT_EQ(Number(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(Number(kNan), "NaN");
  EXPECT_EQ(Number(kInfinity), "+Inf");
  EXPECT_EQ(Number(-kInfinity), "-Inf");
}

TEST(TextEncoder, FormatsANumberAlone) {
  EXPECT_EQ(FormatNumber(0.1), "0.1");
  EXPECT_EQ(FormatNumber(-std::numeric_limits<double>::min()), "-2.2250738585072014e-308");
}

TEST(TextEncoder, EveryNumberReadsBackAsTheSameDouble) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    const auto value = std::bit_cast<double>(bits);
    if (!(value - value == 0)) continue;  // not finite
    const auto back = ParseNumber<double>(Number(value));
    ASSERT_TRUE(back && std::bit_cast<std::uint64_t>(*back) == bits) << "bits " << bits;
  }
}

TEST(TextEncoder, EscapesLabelValues) {
  EXPECT_EQ(Text({{"g", "", MetricType::Gauge, {Gauge(1, {{"l", "a\"b\\c\nd"}})}}}),
            "# TYPE g gauge\ng{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

// A gauge whose only label has this value.
std::vector<MetricFamily> LabelledGauge(std::string value) {
  return {{"g", "", MetricType::Gauge, {Gauge(1, {{"l", std::move(value)}})}}};
}

std::string LabelledPage(std::string_view escaped) {
  return std::string("# TYPE g gauge\ng{l=\"").append(escaped).append("\"} 1\n");
}

// The encoder looks at eight bytes at a time: all places in and around such words.
void ExpectSeenEverywhere(std::string_view special, std::string_view escaped) {
  for (std::size_t at = 0; at < 24; ++at) {
    for (const std::size_t size : {at, std::size_t{23}}) {
      const std::string plain(size, 'x');
      const std::string value = std::string(plain).insert(at, special);
      EXPECT_EQ(Text(LabelledGauge(value)), LabelledPage(std::string(plain).insert(at, escaped)));
    }
  }
}

TEST(TextEncoder, SeesASpecialByteAtEveryPlace) {
  ExpectSeenEverywhere("\"", "\\\"");
  ExpectSeenEverywhere("\\", "\\\\");
  ExpectSeenEverywhere("\n", "\\n");
  ExpectSeenEverywhere("\xFF", "\uFFFD");
}

TEST(TextEncoder, KeepsMultiByteCharacters) {
  EXPECT_THAT(Text({{"g", "", MetricType::Gauge, {Gauge(1, {{"l", "größe \"日本\" 😀"}})}}}),
              HasSubstr("g{l=\"größe \\\"日本\\\" 😀\"} 1\n"));
}

std::string Repaired(std::string_view text) {
  std::string repaired;
  AppendValidUtf8(text, repaired);
  return repaired;
}

TEST(TextEncoder, RepairsWhatIsNotUtf8) {
  const std::vector<MetricFamily> families{
      {"g", "He\xFFlp", MetricType::Gauge, {Gauge(1, {{"l", "\xFF\"\\\n\xC3"}})}}};
  const std::string expected =
      "# HELP g He\uFFFDlp\n# TYPE g gauge\ng{l=\"\uFFFD\\\"\\\\\\n\uFFFD\"} 1\n";
  EXPECT_EQ(Text(families), expected);
  EXPECT_EQ(OpenMetrics(families), expected + "# EOF\n");
  EXPECT_EQ(Repaired(expected), expected);
}

TEST(TextEncoder, ALineMayBeLongerThanAnyChunk) {
  const std::string plain(1'000'000, 'x');
  const std::string hostile(1'000'000, '\xFF');
  const std::string page =
      Text({{"g", "", MetricType::Gauge, {Gauge(1, {{"a", plain}, {"b", hostile}})}}});
  EXPECT_EQ(page.size(),
            std::string_view("# TYPE g gauge\ng{a=\"\",b=\"\"} 1\n").size() + 4'000'000);
}

TEST(TextEncoder, EscapesHelpAsEachFormatDemands) {
  const std::vector<MetricFamily> families{{"g", "a\"b\\c\nd", MetricType::Gauge, {}}};
  EXPECT_THAT(Text(families), HasSubstr("# HELP g a\"b\\\\c\\nd\n"));
  EXPECT_THAT(OpenMetrics(families), HasSubstr("# HELP g a\\\"b\\\\c\\nd\n"));
}

// What the encoder makes of one timestamp.
std::string Timestamp(std::int64_t milliseconds, TextFormat format) {
  ClientMetric metric = Gauge(1);
  metric.timestamp_ms = milliseconds;
  const std::string page = Encode({{"g", "", MetricType::Gauge, {metric}}}, format);
  std::string_view rest = page;
  rest.remove_prefix(page.find("\ng 1 ") + 5);
  return std::string(TakeUntil(rest, '\n'));
}

TEST(TextEncoder, WritesTimestampsInMilliseconds) {
  EXPECT_EQ(Timestamp(1234567, TextFormat::kPrometheus), "1234567");
  EXPECT_EQ(Timestamp(-5, TextFormat::kPrometheus), "-5");
}

TEST(TextEncoder, OpenMetricsHasTimestampsInSeconds) {
  EXPECT_EQ(Timestamp(1234567, TextFormat::kOpenMetrics), "1234.567");
  EXPECT_EQ(Timestamp(-5, TextFormat::kOpenMetrics), "-0.005");
  EXPECT_EQ(Timestamp(std::numeric_limits<std::int64_t>::min(), TextFormat::kOpenMetrics),
            "-9223372036854775.808");
}

TEST(TextEncoder, AddsTheLastBucketIfMissing) {
  ClientMetric metric;
  metric.histogram.sample_count = 5;
  metric.histogram.sample_sum = 2.5;
  metric.histogram.bucket = {{1, 0.1}, {3, 10}};
  const std::string expected =
      "# TYPE h histogram\nh_count 5\nh_sum 2.5\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"10\"} 3\n"
      "h_bucket{le=\"+Inf\"} 5\n";
  EXPECT_EQ(Text({{"h", "", MetricType::Histogram, {metric}}}), expected);

  metric.histogram.bucket.push_back({5, kInfinity});
  EXPECT_EQ(Text({{"h", "", MetricType::Histogram, {metric}}}), expected);
}

TEST(TextEncoder, WritesASummary) {
  ClientMetric metric;
  metric.label = {{"path", "/"}};
  metric.summary.sample_count = std::numeric_limits<std::uint64_t>::max();
  metric.summary.sample_sum = 0.5;
  metric.summary.quantile = {{0.5, 0.25}, {0.99, kNan}};
  EXPECT_EQ(Text({{"s", "", MetricType::Summary, {metric}}}),
            "# TYPE s summary\ns_count{path=\"/\"} 18446744073709551615\ns_sum{path=\"/\"} 0.5\n"
            "s{path=\"/\",quantile=\"0.5\"} 0.25\ns{path=\"/\",quantile=\"0.99\"} NaN\n");
}

TEST(TextEncoder, OpenMetricsNamesACounterWithoutTotal) {
  EXPECT_EQ(OpenMetrics({{"x_total", "Help.", MetricType::Counter, {ClientMetric{}}}}),
            "# HELP x Help.\n# TYPE x counter\nx_total 0\n# EOF\n");
}

TEST(TextEncoder, OpenMetricsDoesNotKnowACounterThatLacksTotal) {
  const std::vector<MetricFamily> families{
      {"x", "", MetricType::Counter, {ClientMetric{}}},
      {"_total", "", MetricType::Counter, {ClientMetric{}}},
      {"u", "", MetricType::Untyped, {ClientMetric{}}},
  };
  EXPECT_EQ(OpenMetrics(families),
            "# TYPE x unknown\nx 0\n# TYPE _total unknown\n_total 0\n# TYPE u unknown\nu 0\n"
            "# EOF\n");
  EXPECT_EQ(Text(families),
            "# TYPE x counter\nx 0\n# TYPE _total counter\n_total 0\n# TYPE u untyped\nu 0\n");
}

}  // namespace
}  // namespace procmarshal
