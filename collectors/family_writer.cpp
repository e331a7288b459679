// Overwrites a list of metric families in place. The families declared so far are the first of the
// list; behind them lie those of the previous life that nobody has declared again yet.
#include "collectors/family_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "a counter";
    case MetricType::Gauge:
      return "a gauge";
    case MetricType::Summary:
      return "a summary";
    case MetricType::Histogram:
      return "a histogram";
    case MetricType::Untyped:
      break;
  }
  return "untyped";
}

}  // namespace

bool IsCompound(MetricType type) {
  return type == MetricType::Summary || type == MetricType::Histogram;
}

void FamilyWriter::Family::Write(double value, std::span<const LabelView> labels) {
  if (index_ == kDropped) return;
  ClientMetric& sample = writer_->NextSample(index_);
  const MetricType type = writer_->families_[index_].type;
  sample.counter.value = type == MetricType::Counter ? value : 0;
  sample.gauge.value = type == MetricType::Gauge ? value : 0;
  sample.untyped.value = type == MetricType::Untyped ? value : 0;
  sample.timestamp_ms = 0;
  sample.label.resize(labels.size());
  auto to = sample.label.begin();
  for (const LabelView& from : labels) {
    to->name.assign(from.name);
    to->value.assign(from.value);
    ++to;
  }
}

FamilyWriter::Family FamilyWriter::Declare(std::string_view name, std::string_view help,
                                           MetricType type) {
  return {*this, Claim(name, help, type)};
}

void FamilyWriter::Append(std::vector<MetricFamily>&& families) {
  for (MetricFamily& family : families) {
    const std::size_t index = Claim(family.name, family.help, family.type);
    if (index == kDropped) continue;
    for (ClientMetric& sample : family.metric) NextSample(index) = std::move(sample);
  }
  families.clear();
}

std::optional<MetricType> FamilyWriter::TypeOf(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  if (found == index_.end()) return std::nullopt;
  return families_[found->second].type;
}

std::string FamilyWriter::TakeConflict() {
  return std::exchange(conflict_, {});
}

void FamilyWriter::Finish() {
  families_.resize(used_.size());
  for (std::size_t i = 0; i < used_.size(); ++i) families_[i].metric.resize(used_[i]);
}

// The index of the family to add samples to.
std::size_t FamilyWriter::Claim(std::string_view name, std::string_view help, MetricType type) {
  const auto [entry, is_new] = index_.try_emplace(std::string(name), used_.size());
  if (!is_new) {
    const MetricType known = families_[entry->second].type;
    if (known == type) return entry->second;
    if (!conflict_.empty()) conflict_ += "; ";
    conflict_.append(name).append(" is ").append(TypeName(known)).append(" and ");
    conflict_.append(TypeName(type));
    return kDropped;
  }
  MetricFamily& family = NextFamily(name);
  // A plain sample is overwritten whole; one that was a histogram or summary would keep its
  // vectors.
  if (IsCompound(family.type)) family.metric.clear();
  family.help.assign(help);
  family.type = type;
  used_.push_back(0);
  return entry->second;
}

// Puts the storage of the family of this name behind those declared so far. Storage in the order of
// the list would be simpler, but one small family that comes and goes would then move each of the
// following into a neighbour's storage, and make it allocate.
MetricFamily& FamilyWriter::NextFamily(std::string_view name) {
  const auto next = families_.begin() + static_cast<std::ptrdiff_t>(used_.size());
  const auto namesake = std::find_if(
      next, families_.end(), [name](const MetricFamily& family) { return family.name == name; });
  if (namesake != families_.end()) {
    std::iter_swap(next, namesake);
    return *next;
  }
  MetricFamily& family = *families_.emplace(next);
  family.name.assign(name);
  return family;
}

ClientMetric& FamilyWriter::NextSample(std::size_t index) {
  std::vector<ClientMetric>& samples = families_[index].metric;
  const std::size_t used = used_[index]++;
  return used < samples.size() ? samples[used] : samples.emplace_back();
}

}  // namespace procmarshal
