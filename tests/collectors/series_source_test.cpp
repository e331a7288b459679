#include "collectors/series_source.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "collectors/text_encoder.h"
#include "tests/support/fake_host.h"

namespace procmarshal::testing {
namespace {

// "name{labels} value" of each series of that name, as the page would show it.
std::multiset<std::string> Lines(const SeriesSource& source, const std::string& name) {
  std::multiset<std::string> lines;
  source.ForEach(name, [&](const Series& series) {
    std::vector<LabelView> labels;
    series.Labels(labels);
    std::string line = name;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      line += fmt::format("{}{}=\"{}\"", i == 0 ? '{' : ',', labels[i].name, labels[i].value);
      EXPECT_EQ(series.Label(labels[i].name), labels[i].value);
    }
    lines.insert(line + (labels.empty() ? " " : "} ") + FormatNumber(series.Value()));
  });
  return lines;
}

// A snapshot in which every process has series of its own on the page.
SnapshotPtr TakeFull(FakeHost& host) {
  Sampler::Plan plan;
  plan.processes.top = 1000;
  host.sampler->Configure(std::move(plan));
  (void)host.sampler->Sample(SampleKind::kScheduled);
  host.clock.Advance(std::chrono::seconds(5));
  return host.sampler->Sample(SampleKind::kScheduled);
}

TEST(SeriesSource, ShowsWhatAFullPageShows) {
  FakeHost host(40);
  const auto snapshot = TakeFull(host);
  std::string page;
  EncodeText(snapshot->families, TextFormat::kPrometheus, page);
  std::multiset<std::string> on_page;
  std::set<std::string> names;
  std::string_view rest = page;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.starts_with('#')) continue;
    on_page.emplace(line);
    names.emplace(line.substr(0, line.find_first_of("{ ")));
  }
  const SeriesSource source(*snapshot);
  std::multiset<std::string> in_source;
  for (const std::string& name : names) {
    EXPECT_TRUE(source.Has(name)) << name;
    in_source.merge(Lines(source, name));
  }
  EXPECT_EQ(in_source, on_page);
  EXPECT_GT(on_page.size(), 500U);
  EXPECT_TRUE(names.contains("procmarshal_sample_duration_seconds_bucket"));
}

TEST(SeriesSource, ShowsAllProcessesWhateverThePageIsLimitedTo) {
  FakeHost host(40);
  Sampler::Plan plan;
  plan.processes.top = 2;
  host.sampler->Configure(std::move(plan));
  const auto snapshot = host.sampler->Sample(SampleKind::kScheduled);
  EXPECT_LE(FindFamily(*snapshot, "linux_process_nice")->metric.size(), 4U);
  EXPECT_EQ(Lines(SeriesSource(*snapshot), "linux_process_nice").size(), 40U);
}

TEST(SeriesSource, HasSummaries) {
  Snapshot snapshot;
  prometheus::MetricFamily family{"wait", "Wait.", prometheus::MetricType::Summary,
                                  std::vector<prometheus::ClientMetric>(1)};
  family.metric[0].summary = {.sample_count = 3, .sample_sum = 1.5, .quantile = {{0.5, 0.25}}};
  snapshot.families.push_back(family);
  const SeriesSource source(snapshot);
  EXPECT_THAT(Lines(source, "wait"), ::testing::ElementsAre("wait{quantile=\"0.5\"} 0.25"));
  EXPECT_THAT(Lines(source, "wait_sum"), ::testing::ElementsAre("wait_sum 1.5"));
  EXPECT_THAT(Lines(source, "wait_count"), ::testing::ElementsAre("wait_count 3"));
}

TEST(SeriesSource, KnowsWhatIsNotThere) {
  const Snapshot snapshot;
  const SeriesSource source(snapshot);
  EXPECT_FALSE(source.Has("up"));
  EXPECT_TRUE(source.Has("linux_process_cpu_ratio"));  // a metric, even without a process
  source.ForEach("up", [](const Series&) { FAIL() << "there is no such series"; });
}

TEST(SeriesSource, GivesAnEmptyTextForALabelThatIsNotThere) {
  FakeHost host(1);
  const auto snapshot = host.sampler->Sample(SampleKind::kScheduled);
  const SeriesSource source(*snapshot);
  for (const char* name : {"linux_process_nice", "namedprocess_namegroup_num_procs"}) {
    source.ForEach(name, [](const Series& series) {
      EXPECT_EQ(series.Label("nonesuch"), "");
      EXPECT_EQ(series.Label(""), "");
    });
  }
}

}  // namespace
}  // namespace procmarshal::testing
