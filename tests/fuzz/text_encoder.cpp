// Any values in any families make a page of valid UTF-8 that is well-formed line by line.
#include "collectors/text_encoder.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// The input, eaten from the front; zeros and nothing once it is used up.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool Empty() const { return bytes_.empty(); }
  std::string Text() {
    const auto size = Number<std::uint8_t>();
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(text.size());
    return text;
  }
  template <typename T>
  T Number() {
    T value{};
    const std::string_view front = bytes_.substr(0, sizeof value);
    if (!front.empty()) std::memcpy(&value, front.data(), front.size());
    bytes_.remove_prefix(front.size());
    return value;
  }

 private:
  std::string_view bytes_;
};

ClientMetric MetricFrom(Input& input) {
  ClientMetric metric;
  for (const char* name : {"a", "pid", "groupname"}) {
    if (input.Number<std::uint8_t>() % 2 == 0) metric.label.push_back({name, input.Text()});
  }
  metric.timestamp_ms = input.Number<std::int64_t>();
  metric.counter.value = metric.gauge.value = metric.untyped.value = input.Number<double>();
  metric.summary.sample_count = metric.histogram.sample_count = input.Number<std::uint64_t>();
  metric.summary.sample_sum = metric.histogram.sample_sum = input.Number<double>();
  for (int i = input.Number<std::uint8_t>() % 4; i > 0; --i) {
    const auto bound = input.Number<double>();
    metric.summary.quantile.push_back({bound, input.Number<double>()});
    metric.histogram.bucket.push_back({input.Number<std::uint64_t>(), bound});
  }
  return metric;
}

std::vector<MetricFamily> FamiliesFrom(Input input) {
  constexpr std::array kTypes{MetricType::Counter, MetricType::Gauge, MetricType::Summary,
                              MetricType::Untyped, MetricType::Histogram};
  std::vector<MetricFamily> families;
  while (!input.Empty()) {
    const auto kind = input.Number<std::uint8_t>();
    MetricFamily& family = families.emplace_back();
    family.name = kind % 2 == 0 ? "family" : "family_total";
    family.type = kTypes.at(kind / 2 % kTypes.size());
    family.help = input.Text();
    for (int i = input.Number<std::uint8_t>() % 4; i > 0; --i) {
      family.metric.push_back(MetricFrom(input));
    }
  }
  return families;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

bool IsNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return ParseNumber<double>(text).has_value();
}

// Removes a name from the front.
void SkipName(std::string_view& rest) {
  const std::size_t size =
      std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), rest.size());
  Require(size > 0);
  rest.remove_prefix(size);
}

// Removes `"VALUE"` from the front.
void SkipQuoted(std::string_view& rest) {
  Require(rest.starts_with('"'));
  std::size_t at = 1;
  while (at < rest.size() && rest[at] != '"') at += rest[at] == '\\' ? 2 : 1;
  Require(at < rest.size());
  for (std::size_t i = 1; i < at; ++i) {
    if (rest[i] != '\\') continue;
    ++i;
    Require(rest[i] == '\\' || rest[i] == '"' || rest[i] == 'n');
  }
  rest.remove_prefix(at + 1);
}

void RequireSample(std::string_view line) {
  SkipName(line);
  if (line.starts_with('{')) {
    do {
      line.remove_prefix(1);
      SkipName(line);
      Require(line.starts_with('='));
      line.remove_prefix(1);
      SkipQuoted(line);
    } while (line.starts_with(','));
    Require(line.starts_with('}'));
    line.remove_prefix(1);
  }
  Require(line.starts_with(' '));
  line.remove_prefix(1);
  Require(IsNumber(TakeUntil(line, ' ')));
  Require(line.empty() || IsNumber(line));
}

void RequireWellFormed(std::string_view page) {
  std::string repaired;
  AppendValidUtf8(page, repaired);
  Require(repaired == page);
  Require(page.empty() || page.ends_with('\n'));
  while (!page.empty()) {
    const std::string_view line = TakeUntil(page, '\n');
    if (line == "# EOF") {
      Require(page.empty());
      return;
    }
    if (line.starts_with("# HELP family") || line.starts_with("# TYPE family")) continue;
    RequireSample(line);
  }
}

void Check(std::string_view bytes) {
  const std::vector<MetricFamily> families = FamiliesFrom(Input(bytes));
  for (const TextFormat format : {TextFormat::kPrometheus, TextFormat::kOpenMetrics}) {
    std::string page;
    EncodeText(families, format, page);
    RequireWellFormed(page);
  }
}

}  // namespace
}  // namespace procmarshal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  procmarshal::Check(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
