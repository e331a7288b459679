#include "tests/support/expand.h"

#include <string>

#include "collectors/process_columns.h"

namespace procmarshal::testing {
namespace {

prometheus::ClientMetric Sample(const Process& process, const ProcessColumn& column, double value) {
  ProcessLabels labels(process);
  labels.SetExtra(column.Extra(process));
  prometheus::ClientMetric sample;
  for (const LabelView& label : labels.All()) {
    sample.label.push_back({std::string(label.name), std::string(label.value)});
  }
  sample.counter.value = sample.gauge.value = value;
  return sample;
}

// The samples of one process in a family.
void AddRow(const Process& process, prometheus::MetricFamily& family) {
  for (const ProcessColumn& column : ProcessColumnsOf(family.name)) {
    const auto value = column.value(process, column.argument);
    if (value) family.metric.push_back(Sample(process, column, *value));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> Expand(const Snapshot& snapshot) {
  auto families = snapshot.families;
  for (prometheus::MetricFamily& family : families) {
    for (const Process* process : snapshot.shown) AddRow(*process, family);
  }
  return families;
}

}  // namespace procmarshal::testing
