#include "tests/support/collect.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

double Value(prometheus::MetricType type, const prometheus::ClientMetric& sample) {
  if (type == prometheus::MetricType::Counter) return sample.counter.value;
  return type == prometheus::MetricType::Gauge ? sample.gauge.value : sample.untyped.value;
}

std::string Line(const prometheus::MetricFamily& family, const prometheus::ClientMetric& sample) {
  std::vector<std::string> labels;
  labels.reserve(sample.label.size());
  for (const auto& label : sample.label) {
    labels.push_back(fmt::format("{}=\"{}\"", label.name, label.value));
  }
  const std::string braced = labels.empty() ? "" : fmt::format("{{{}}}", fmt::join(labels, ","));
  return fmt::format("{}{} {}\n", family.name, braced, Value(family.type, sample));
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

std::unique_ptr<Collector> MakeCollector(std::string_view name, const Environment& env) {
  for (const Registration* entry : Registration::All()) {
    if (entry->Name() == name) return entry->Make(env);
  }
  ADD_FAILURE() << "no collector " << name;
  return nullptr;
}

std::string CollectOnce(Collector& collector) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  if (const Status status = collector.Collect(out); !status) {
    return "error: " + status.error().message;
  }
  out.Finish();
  return Print(families);
}

Environment HostOf(const ProcTree& tree) {
  // Which stands still: nothing takes long, however slow this machine is.
  static const ManualClock kClock;
  const auto root = tree.Fs().Root();
  return {.proc = PseudoFs(root / "proc"),
          .sys = PseudoFs(root / "sys"),
          .root = PseudoFs(root),
          .clock = &kClock};
}

std::string CollectFixture(std::string_view collector) {
  const ProcTree tree("linux-6.18");
  return CollectOnce(*MakeCollector(collector, {.proc = tree.Fs()}));
}

std::string CollectFrom(std::string_view collector, const std::vector<File>& proc) {
  const ProcTree tree;
  for (const File& file : proc) tree.Write(file.path, file.content);
  return CollectOnce(*MakeCollector(collector, {.proc = tree.Fs()}));
}

std::string CollectHost(std::string_view collector, const std::vector<File>& files) {
  const ProcTree tree;
  for (const File& file : files) tree.Write(file.path, file.content);
  return CollectOnce(*MakeCollector(collector, HostOf(tree)));
}

}  // namespace procmarshal::testing
