#include "collectors/prom_merge.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "collectors/text_parser.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

// A family of `out` that has lines of the same names; empty if there is none.
std::string Rival(const MetricFamily& family, const FamilyWriter& out) {
  if (out.TypeOf(family.name)) return family.name;
  for (const std::string_view suffix : {"_sum", "_count", "_bucket"}) {
    std::string longer = family.name + std::string(suffix);
    if (IsCompound(family.type) && out.TypeOf(longer)) return longer;
    if (!family.name.ends_with(suffix)) continue;
    std::string base = family.name.substr(0, family.name.size() - suffix.size());
    const auto type = out.TypeOf(base);
    if (type && IsCompound(*type)) return base;
  }
  return {};
}

std::size_t LinesOf(const MetricFamily& family, const ClientMetric& metric) {
  if (!IsCompound(family.type)) return 1;
  const auto& buckets = metric.histogram.bucket;
  // The encoder adds the bucket of all.
  const bool has_all = !buckets.empty() && std::isinf(buckets.back().upper_bound);
  const bool adds_bucket = family.type == prometheus::MetricType::Histogram && !has_all;
  return metric.summary.quantile.size() + buckets.size() + (adds_bucket ? 3 : 2);
}

}  // namespace

PageSize SizeOf(const std::vector<MetricFamily>& families) {
  PageSize size{.metrics = families.size()};
  for (const MetricFamily& family : families) {
    for (const ClientMetric& metric : family.metric) {
      size.lines += LinesOf(family, metric);
      size.labels += metric.label.size();
    }
  }
  return size;
}

void PathList::Add(const std::string& path) {
  if (++size_ <= kMost) text_ += ", " + path;
}

std::string PathList::Text() const {
  return size_ > kMost ? text_ + " and " + std::to_string(size_ - kMost) + " more" : text_;
}

void PromMerge::Add(const std::string& path, const std::vector<MetricFamily>& families) {
  for (const MetricFamily& family : families) {
    Merged* const merged = Claim(path, family);
    if (merged == nullptr) continue;
    const std::size_t before = merged->family.metric.size();
    std::ranges::copy_if(family.metric, std::back_inserter(merged->family.metric),
                         [&known = series_[index_.at(family.name)]](const ClientMetric& metric) {
                           return known.insert(SeriesKey(metric.label)).second;
                         });
    const std::size_t repeated = family.metric.size() - (merged->family.metric.size() - before);
    if (repeated > 0) {
      problems_.push_back(path + ": " + std::to_string(repeated) + " series of " +
                          Quote(family.name) + " left out: they are there already");
    }
  }
}

// The family to add to; null if this one does not fit to it.
PromMerge::Merged* PromMerge::Claim(const std::string& path, const MetricFamily& family) {
  const auto [entry, is_new] = index_.try_emplace(family.name, merged_.size());
  if (is_new) {
    merged_.push_back({{family.name, family.help, family.type, {}}, PathList(path)});
    series_.emplace_back();
    return &merged_.back();
  }
  Merged& merged = merged_[entry->second];
  if (merged.family.type != family.type) {
    problems_.push_back(path + ": " + Quote(family.name) + " left out: its type is not that of " +
                        merged.from.Text());
    return nullptr;
  }
  std::string& help = merged.family.help;
  if (help.empty()) help = family.help;
  if (!family.help.empty() && family.help != help) {
    problems_.push_back(path + ": " + Quote(family.name) +
                        " left out: its help text is not that of " + merged.from.Text());
    return nullptr;
  }
  merged.from.Add(path);
  return &merged;
}

void PromMerge::Write(FamilyWriter& out, std::vector<std::string>& problems) const {
  for (const Merged& merged : merged_) {
    if (const std::string rival = Rival(merged.family, out); !rival.empty()) {
      problems.push_back(merged.from.Text() + ": " + Quote(merged.family.name) +
                         " left out: there is " + Quote(rival) + " already");
      continue;
    }
    std::vector<MetricFamily> copy = {merged.family};
    if (copy.front().help.empty()) copy.front().help = "Read from " + merged.from.Text() + ".";
    out.Append(std::move(copy));
  }
}

}  // namespace procmarshal
