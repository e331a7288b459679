#include "collectors/series_source.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "collectors/text_encoder.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

bool IsSimple(MetricType type) {
  return type != MetricType::Histogram && type != MetricType::Summary;
}

double SimpleValue(const ClientMetric& sample, MetricType type) {
  if (type == MetricType::Counter) return sample.counter.value;
  if (type == MetricType::Gauge) return sample.gauge.value;
  return sample.untyped.value;
}

}  // namespace

Series::Series(const ClientMetric& sample, double value, std::string_view bound_name, double bound)
    : value_(value), sample_(&sample), bound_name_(bound_name), bound_(FormatNumber(bound)) {}

std::string_view Series::Label(std::string_view name) const {
  if (!bound_name_.empty() && name == bound_name_) return bound_;
  if (row_) {
    for (const LabelView& label : row_->All()) {
      if (label.name == name) return label.value;
    }
    return {};
  }
  for (const auto& label : sample_->label) {
    if (label.name == name) return label.value;
  }
  return {};
}

void Series::Labels(std::vector<LabelView>& labels) const {
  labels.clear();
  if (row_) {
    labels.assign(row_->All().begin(), row_->All().end());
    return;
  }
  for (const auto& label : sample_->label) labels.push_back({label.name, label.value});
  if (!bound_name_.empty()) labels.push_back({bound_name_, bound_});
}

SeriesSource::SeriesSource(const Snapshot& snapshot) : snapshot_(snapshot) {
  for (const MetricFamily& family : snapshot.families) Index(family);
}

void SeriesSource::Index(const MetricFamily& family) {
  if (IsSimple(family.type)) {
    places_.insert_or_assign(family.name, Place{&family, Part::kValue});
    return;
  }
  const bool is_histogram = family.type == MetricType::Histogram;
  places_.insert_or_assign(is_histogram ? family.name + "_bucket" : family.name,
                           Place{&family, Part::kBuckets});
  places_.insert_or_assign(family.name + "_sum", Place{&family, Part::kSum});
  places_.insert_or_assign(family.name + "_count", Place{&family, Part::kCount});
}

bool SeriesSource::Has(std::string_view name) const {
  return !ProcessColumnsOf(name).empty() || places_.contains(std::string(name));
}

void SeriesSource::ForEach(std::string_view name, const Visit& visit) const {
  if (const auto columns = ProcessColumnsOf(name); !columns.empty()) {
    ForEachRow(columns, visit);
    return;
  }
  const auto place = places_.find(std::string(name));
  if (place == places_.end()) return;
  for (const ClientMetric& sample : place->second.family->metric) {
    VisitSample(place->second, sample, visit);
  }
}

void SeriesSource::ForEachRow(std::span<const ProcessColumn> columns, const Visit& visit) const {
  for (const Process& process : snapshot_.processes) {
    for (const ProcessColumn& column : columns) {
      const auto value = column.value(process, column.argument);
      if (value) visit(Series(process, column, *value));
    }
  }
}

void SeriesSource::VisitSample(const Place& place, const ClientMetric& sample, const Visit& visit) {
  if (place.part == Part::kValue) {
    visit(Series(sample, SimpleValue(sample, place.family->type)));
    return;
  }
  const bool is_histogram = place.family->type == MetricType::Histogram;
  const auto count = static_cast<double>(is_histogram ? sample.histogram.sample_count
                                                      : sample.summary.sample_count);
  if (place.part == Part::kCount) {
    visit(Series(sample, count));
  } else if (place.part == Part::kSum) {
    visit(Series(sample, is_histogram ? sample.histogram.sample_sum : sample.summary.sample_sum));
  } else if (is_histogram) {
    double last = 0;
    for (const auto& bucket : sample.histogram.bucket) {
      last = bucket.upper_bound;
      visit(Series(sample, static_cast<double>(bucket.cumulative_count), "le", last));
    }
    // The page has the bucket of all observations even where the histogram leaves it out.
    if (!std::isinf(last)) {
      visit(Series(sample, count, "le", std::numeric_limits<double>::infinity()));
    }
  } else {
    for (const auto& quantile : sample.summary.quantile) {
      visit(Series(sample, quantile.value, "quantile", quantile.quantile));
    }
  }
}

}  // namespace procmarshal
