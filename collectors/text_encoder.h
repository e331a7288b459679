#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>

namespace procmarshal {

enum class TextFormat {
  kPrometheus,   // text/plain; version=0.0.4
  kOpenMetrics,  // application/openmetrics-text; version=1.0.0
};

// Appends `families` to `out` as the text that Prometheus scrapes. Sample names are the same in
// both formats: in OpenMetrics a counter whose name lacks "_total", and every untyped family, is
// "unknown". Numbers are the shortest text that reads back as the same double, "NaN", "+Inf" or
// "-Inf". Label values and help texts that are not UTF-8 are repaired (U+FFFD), since one bad byte
// makes Prometheus refuse the whole page. Names of metrics and labels are written as they are: they
// must be valid.
// https://prometheus.io/docs/instrumenting/exposition_formats/
// https://prometheus.io/docs/specs/om/open_metrics_spec/
void EncodeText(std::span<const prometheus::MetricFamily> families, TextFormat format,
                std::string& out);

// A number as EncodeText writes it.
[[nodiscard]] std::string FormatNumber(double value);

}  // namespace procmarshal
