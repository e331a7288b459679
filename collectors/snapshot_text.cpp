#include "collectors/snapshot_text.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include "collectors/process_columns.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

void AddRow(const Process& process, const std::string& labels,
            std::span<const ProcessColumn> columns, TextEncoder& encoder) {
  for (const ProcessColumn& column : columns) {
    const auto value = column.value(process, column.argument);
    if (value) encoder.AddSample(*value, labels, column.Extra(process));
  }
}

// Adds families to a page, with the samples that are in the rows of the snapshot.
class PageWriter {
 public:
  PageWriter(const Snapshot& snapshot, TextEncoder& encoder)
      : snapshot_(snapshot), encoder_(encoder) {}

  // A family without samples is left out, as by other exporters.
  void Add(const MetricFamily& family) {
    const auto columns = ProcessColumnsOf(family.name);
    const bool has_rows = !columns.empty() && !snapshot_.shown.empty();
    if (family.metric.empty() && !has_rows) return;
    encoder_.Add(family);
    if (!has_rows) return;
    MakeLabels();
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      AddRow(*snapshot_.shown[i], labels_[i], columns, encoder_);
    }
  }

 private:
  // Once for all families, and not at all on a page without processes.
  void MakeLabels() {
    if (!labels_.empty()) return;
    labels_.reserve(snapshot_.shown.size());
    for (const Process* process : snapshot_.shown) {
      labels_.push_back(encoder_.Labels(ProcessLabels(*process).All()));
    }
  }

  const Snapshot& snapshot_;
  TextEncoder& encoder_;
  std::vector<std::string> labels_;  // of the shown processes
};

// The family with the samples of these collectors only.
MetricFamily Narrow(const MetricFamily& family, const CollectorNames& only) {
  MetricFamily narrow{family.name, family.help, family.type, {}};
  const auto is_wanted = [&only](const ClientMetric& sample) {
    return std::ranges::any_of(sample.label, [&only](const ClientMetric::Label& label) {
      return label.name == "collector" && only.contains(label.value);
    });
  };
  std::ranges::copy_if(family.metric, std::back_inserter(narrow.metric), is_wanted);
  return narrow;
}

void AddParts(const Snapshot& snapshot, const CollectorNames& only, PageWriter& page) {
  if (snapshot.parts.empty()) return;
  const std::span families(snapshot.families);
  for (const MetricFamily& family : families.first(snapshot.parts.front().first)) {
    page.Add(Narrow(family, only));
  }
  for (const CollectorPart& part : snapshot.parts) {
    if (!only.contains(part.collector)) continue;
    for (const MetricFamily& family : families.subspan(part.first, part.last - part.first)) {
      page.Add(family);
    }
  }
}

}  // namespace

void EncodeSnapshot(const Snapshot& snapshot, TextFormat format, std::string& out,
                    const CollectorNames* only) {
  TextEncoder encoder(format, out);
  PageWriter page(snapshot, encoder);
  if (only != nullptr) {
    AddParts(snapshot, *only, page);
  } else {
    for (const MetricFamily& family : snapshot.families) page.Add(family);
  }
  encoder.Finish();
}

}  // namespace procmarshal
