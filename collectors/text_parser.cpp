// Reads what TextEncoder writes:
//   # HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
//   # TYPE node_cpu_seconds_total counter
//   node_cpu_seconds_total{cpu="0",mode="idle"} 12.5
#include "collectors/text_parser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "collectors/family_writer.h"
#include "collectors/text_tokens.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::array<std::pair<std::string_view, MetricType>, 5> kTypes = {{
    {"counter", MetricType::Counter},
    {"gauge", MetricType::Gauge},
    {"summary", MetricType::Summary},
    {"histogram", MetricType::Histogram},
    {"untyped", MetricType::Untyped},
}};

// What a line of a summary or histogram tells; a quantile's line bears the family's own name.
enum class Part { kPlain, kSum, kCount, kBucket };

constexpr std::array<std::pair<std::string_view, Part>, 3> kSuffixes = {
    {{"_sum", Part::kSum}, {"_count", Part::kCount}, {"_bucket", Part::kBucket}}};

// A metric of a summary or histogram, whose lines come one by one.
struct Compound {
  std::size_t index = 0;  // in MetricFamily::metric
  bool has_sum = false;
  bool has_count = false;
};

struct Entry {
  MetricFamily family;
  bool has_help = false;
  bool has_type = false;  // said, or taken for untyped at its first sample
  std::unordered_map<std::string, Compound> compounds;  // by SeriesKey
};

struct Place {
  std::size_t index;
  Part part;
};

std::string_view BoundLabel(MetricType type) {
  return type == MetricType::Summary ? "quantile" : "le";
}

tl::unexpected<Error> Refuse(std::string text) {
  return Fail(ErrorCode::kInvalid, std::move(text));
}

tl::unexpected<Error> TooMany(std::size_t most, std::string_view what) {
  return Refuse("more than " + std::to_string(most) + " " + std::string(what));
}

Status CheckLength(std::string_view name) {
  if (name.size() <= kLongestName) return {};
  return Refuse("a name of more than " + std::to_string(kLongestName) + " bytes: " + Quote(name));
}

// `a="1"`.
Result<ClientMetric::Label> TakePair(std::string_view& rest) {
  const std::string_view found = rest;
  const std::string_view name = TakeLabelName(rest);
  SkipBlanks(rest);
  if (name.empty() || !TakeChar(rest, '=')) return Expected("a label's name and =", found);
  if (name == "__name__") return Refuse("the label \"__name__\" is not allowed");
  if (const Status length = CheckLength(name); !length) return tl::unexpected(length.error());
  SkipBlanks(rest);
  auto value = TakeQuoted(rest);
  if (!value) return tl::unexpected(value.error());
  return ClientMetric::Label{std::string(name), *std::move(value)};
}

// `{a="1",b="2"}`, sorted by name; no more than `room`.
Result<Labels> TakeLabels(std::string_view& rest, std::size_t room) {
  Labels labels;
  TakeChar(rest, '{');
  for (SkipBlanks(rest); !TakeChar(rest, '}'); SkipBlanks(rest)) {
    auto label = TakePair(rest);
    if (!label) return tl::unexpected(label.error());
    if (labels.size() == room) return TooMany(kMostTextLabels, "labels");
    labels.push_back(*std::move(label));
    SkipBlanks(rest);
    if (!TakeChar(rest, ',') && !rest.starts_with('}')) return Expected("a comma or }", rest);
  }
  std::ranges::sort(labels, {}, &ClientMetric::Label::name);
  const auto twice = std::ranges::adjacent_find(labels, {}, &ClientMetric::Label::name);
  if (twice != labels.end()) return Refuse("the label " + Quote(twice->name) + " twice");
  return labels;
}

// Removes the label of this name; nullopt if there is none.
std::optional<std::string> TakeLabel(Labels& labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &ClientMetric::Label::name);
  if (found == labels.end()) return std::nullopt;
  std::string value = std::move(found->value);
  labels.erase(found);
  return value;
}

// A line `NAME{LABELS} VALUE`, taken apart.
struct Line {
  std::string_view name;
  Labels labels;
  std::string_view value;
};

Result<Line> TakeLine(std::string_view rest, std::size_t room_for_labels) {
  const std::string_view found = rest;
  Line line;
  line.name = TakeMetricName(rest);
  const bool ends = rest.empty() || IsBlank(rest.front()) || rest.starts_with('{');
  if (line.name.empty() || !ends) return Expected("a metric's name", found);
  if (const Status length = CheckLength(line.name); !length) return tl::unexpected(length.error());
  SkipBlanks(rest);
  if (rest.starts_with('{')) {
    auto labels = TakeLabels(rest, room_for_labels);
    if (!labels) return tl::unexpected(labels.error());
    line.labels = *std::move(labels);
    SkipBlanks(rest);
  }
  line.value = TakeToken(rest);
  SkipBlanks(rest);
  if (!rest.empty()) {
    return Expected("nothing behind the value (timestamps and exemplars are not taken)", rest);
  }
  return line;
}

class Parser {
 public:
  Result<std::vector<MetricFamily>> Parse(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const bool whole = text.find('\n') != std::string_view::npos;
      std::string_view line = TakeUntil(text, '\n');
      SkipBlanks(line);
      const Status read = whole || line.empty() ? ReadLine(line) : EndsTooSoon();
      if (!read) return Refuse("line " + std::to_string(number) + ": " + read.error().message);
    }
    return Finish();
  }

 private:
  Status ReadLine(std::string_view line) {
    if (line.empty()) return {};
    return TakeChar(line, '#') ? ReadComment(line) : ReadSample(line);
  }

  static Status EndsTooSoon() {
    return Refuse("the file ends within this line; it may be being written");
  }

  // "HELP NAME TEXT", "TYPE NAME KIND" or anything.
  Status ReadComment(std::string_view rest) {
    SkipBlanks(rest);
    const std::string_view keyword = TakeToken(rest);
    if (keyword != "HELP" && keyword != "TYPE") return {};
    SkipBlanks(rest);
    const std::string_view found = rest;
    const std::string_view name = TakeMetricName(rest);
    if (rest.empty()) return {};  // of no name, or says nothing of it
    if (name.empty() || !IsBlank(rest.front())) return Expected("a metric's name", found);
    if (Status length = CheckLength(name); !length) return length;
    SkipBlanks(rest);
    Entry& entry = entries_[Find(name).index];
    if (entries_.size() > kMostTextFamilies) return TooMany(kMostTextFamilies, "metrics");
    return keyword == "HELP" ? SetHelp(entry, rest) : SetType(entry, rest);
  }

  static Status SetHelp(Entry& entry, std::string_view text) {
    if (std::exchange(entry.has_help, true)) {
      return Refuse("a second HELP of " + Quote(entry.family.name));
    }
    auto help = Unescape(text);
    if (!help) return tl::unexpected(help.error());
    entry.family.help = *std::move(help);
    return {};
  }

  static Status SetType(Entry& entry, std::string_view text) {
    if (std::exchange(entry.has_type, true)) {
      return Refuse("a second TYPE of " + Quote(entry.family.name) + ", or one behind its samples");
    }
    const auto* const type =
        std::ranges::find(kTypes, Lowercase(Trim(text)), &decltype(kTypes)::value_type::first);
    if (type == kTypes.end()) {
      return Expected("counter, gauge, histogram, summary or untyped", text);
    }
    entry.family.type = type->second;
    return {};
  }

  Status ReadSample(std::string_view text) {
    auto line = TakeLine(text, kMostTextLabels - labels_);
    if (!line) return tl::unexpected(line.error());
    labels_ += line->labels.size();
    if (++samples_ > kMostTextSamples) return TooMany(kMostTextSamples, "samples");
    const Place place = Find(line->name);
    if (entries_.size() > kMostTextFamilies) return TooMany(kMostTextFamilies, "metrics");
    Entry& entry = entries_[place.index];
    entry.has_type = true;
    if (IsCompound(entry.family.type)) return AddPart(entry, place.part, *std::move(line));

    const auto value = ParseSampleValue(line->value);
    if (!value) return tl::unexpected(value.error());
    ClientMetric& metric = entry.family.metric.emplace_back();
    metric.label = std::move(line->labels);
    if (entry.family.type == MetricType::Counter) metric.counter.value = *value;
    if (entry.family.type == MetricType::Gauge) metric.gauge.value = *value;
    if (entry.family.type == MetricType::Untyped) metric.untyped.value = *value;
    return {};
  }

  // Whose sample or comment `name` is: a new family's if nobody's yet.
  Place Find(std::string_view name) {
    const auto exact = index_.find(std::string(name));
    if (exact != index_.end()) return {exact->second, Part::kPlain};
    for (const auto& [suffix, part] : kSuffixes) {
      if (!name.ends_with(suffix)) continue;
      const auto base = index_.find(std::string(name.substr(0, name.size() - suffix.size())));
      if (base != index_.end() && Has(entries_[base->second].family.type, part)) {
        return {base->second, part};
      }
    }
    index_.emplace(name, entries_.size());
    entries_.emplace_back().family.name = name;
    return {entries_.size() - 1, Part::kPlain};
  }

  static bool Has(MetricType type, Part part) {
    return type == MetricType::Histogram || (type == MetricType::Summary && part != Part::kBucket);
  }

  static Status AddPart(Entry& entry, Part part, Line line) {
    const MetricType type = entry.family.type;
    if (type == MetricType::Histogram && part == Part::kPlain) {
      return Expected("the _bucket, _sum or _count of a histogram", line.name);
    }
    const auto bound = TakeLabel(line.labels, BoundLabel(type));
    const bool has_bound = part == Part::kPlain || part == Part::kBucket;
    if (bound.has_value() != has_bound) {
      return Refuse((has_bound ? "expected a label " : "expected no label ") +
                    Quote(BoundLabel(type)) + " of " + Quote(line.name));
    }
    auto& [index, has_sum, has_count] = Claim(entry, std::move(line.labels));
    ClientMetric& metric = entry.family.metric[index];
    if (has_bound) return AddBound(type, metric, *bound, line.value);
    if (std::exchange(part == Part::kSum ? has_sum : has_count, true)) {
      return Refuse(Quote(line.name) + " twice with these labels");
    }
    return part == Part::kSum ? SetSum(type, metric, line.value)
                              : SetCount(type, metric, line.value);
  }

  static Compound& Claim(Entry& entry, Labels labels) {
    std::vector<ClientMetric>& metrics = entry.family.metric;
    const auto [found, is_new] =
        entry.compounds.try_emplace(SeriesKey(labels), Compound{.index = metrics.size()});
    if (is_new) metrics.emplace_back().label = std::move(labels);
    return found->second;
  }

  static Status AddBound(MetricType type, ClientMetric& metric, std::string_view text,
                         std::string_view value) {
    const auto bound = ParseSampleValue(text);
    if (!bound || std::isnan(*bound)) {
      return Refuse("expected a number as " + Quote(BoundLabel(type)) + ", found " + Quote(text));
    }
    if (type == MetricType::Summary) {
      const auto quantile = ParseSampleValue(value);
      if (!quantile) return tl::unexpected(quantile.error());
      metric.summary.quantile.push_back({*bound, *quantile});
      return {};
    }
    const auto count = ParseSampleCount(value);
    if (!count) return tl::unexpected(count.error());
    metric.histogram.bucket.push_back({*count, *bound});
    return {};
  }

  static Status SetSum(MetricType type, ClientMetric& metric, std::string_view text) {
    const auto sum = ParseSampleValue(text);
    if (!sum) return tl::unexpected(sum.error());
    (type == MetricType::Summary ? metric.summary.sample_sum : metric.histogram.sample_sum) = *sum;
    return {};
  }

  static Status SetCount(MetricType type, ClientMetric& metric, std::string_view text) {
    const auto count = ParseSampleCount(text);
    if (!count) return tl::unexpected(count.error());
    (type == MetricType::Summary ? metric.summary.sample_count : metric.histogram.sample_count) =
        *count;
    return {};
  }

  Result<std::vector<MetricFamily>> Finish() {
    std::vector<MetricFamily> families;
    for (Entry& entry : entries_) {
      if (entry.family.metric.empty()) continue;
      if (Status alone = CheckAlone(entry.family); !alone) return tl::unexpected(alone.error());
      if (Status sorted = SortAll(entry); !sorted) return tl::unexpected(sorted.error());
      families.push_back(std::move(entry.family));
    }
    return families;
  }

  static Status SortAll(Entry& entry) {
    for (const auto& [key, compound] : entry.compounds) {
      if (Status sorted = Sort(entry.family, compound); !sorted) return sorted;
    }
    return {};
  }

  // "foo_count 1" of its own, before the summary foo begins.
  Status CheckAlone(const MetricFamily& family) const {
    if (!IsCompound(family.type)) return {};
    for (const auto& [suffix, part] : kSuffixes) {
      const auto other = index_.find(family.name + std::string(suffix));
      if (other != index_.end() && Has(family.type, part)) {
        return Refuse(Quote(other->first) + " is a metric of its own and a part of " +
                      Quote(family.name));
      }
    }
    return {};
  }

  static Status Sort(MetricFamily& family, const Compound& compound) {
    ClientMetric& metric = family.metric[compound.index];
    auto& quantiles = metric.summary.quantile;
    auto& buckets = metric.histogram.bucket;
    constexpr auto kQuantile = &ClientMetric::Quantile::quantile;
    constexpr auto kBound = &ClientMetric::Bucket::upper_bound;
    std::ranges::sort(quantiles, {}, kQuantile);
    std::ranges::sort(buckets, {}, kBound);
    if (std::ranges::adjacent_find(quantiles, {}, kQuantile) != quantiles.end() ||
        std::ranges::adjacent_find(buckets, {}, kBound) != buckets.end()) {
      return Refuse(Quote(family.name) + " has one value of " + Quote(BoundLabel(family.type)) +
                    " twice");
    }
    // The bucket without a bound holds all; so does the count, which may be left out.
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (!compound.has_count && !buckets.empty() && buckets.back().upper_bound == kInfinity) {
      metric.histogram.sample_count = buckets.back().cumulative_count;
    }
    return {};
  }

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;  // of entries_, by name
  std::size_t samples_ = 0;
  std::size_t labels_ = 0;
};

}  // namespace

Result<std::vector<MetricFamily>> ParseText(std::string_view text) {
  return Parser().Parse(text);
}

std::string SeriesKey(std::span<const ClientMetric::Label> labels) {
  std::string key;
  for (const ClientMetric::Label& label : labels) {
    // 0xFF is in no valid UTF-8.
    if (!label.value.empty()) key.append(label.name).append("=").append(label.value) += '\xFF';
  }
  return key;
}

}  // namespace procmarshal
