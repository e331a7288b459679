// What the encoder writes is what the parser reads, on random families.
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/text_parser.h"
#include "tests/support/encode.h"

namespace procmarshal::testing {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Random families of which a text says everything: each has samples, and no timestamps. The same
// for the same seed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::vector<MetricFamily> Families() {
    std::vector<MetricFamily> families(Below(5));
    for (std::size_t i = 0; i < families.size(); ++i) {
      constexpr std::array kTypes{MetricType::Counter, MetricType::Gauge, MetricType::Summary,
                                  MetricType::Untyped, MetricType::Histogram};
      families[i].name = "family_" + std::to_string(i) + (Below(2) == 0 ? "_count" : ":x");
      if (Below(2) == 0) families[i].help = "Help " + Text();
      families[i].type = kTypes.at(Below(kTypes.size()));
      families[i].metric.resize(1 + Below(3));
      for (std::size_t j = 0; j < families[i].metric.size(); ++j) {
        Fill(families[i].type, j, families[i].metric[j]);
      }
    }
    return families;
  }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  std::string Text() {
    constexpr std::array<std::string_view, 16> kPieces{
        "\"", "\\",         "\n", "\\n", "plain", "größe", "日本",     "😀",
        " ",  "a,le=\"1\"", "}",  "{",   "#",     "\t\r",  "\x01\x7F", std::string_view("\0", 1)};
    std::string text;
    for (std::size_t i = Below(6); i > 0; --i) text += kPieces.at(Below(kPieces.size()));
    return text;
  }

  double Double() {
    constexpr std::array kSpecial{
        0.0,        -0.0,   std::numeric_limits<double>::quiet_NaN(), kInfinity,
        -kInfinity, 5e-324, std::numeric_limits<double>::max()};
    if (Below(4) == 0) return kSpecial.at(Below(kSpecial.size()));
    return Below(2) == 0 ? std::bit_cast<double>(random_()) : static_cast<double>(Below(1000));
  }

  // Each with another label "n", so that no two are one.
  void Fill(MetricType type, std::size_t number, ClientMetric& metric) {
    if (Below(2) == 0) metric.label.push_back({"a", Text()});
    metric.label.push_back({"n", std::to_string(number)});
    if (Below(2) == 0) metric.label.push_back({"z_9", Text()});
    if (type == MetricType::Counter) metric.counter.value = Double();
    if (type == MetricType::Gauge) metric.gauge.value = Double();
    if (type == MetricType::Untyped) metric.untyped.value = Double();
    if (type == MetricType::Summary) {
      metric.summary.sample_count = random_() >> Below(64);
      metric.summary.sample_sum = Double();
      for (double bound = 0.25; Below(3) > 0; bound += 0.25) {
        metric.summary.quantile.push_back({bound, Double()});
      }
    }
    if (type == MetricType::Histogram) {
      metric.histogram.sample_count = random_() >> Below(64);
      metric.histogram.sample_sum = Double();
      for (double bound = -1e-3; Below(3) > 0; bound += 0.7) {
        metric.histogram.bucket.push_back({random_() >> Below(64), bound});
      }
      // What the encoder adds.
      metric.histogram.bucket.push_back({metric.histogram.sample_count, kInfinity});
    }
  }

  std::mt19937_64 random_;
};

void ExpectSame(const ClientMetric& a, const ClientMetric& b) {
  ASSERT_EQ(a.label, b.label);
  ASSERT_EQ(a.summary.sample_count, b.summary.sample_count);
  ASSERT_EQ(a.summary.quantile.size(), b.summary.quantile.size());
  ASSERT_EQ(a.histogram.sample_count, b.histogram.sample_count);
  ASSERT_EQ(a.histogram.bucket.size(), b.histogram.bucket.size());
}

void ExpectSame(const MetricFamily& a, const MetricFamily& b) {
  ASSERT_EQ(a.name, b.name);
  ASSERT_EQ(a.help, b.help);
  ASSERT_EQ(a.type, b.type);
  ASSERT_EQ(a.metric.size(), b.metric.size());
  for (std::size_t i = 0; i < a.metric.size(); ++i) ExpectSame(a.metric[i], b.metric[i]);
}

TEST(TextParserOracle, ReadsWhatTextEncoderWrites) {
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const std::vector<MetricFamily> families = Generator(seed).Families();
    const std::string text = Encode(families, TextFormat::kPrometheus);
    const auto back = ParseText(text);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message;
    ASSERT_EQ(back->size(), families.size()) << "seed " << seed;
    for (std::size_t i = 0; i < families.size(); ++i) ExpectSame((*back)[i], families[i]);
    // Numbers: the encoder writes each double differently.
    ASSERT_EQ(Encode(*back, TextFormat::kPrometheus), text) << "seed " << seed;
  }
}

}  // namespace
}  // namespace procmarshal::testing
