#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collectors/family_writer.h"

namespace procmarshal {

enum class TextFormat {
  kPrometheus,   // text/plain; version=0.0.4
  kOpenMetrics,  // application/openmetrics-text; version=1.0.0
};

// Writes metric families as the text that Prometheus scrapes. Sample names are the same in
// both formats: in OpenMetrics a counter whose name lacks "_total", and every untyped family, is
// "unknown". Numbers are the shortest text that reads back as the same double, "NaN", "+Inf" or
// "-Inf". Label values and help texts that are not UTF-8 are repaired (U+FFFD), since one bad byte
// makes Prometheus refuse the whole page. Names of metrics and labels are written as they are: they
// must be valid.
// https://prometheus.io/docs/instrumenting/exposition_formats/
// https://prometheus.io/docs/specs/om/open_metrics_spec/
class TextEncoder {
 public:
  // Appends to `out`, which is whole when Finish() was called.
  TextEncoder(TextFormat format, std::string& out);

  void Add(const prometheus::MetricFamily& family);

  // One more sample of the family that came last, which still is there, and is a counter or a
  // gauge: for who has values elsewhere than in families. `labels` is not empty and was made by
  // Labels(); those of `more` that have no name are left out.
  void AddSample(double value, std::string_view labels, std::span<const LabelView> more);

  // How these labels stand in a line: made once for many lines.
  [[nodiscard]] std::string Labels(std::span<const LabelView> labels);

  void Finish();

 private:
  struct Line;

  char* Room(std::size_t size);
  void Commit(const char* end) { size_ = static_cast<std::size_t>(end - out_.data()); }
  void Header(const prometheus::MetricFamily& family);
  [[nodiscard]] std::string_view TypeOf(const prometheus::MetricFamily& family) const;
  void Metric(prometheus::MetricType type, const prometheus::ClientMetric& metric);
  void Summary(const prometheus::ClientMetric& metric);
  void Histogram(const prometheus::ClientMetric& metric);
  void Bucket(const prometheus::ClientMetric& metric, double upper_bound, std::uint64_t count);
  void Sample(const prometheus::ClientMetric& metric, const Line& line, double value);
  void Sample(const prometheus::ClientMetric& metric, const Line& line, std::uint64_t value);
  char* Head(const prometheus::ClientMetric& metric, const Line& line);
  char* Label(char* at, std::string_view name, std::string_view value);
  void Tail(char* at, std::int64_t timestamp_ms);
  [[nodiscard]] char* Timestamp(char* at, std::int64_t milliseconds) const;
  std::string_view Repaired(std::string_view text);

  bool open_metrics_;
  std::string& out_;       // longer than size_ while we write
  std::size_t size_;       // what of out_ is written
  std::string_view name_;  // of the family being written
  std::string repaired_;   // storage of Repaired()
};

// Appends these families to `out`: a whole page.
void EncodeText(std::span<const prometheus::MetricFamily> families, TextFormat format,
                std::string& out);

// A number as EncodeText writes it.
[[nodiscard]] std::string FormatNumber(double value);

}  // namespace procmarshal
