// Compares the encoder with prometheus-cpp's TextSerializer, and its two formats with each other,
// on random families.
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.h"
#include "collectors/text_encoder.h"
#include "tests/support/encode.h"

namespace procmarshal {
namespace {

using procmarshal::testing::Encode;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Random families, the same for the same seed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::vector<MetricFamily> Families() {
    std::vector<MetricFamily> families(Below(5));
    for (std::size_t i = 0; i < families.size(); ++i) {
      constexpr std::array kTypes{MetricType::Counter, MetricType::Gauge, MetricType::Summary,
                                  MetricType::Untyped, MetricType::Histogram};
      families[i].name = "family_" + std::to_string(i) + (Below(2) == 0 ? "_total" : "");
      families[i].help = Text();
      families[i].type = kTypes.at(Below(kTypes.size()));
      families[i].metric.resize(Below(4));
      for (ClientMetric& metric : families[i].metric) Fill(metric);
    }
    return families;
  }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }

  // Valid UTF-8, but nothing that is easy to quote.
  std::string Text() {
    constexpr std::array<std::string_view, 16> kPieces{
        "\"", "\\",         "\n", "\\n", "plain", "größe", "日本",     "😀",
        " ",  "a,le=\"1\"", "}",  "{",   "#",     "\t\r",  "\x01\x7F", std::string_view("\0", 1)};
    std::string text;
    for (std::size_t i = Below(6); i > 0; --i) text += kPieces.at(Below(kPieces.size()));
    return text;
  }

  double Double() {
    constexpr std::array kSpecial{0.0,
                                  -0.0,
                                  kNan,
                                  kInfinity,
                                  -kInfinity,
                                  5e-324,
                                  2.2e-308,
                                  std::numeric_limits<double>::max(),
                                  0.1 + 0.2,
                                  1e15,
                                  1e16,
                                  1e22,
                                  9007199254740991.0,
                                  -9007199254740993.0,
                                  1.8446744073709552e19};
    switch (Below(5)) {
      case 0:
        return kSpecial.at(Below(kSpecial.size()));
      case 1:
        return std::bit_cast<double>(random_());
      case 2:
        return static_cast<double>(random_());
      case 3:
        return static_cast<double>(Below(1'000'000)) / 100;
      default:
        return -static_cast<double>(Below(1000));
    }
  }

  void Fill(ClientMetric& metric) {
    for (const char* name : {"a", "pid", "groupname", "_b2"}) {
      if (Below(2) == 0) metric.label.push_back({name, Text()});
    }
    if (Below(4) == 0) metric.timestamp_ms = static_cast<std::int64_t>(random_());
    metric.counter.value = Double();
    metric.gauge.value = Double();
    metric.untyped.value = Double();
    metric.summary.sample_count = random_() >> Below(64);
    metric.summary.sample_sum = Double();
    for (std::size_t i = Below(4); i > 0; --i) {
      metric.summary.quantile.push_back({Double(), Double()});
    }
    metric.histogram.sample_count = random_() >> Below(64);
    metric.histogram.sample_sum = Double();
    for (std::size_t i = Below(4); i > 0; --i) {
      metric.histogram.bucket.push_back({random_() >> Below(64), Double()});
    }
  }

  std::mt19937_64 random_;
};

// The number as TextSerializer writes it, "NaN" apart: with 16 digits. A double needs up to 17, so
// this is all that can be compared. A number of 16 digits stays what it is, as no other number of
// 16 digits is nearer to the double that it reads as; the one that reads as no double (the largest
// double, rounded up) is left alone.
std::string Rounded(std::string_view number) {
  if (number.starts_with('+')) number.remove_prefix(1);
  const std::optional<double> value = ParseNumber<double>(number);
  if (!value) return std::string(number);
  if (*value != *value) return "NaN";
  std::array<char, 32> buffer{};
  const std::to_chars_result result = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                                    *value, std::chars_format::general, 16);
  return {buffer.data(), result.ptr};
}

// A sample line: `SERIES VALUE[ TIMESTAMP]`.
struct SampleLine {
  explicit SampleLine(std::string_view line) {
    const std::size_t brace = line.rfind('}');
    const std::size_t end = brace == std::string_view::npos ? line.find(' ') : brace + 1;
    series = line.substr(0, end);
    line.remove_prefix(end + 1);
    value = TakeUntil(line, ' ');
    timestamp = line;
  }
  std::string_view series, value, timestamp;
};

// `series` with a rounded bound. The search cannot hit a label value: quotes in there are escaped.
std::string RoundedBound(std::string_view series) {
  for (const std::string_view label : {"{le=\"", ",le=\"", "{quantile=\"", ",quantile=\""}) {
    const std::size_t at = series.rfind(label);
    if (at == std::string_view::npos) continue;
    const std::size_t bound = at + label.size();
    const std::string_view number = series.substr(bound, series.size() - bound - 2);
    return std::string(series.substr(0, bound)) + Rounded(number) + "\"}";
  }
  return std::string(series);
}

std::vector<std::string_view> Lines(std::string_view page) {
  std::vector<std::string_view> lines;
  while (!page.empty()) lines.push_back(TakeUntil(page, '\n'));
  return lines;
}

std::string RoundedPage(std::string_view page) {
  std::string out;
  for (const std::string_view line : Lines(page)) {
    if (line.starts_with('#')) {
      out.append(line).append("\n");
      continue;
    }
    const SampleLine sample(line);
    out.append(RoundedBound(sample.series)).append(" ").append(Rounded(sample.value));
    out.append(" ").append(sample.timestamp).append("\n");
  }
  return out;
}

// TextSerializer of prometheus-cpp 1.0.1 escapes label values but not help texts.
void EscapeHelp(std::vector<MetricFamily>& families) {
  for (MetricFamily& family : families) {
    std::string escaped;
    for (const char c : family.help) {
      if (c == '\\' || c == '\n') escaped += '\\';
      escaped += c == '\n' ? 'n' : c;
    }
    family.help = escaped;
  }
}

constexpr std::uint64_t kSeeds = 5000;

TEST(TextEncoderOracle, WritesWhatTextSerializerWrites) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::vector<MetricFamily> families = Generator(seed).Families();
    const std::string ours = Encode(families, TextFormat::kPrometheus);
    EscapeHelp(families);
    const std::string theirs = prometheus::TextSerializer().Serialize(families);
    ASSERT_EQ(RoundedPage(ours), RoundedPage(theirs)) << "seed " << seed;
  }
}

TEST(TextEncoderOracle, NamesAndValuesOfSamplesAreTheSameInBothFormats) {
  const auto samples = [](std::string_view page) {
    std::vector<std::string> out;
    for (const std::string_view line : Lines(page)) {
      if (line.starts_with('#')) continue;
      const SampleLine sample(line);
      out.push_back(std::string(sample.series) + " " + std::string(sample.value));
    }
    return out;
  };
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const std::vector<MetricFamily> families = Generator(seed).Families();
    ASSERT_EQ(samples(Encode(families, TextFormat::kPrometheus)),
              samples(Encode(families, TextFormat::kOpenMetrics)))
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace procmarshal
