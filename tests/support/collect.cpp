#include "tests/support/collect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "collectors/collector.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

std::string Line(const prometheus::MetricFamily& family, const prometheus::ClientMetric& sample) {
  std::vector<std::string> labels;
  labels.reserve(sample.label.size());
  for (const auto& label : sample.label) {
    labels.push_back(fmt::format("{}=\"{}\"", label.name, label.value));
  }
  const std::string braced = labels.empty() ? "" : fmt::format("{{{}}}", fmt::join(labels, ","));
  const bool is_counter = family.type == prometheus::MetricType::Counter;
  return fmt::format("{}{} {}\n", family.name, braced,
                     is_counter ? sample.counter.value : sample.gauge.value);
}

std::string Collect(std::string_view name, const Environment& env) {
  for (const Registration* entry : Registration::All()) {
    if (entry->Name() != name) continue;
    std::vector<prometheus::MetricFamily> families;
    FamilyWriter out(families);
    if (const Status status = entry->Make(env)->Collect(out); !status) {
      return "error: " + status.error().message;
    }
    out.Finish();
    return Print(families);
  }
  return "error: no such collector";
}

}  // namespace

std::string Print(const std::vector<prometheus::MetricFamily>& families) {
  std::vector<std::string> lines;
  for (const auto& family : families) {
    for (const auto& sample : family.metric) lines.push_back(Line(family, sample));
  }
  std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, ""));
}

std::string CollectFixture(std::string_view collector) {
  const ProcTree tree("linux-6.18");
  return Collect(collector, {.proc = tree.Fs()});
}

std::string CollectFrom(std::string_view collector, const std::vector<File>& proc) {
  const ProcTree tree;
  for (const File& file : proc) tree.Write(file.path, file.content);
  return Collect(collector, {.proc = tree.Fs()});
}

}  // namespace procmarshal::testing
