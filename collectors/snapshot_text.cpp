#include "collectors/snapshot_text.h"

#include <cstddef>
#include <span>
#include <vector>

#include "collectors/process_columns.h"

namespace procmarshal {
namespace {

void AddRow(const Process& process, const std::string& labels,
            std::span<const ProcessColumn> columns, TextEncoder& encoder) {
  for (const ProcessColumn& column : columns) {
    const auto value = column.value(process, column.argument);
    if (value) encoder.AddSample(*value, labels, column.Extra(process));
  }
}

}  // namespace

void EncodeSnapshot(const Snapshot& snapshot, TextFormat format, std::string& out) {
  TextEncoder encoder(format, out);
  std::vector<std::string> labels;
  labels.reserve(snapshot.shown.size());
  for (const Process* process : snapshot.shown) {
    labels.push_back(encoder.Labels(ProcessLabels(*process).All()));
  }
  for (const prometheus::MetricFamily& family : snapshot.families) {
    encoder.Add(family);
    const auto columns = ProcessColumnsOf(family.name);
    if (columns.empty()) continue;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      AddRow(*snapshot.shown[i], labels[i], columns, encoder);
    }
  }
  encoder.Finish();
}

}  // namespace procmarshal
