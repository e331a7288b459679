// Writes metric families as the text that Prometheus scrapes:
//   # HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
//   # TYPE node_cpu_seconds_total counter
//   node_cpu_seconds_total{cpu="0",mode="idle"} 12.5
#include "collectors/text_encoder.h"

#include <prometheus/metric_type.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "base/utf8.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kTotal = "_total";

// No text of a number is longer: "-2.2250738585072014e-308", "18446744073709551615".
constexpr std::size_t kNumberSize = 24;
// A repaired byte becomes the three bytes of U+FFFD; an escaped one becomes two.
constexpr std::size_t kWorstGrowth = 3;
// What a line holds beside its name and labels: a suffix, braces, the "le" or "quantile" label, the
// value, a timestamp and the spaces.
constexpr std::size_t kLineSize = 32 + (3 * kNumberSize);
constexpr std::size_t kChunk = 64UL * 1024;

char* Copy(char* at, std::string_view text) {
  return at + text.copy(at, text.size());
}

char* WriteNumber(char* at, std::uint64_t value) {
  return std::to_chars(at, at + kNumberSize, value).ptr;
}

char* WriteNumber(char* at, double value) {
  constexpr double kExactIntegers = 9007199254740992;  // 2^53
  if (std::abs(value) < kExactIntegers) {
    const auto integer = static_cast<std::int64_t>(value);
    const bool negative_zero = integer == 0 && std::signbit(value);
    if (static_cast<double>(integer) == value && !negative_zero) {
      return std::to_chars(at, at + kNumberSize, integer).ptr;
    }
  }
  if (std::isnan(value)) return Copy(at, "NaN");
  if (std::isinf(value)) return Copy(at, value < 0 ? "-Inf" : "+Inf");
  return std::to_chars(at, at + kNumberSize, value).ptr;
}

// 0x80 in each byte of the result whose byte of `word` is zero; bytes above a zero may also be
// marked, so it answers "is there one" only.
constexpr std::uint64_t ZeroBytes(std::uint64_t word) {
  return (word - 0x0101010101010101U) & ~word & 0x8080808080808080U;
}

constexpr std::uint64_t Repeat(char c) {
  return 0x0101010101010101U * static_cast<unsigned char>(c);
}

// Whether any of the eight bytes is a quote, a backslash, a newline or not ASCII.
constexpr bool NeedsCare(std::uint64_t word) {
  const std::uint64_t special = ZeroBytes(word ^ Repeat('"')) | ZeroBytes(word ^ Repeat('\\')) |
                                ZeroBytes(word ^ Repeat('\n'));
  return ((special | word) & 0x8080808080808080U) != 0;
}

// Whether `text` can be copied as it is: eight bytes at a time, since most label values are.
bool IsPlain(std::string_view text) {
  std::uint64_t word = 0;
  while (text.size() >= sizeof word) {
    std::memcpy(&word, text.data(), sizeof word);
    if (NeedsCare(word)) return false;
    text.remove_prefix(sizeof word);
  }
  word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  return !NeedsCare(word);
}

char* Escape(char* at, std::string_view text, bool escape_quotes) {
  for (const char c : text) {
    const bool escape = c == '\\' || c == '\n' || (c == '"' && escape_quotes);
    if (escape) *at++ = '\\';
    *at++ = c == '\n' ? 'n' : c;
  }
  return at;
}

// The most that a label can take, with what stands around it.
std::size_t LabelSize(std::string_view name, std::string_view value) {
  return name.size() + (kWorstGrowth * value.size()) + sizeof ",=\"\"";
}

}  // namespace

// What tells the lines of one metric apart.
struct TextEncoder::Line {
  const char* suffix = "";
  const char* bound_label = nullptr;  // "le", "quantile" or none
  double bound = 0;
};

TextEncoder::TextEncoder(TextFormat format, std::string& out)
    : open_metrics_(format == TextFormat::kOpenMetrics), out_(out), size_(out.size()) {}

void TextEncoder::Add(const MetricFamily& family) {
  Header(family);
  name_ = family.name;
  for (const ClientMetric& metric : family.metric) Metric(family.type, metric);
}

void TextEncoder::AddSample(double value, std::string_view labels,
                            std::span<const LabelView> more) {
  std::size_t size = name_.size() + labels.size() + kLineSize;
  for (const LabelView& label : more) size += LabelSize(label.name, label.value);
  char* at = Copy(Copy(Copy(Room(size), name_), "{"), labels);
  for (const LabelView& label : more) {
    if (!label.name.empty()) at = Label(Copy(at, ","), label.name, label.value);
  }
  Tail(WriteNumber(Copy(at, "} "), value), 0);
}

std::string TextEncoder::Labels(std::span<const LabelView> labels) {
  std::size_t size = 0;
  for (const LabelView& label : labels) size += LabelSize(label.name, label.value);
  std::string text(size, '\0');
  char* at = text.data();
  for (const LabelView& label : labels) {
    if (at != text.data()) *at++ = ',';
    at = Label(at, label.name, label.value);
  }
  text.resize(static_cast<std::size_t>(at - text.data()));
  return text;
}

void TextEncoder::Finish() {
  if (open_metrics_) Commit(Copy(Room(kLineSize), "# EOF\n"));
  out_.resize(size_);
}

// Where the next bytes go, with room for `size` of them. The string is lengthened chunk by chunk:
// an append for each token would cost as much as all the rest.
char* TextEncoder::Room(std::size_t size) {
  if (out_.size() - size_ < size) out_.resize(size_ + std::max(size, kChunk));
  return out_.data() + size_;
}

void TextEncoder::Header(const MetricFamily& family) {
  std::string_view name = family.name;
  const std::string_view type = TypeOf(family);
  if (open_metrics_ && family.type == MetricType::Counter && type == "counter") {
    name.remove_suffix(kTotal.size());
  }
  char* at = Room((2 * name.size()) + (kWorstGrowth * family.help.size()) + kLineSize);
  if (!family.help.empty()) {
    at = Copy(Copy(Copy(at, "# HELP "), name), " ");
    at = Escape(at, Repaired(family.help), open_metrics_);
    *at++ = '\n';
  }
  at = Copy(Copy(Copy(Copy(at, "# TYPE "), name), " "), type);
  *at++ = '\n';
  Commit(at);
}

std::string_view TextEncoder::TypeOf(const MetricFamily& family) const {
  switch (family.type) {
    case MetricType::Counter: {
      const bool total = family.name.size() > kTotal.size() && family.name.ends_with(kTotal);
      return open_metrics_ && !total ? "unknown" : "counter";
    }
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Summary:
      return "summary";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Untyped:
      break;
  }
  return open_metrics_ ? "unknown" : "untyped";
}

void TextEncoder::Metric(MetricType type, const ClientMetric& metric) {
  switch (type) {
    case MetricType::Counter:
      Sample(metric, {}, metric.counter.value);
      break;
    case MetricType::Gauge:
      Sample(metric, {}, metric.gauge.value);
      break;
    case MetricType::Untyped:
      Sample(metric, {}, metric.untyped.value);
      break;
    case MetricType::Summary:
      Summary(metric);
      break;
    case MetricType::Histogram:
      Histogram(metric);
      break;
  }
}

void TextEncoder::Summary(const ClientMetric& metric) {
  Sample(metric, {.suffix = "_count"}, metric.summary.sample_count);
  Sample(metric, {.suffix = "_sum"}, metric.summary.sample_sum);
  for (const ClientMetric::Quantile& quantile : metric.summary.quantile) {
    Sample(metric, {.bound_label = "quantile", .bound = quantile.quantile}, quantile.value);
  }
}

void TextEncoder::Histogram(const ClientMetric& metric) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const ClientMetric::Histogram& histogram = metric.histogram;
  Sample(metric, {.suffix = "_count"}, histogram.sample_count);
  Sample(metric, {.suffix = "_sum"}, histogram.sample_sum);
  for (const ClientMetric::Bucket& bucket : histogram.bucket) {
    Bucket(metric, bucket.upper_bound, bucket.cumulative_count);
  }
  if (histogram.bucket.empty() || histogram.bucket.back().upper_bound != kInfinity) {
    Bucket(metric, kInfinity, histogram.sample_count);
  }
}

void TextEncoder::Bucket(const ClientMetric& metric, double upper_bound, std::uint64_t count) {
  Sample(metric, {.suffix = "_bucket", .bound_label = "le", .bound = upper_bound}, count);
}

void TextEncoder::Sample(const ClientMetric& metric, const Line& line, double value) {
  Tail(WriteNumber(Head(metric, line), value), metric.timestamp_ms);
}
void TextEncoder::Sample(const ClientMetric& metric, const Line& line, std::uint64_t value) {
  Tail(WriteNumber(Head(metric, line), value), metric.timestamp_ms);
}

// Writes all up to the value. Makes room for the longest that the whole line can become, so that
// nothing after it needs a check.
char* TextEncoder::Head(const ClientMetric& metric, const Line& line) {
  std::size_t size = name_.size() + kLineSize;
  for (const ClientMetric::Label& label : metric.label) size += LabelSize(label.name, label.value);
  char* at = Copy(Copy(Room(size), name_), line.suffix);
  char separator = '{';
  for (const ClientMetric::Label& label : metric.label) {
    *at++ = separator;
    at = Label(at, label.name, label.value);
    separator = ',';
  }
  if (line.bound_label != nullptr) {
    *at++ = separator;
    at = Copy(Copy(at, line.bound_label), "=\"");
    at = WriteNumber(at, line.bound);
    *at++ = '"';
    separator = ',';
  }
  if (separator == ',') *at++ = '}';
  *at++ = ' ';
  return at;
}

void TextEncoder::Tail(char* at, std::int64_t timestamp_ms) {
  if (timestamp_ms != 0) {
    *at++ = ' ';
    at = Timestamp(at, timestamp_ms);
  }
  *at++ = '\n';
  Commit(at);
}

// Milliseconds, or in OpenMetrics seconds: -1500 is "-1.500". By digits, since a double would
// round.
char* TextEncoder::Timestamp(char* at, std::int64_t milliseconds) const {
  if (!open_metrics_) return std::to_chars(at, at + kNumberSize, milliseconds).ptr;
  if (milliseconds < 0) *at++ = '-';
  const std::uint64_t magnitude = milliseconds < 0 ? 0 - static_cast<std::uint64_t>(milliseconds)
                                                   : static_cast<std::uint64_t>(milliseconds);
  at = WriteNumber(at, magnitude / 1000);
  const std::uint64_t rest = magnitude % 1000;
  *at++ = '.';
  for (const std::uint64_t unit : {100U, 10U, 1U}) {
    *at++ = static_cast<char>('0' + (rest / unit % 10));
  }
  return at;
}

char* TextEncoder::Label(char* at, std::string_view name, std::string_view value) {
  at = Copy(Copy(at, name), "=\"");
  at = IsPlain(value) ? Copy(at, value) : Escape(at, Repaired(value), true);
  return Copy(at, "\"");
}

std::string_view TextEncoder::Repaired(std::string_view text) {
  repaired_.clear();
  AppendValidUtf8(text, repaired_);
  return repaired_;
}

void EncodeText(std::span<const MetricFamily> families, TextFormat format, std::string& out) {
  TextEncoder encoder(format, out);
  for (const MetricFamily& family : families) encoder.Add(family);
  encoder.Finish();
}

std::string FormatNumber(double value) {
  std::array<char, kNumberSize> text{};
  return {text.data(), WriteNumber(text.data(), value)};
}

}  // namespace procmarshal
