#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// More lines of samples, labels in them, and metrics that have samples or a comment, are refused: a
// file of 16 MiB could have millions.
inline constexpr std::size_t kMostTextSamples = 100'000;
inline constexpr std::size_t kMostTextLabels = 1'000'000;
inline constexpr std::size_t kMostTextFamilies = 5000;

// Reads metric families in the text format 0.0.4, in the order in which they first appear; those
// without samples are left out. Labels come sorted by name, buckets and quantiles by their bound.
// Refused as a whole, with the number of the line, is what does not follow the format, and what is
// of no use in a file: timestamps and exemplars. The last line must have its end, since a file may
// be read while it is written. Lines of the same series twice are not looked for, except those of
// one histogram or summary. Names may have 1 KiB and labels' values 8 KiB (node_exporter has no
// such bounds; nobody is known to need more).
// https://prometheus.io/docs/instrumenting/exposition_formats/
[[nodiscard]] Result<std::vector<prometheus::MetricFamily>> ParseText(std::string_view text);

// Tells the series of a family apart, of labels sorted by name. One that is empty is as none: so
// Prometheus sees it.
[[nodiscard]] std::string SeriesKey(std::span<const prometheus::ClientMetric::Label> labels);

}  // namespace procmarshal
