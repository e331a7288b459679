#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collectors/process_columns.h"
#include "collectors/snapshot.h"

namespace procmarshal {

// One series of a snapshot: labels, made on demand, and a value. Valid during the call that shows
// it.
class Series {
 public:
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  [[nodiscard]] double Value() const { return value_; }

  // The value of a label; empty if it has none of that name, which is the same to Prometheus.
  [[nodiscard]] std::string_view Label(std::string_view name) const;

  // Replaces `labels` by all labels, in the order of the page. They point into this object too.
  void Labels(std::vector<LabelView>& labels) const;

 private:
  friend class SeriesSource;
  Series(const Process& process, const ProcessColumn& column, double value)
      : value_(value), row_(std::in_place, process) {
    row_->SetExtra(column.Extra(process));
  }
  Series(const prometheus::ClientMetric& sample, double value) : value_(value), sample_(&sample) {}
  Series(const prometheus::ClientMetric& sample, double value, std::string_view bound_name,
         double bound);

  double value_;
  std::optional<ProcessLabels> row_;                  // labels of a process ...
  const prometheus::ClientMetric* sample_ = nullptr;  // ... or of a sample of a family
  std::string_view bound_name_;  // "le" of a histogram's bucket, "quantile" of a summary's
  std::string bound_;
};

// A snapshot as series, as rules and queries see it: by the names of the page, with the same labels
// and values; but linux_process_* has the rows of all processes, not just those on the page.
class SeriesSource {
 public:
  explicit SeriesSource(const Snapshot& snapshot);

  // Whether there is a metric of that sample name ("x_bucket" for a histogram x).
  [[nodiscard]] bool Has(std::string_view name) const;

  // Calls `visit` for each series of that sample name.
  void ForEach(std::string_view name, const std::function<void(const Series&)>& visit) const;

 private:
  // What of a family's samples a name stands for.
  enum class Part { kValue, kBuckets, kSum, kCount };
  struct Place {
    const prometheus::MetricFamily* family = nullptr;
    Part part = Part::kValue;
  };

  using Visit = std::function<void(const Series&)>;
  void Index(const prometheus::MetricFamily& family);
  void ForEachRow(std::span<const ProcessColumn> columns, const Visit& visit) const;
  static void VisitSample(const Place& place, const prometheus::ClientMetric& sample,
                          const Visit& visit);

  const Snapshot& snapshot_;
  std::unordered_map<std::string, Place> places_;
};

}  // namespace procmarshal
