#include "collectors/series_source.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/group_families.h"
#include "collectors/process_columns.h"
#include "collectors/process_limits.h"
#include "collectors/text_encoder.h"
#include "tests/support/encode.h"
#include "tests/support/expand.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Text = std::multiset<std::string>;

// "name{labels} value" of each series of that name, as the page would show it.
Text Lines(const SeriesSource& source, const std::string& name) {
  Text lines;
  source.ForEach(name, [&](const Series& series) {
    std::vector<LabelView> labels{{"left from", "before"}};
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

// The samples on a page, and their names.
struct Page {
  Text lines;
  std::set<std::string> names;

  explicit Page(const std::vector<MetricFamily>& families) {
    const std::string text = Encode(families, TextFormat::kPrometheus);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      if (line.starts_with('#')) continue;
      lines.emplace(line);
      names.emplace(line.substr(0, line.find_first_of("{ ")));
    }
  }
};

Text AllLines(const SeriesSource& source, const std::set<std::string>& names) {
  Text lines;
  for (const std::string& name : names) lines.merge(Lines(source, name));
  return lines;
}

// Processes of which every other lacks something.
std::vector<Process> Rows(std::size_t count) {
  ProcessLimits limits{};
  limits.soft.fill(1024);
  limits.hard.fill(4096);
  ProcessInfo info;
  info.user = "root";
  info.unit = "a.service";
  info.slice = "system.slice";
  ProcessInfo limited = info;
  limited.limits = std::make_shared<const ProcessLimits>(limits);
  const std::vector infos = {std::make_shared<const ProcessInfo>(info),
                             std::make_shared<const ProcessInfo>(limited)};
  const auto group = std::make_shared<const std::string>("web");
  std::vector<Process> rows;
  for (std::size_t i = 0; i < count; ++i) {
    Process& row = rows.emplace_back(Changed(MakeRow({}), [i](ProcessReading& reading) {
      reading.key = {static_cast<pid_t>(i + 1), 100 + i};
      reading.name = fmt::format("name{}", i % 7);
      reading.state = i % 3 == 0 ? 'R' : 'S';
      reading.policy = static_cast<std::uint8_t>(i % 3);
      reading.counters.cpu_user_seconds = static_cast<double>(i) / 4;
      reading.resident_bytes = 4096 * i;
      reading.has_io = reading.has_oom_score = i % 2 == 0;
      reading.has_fds = i % 5 != 0;
      reading.open_fds = i;
    }));
    row.info = infos[i % 2];
    if (i % 2 == 0) row.group = group;
    if (i % 4 == 0) row.cpu_ratio = 0.5;
    if (i % 4 == 1) row.memory = {.pss_bytes = 1, .swap_pss_bytes = 2, .mappings = 3};
  }
  return rows;
}

// All of the rows are shown.
Snapshot Take(std::size_t count) {
  Snapshot snapshot;
  snapshot.processes = Rows(count);
  snapshot.shown.reserve(count);
  for (const Process& process : snapshot.processes) snapshot.shown.push_back(&process);
  FamilyWriter out(snapshot.families);
  DeclareProcessFamilies(out);
  out.Finish();
  return snapshot;
}

TEST(SeriesSource, ShowsOfProcessesWhatAFullPageShows) {
  const Snapshot snapshot = Take(40);
  const Page page(Expand(snapshot));
  const SeriesSource source(snapshot);
  EXPECT_EQ(AllLines(source, page.names), page.lines);
  EXPECT_GT(page.lines.size(), 1000U);
}

TEST(SeriesSource, HasEachMetricOfProcesses) {
  const Snapshot snapshot = Take(40);
  const Page page(Expand(snapshot));
  const SeriesSource source(snapshot);
  for (const ProcessColumn& column : ProcessColumns()) {
    EXPECT_TRUE(source.Has(column.name)) << column.name;
    EXPECT_TRUE(page.names.contains(std::string(column.name))) << column.name;
  }
}

TEST(SeriesSource, ShowsAllProcessesWhateverIsOnThePage) {
  Snapshot snapshot = Take(40);
  snapshot.shown.resize(1);
  EXPECT_EQ(Lines(SeriesSource(snapshot), "linux_process_nice").size(), 40U);
}

TEST(SeriesSource, ShowsAllColumnsOfAFamily) {
  const Snapshot snapshot = Take(2);  // of which one has limits
  const SeriesSource source(snapshot);
  std::set<std::string> limits;
  source.ForEach("linux_process_limit_soft", [&](const Series& series) {
    EXPECT_EQ(series.Label("pid"), "2");
    EXPECT_EQ(series.Value(), 1024);
    limits.emplace(series.Label("limit"));
  });
  EXPECT_EQ(limits, (std::set<std::string>(kLimitNames.begin(), kLimitNames.end())));
}

TEST(SeriesSource, ShowsTheLabelsThatOnlySomeMetricsHave) {
  const Snapshot snapshot = Take(1);
  const SeriesSource source(snapshot);
  const auto label = [&](const char* metric, const char* name) {
    std::string value = "no series";
    source.ForEach(metric, [&](const Series& series) { value = series.Label(name); });
    return value;
  };
  EXPECT_EQ(label("linux_process_info", "slice"), "system.slice");
  EXPECT_EQ(label("linux_process_state", "state"), "R");
  EXPECT_EQ(label("linux_process_nice", "slice"), "");
}

TEST(SeriesSource, ShowsGroups) {
  Group group;
  group.name = std::make_shared<const std::string>("web");
  group.processes = 3;
  group.counters.cpu_user_seconds = 1.5;
  group.places.push_back({"a.service", "system.slice", "", "", 3});
  Snapshot snapshot;
  snapshot.groups.push_back(group);
  FamilyWriter out(snapshot.families);
  WriteGroups(snapshot.groups, WallTime{}, {.smaps = true, .threads = true}, out);
  out.Finish();
  const Page page(snapshot.families);
  const SeriesSource source(snapshot);
  EXPECT_EQ(AllLines(source, page.names), page.lines);
  EXPECT_THAT(Lines(source, "namedprocess_namegroup_num_procs"),
              ElementsAre("namedprocess_namegroup_num_procs{groupname=\"web\"} 3"));
}

TEST(SeriesSource, ShowsHistogramsAsThePageDoes) {
  prometheus::Registry registry;
  prometheus::BuildHistogram()
      .Name("wait_seconds")
      .Help("Wait.")
      .Register(registry)
      .Add({{"of", "a"}}, prometheus::Histogram::BucketBoundaries{0.5, 1})
      .Observe(0.75);
  Snapshot snapshot;
  snapshot.families = registry.Collect();
  const Page page(snapshot.families);
  const SeriesSource source(snapshot);
  EXPECT_EQ(AllLines(source, page.names), page.lines);
  EXPECT_THAT(Lines(source, "wait_seconds_bucket"),
              ElementsAre("wait_seconds_bucket{of=\"a\",le=\"+Inf\"} 1",
                          "wait_seconds_bucket{of=\"a\",le=\"0.5\"} 0",
                          "wait_seconds_bucket{of=\"a\",le=\"1\"} 1"));
  EXPECT_FALSE(source.Has("wait_seconds"));
}

MetricFamily Summary() {
  MetricFamily family{"wait", "Wait.", MetricType::Summary,
                      std::vector<prometheus::ClientMetric>(1)};
  family.metric[0].summary = {.sample_count = 3, .sample_sum = 1.5, .quantile = {{0.5, 0.25}}};
  return family;
}

TEST(SeriesSource, ShowsSummaries) {
  Snapshot snapshot;
  snapshot.families.push_back(Summary());
  const SeriesSource source(snapshot);
  EXPECT_THAT(Lines(source, "wait"), ElementsAre("wait{quantile=\"0.5\"} 0.25"));
  EXPECT_THAT(Lines(source, "wait_sum"), ElementsAre("wait_sum 1.5"));
  EXPECT_THAT(Lines(source, "wait_count"), ElementsAre("wait_count 3"));
}

TEST(SeriesSource, ShowsUntypedValues) {
  MetricFamily family{"x", "X.", MetricType::Untyped, std::vector<prometheus::ClientMetric>(1)};
  family.metric[0].untyped.value = 7;
  Snapshot snapshot;
  snapshot.families.push_back(family);
  EXPECT_THAT(Lines(SeriesSource(snapshot), "x"), ElementsAre("x 7"));
}

TEST(SeriesSource, KnowsWhatIsNotThere) {
  const Snapshot snapshot;
  const SeriesSource source(snapshot);
  EXPECT_FALSE(source.Has("up"));
  EXPECT_FALSE(source.Has(""));
  EXPECT_THAT(Lines(source, "up"), IsEmpty());
}

TEST(SeriesSource, HasMetricsOfProcessesWithoutAProcess) {
  const Snapshot snapshot;
  const SeriesSource source(snapshot);
  EXPECT_TRUE(source.Has("linux_process_cpu_ratio"));
  EXPECT_THAT(Lines(source, "linux_process_cpu_ratio"), IsEmpty());
}

TEST(SeriesSource, GivesAnEmptyTextForALabelThatIsNotThere) {
  Snapshot snapshot = Take(1);
  snapshot.families.push_back(Summary());
  const SeriesSource source(snapshot);
  int series_seen = 0;
  for (const char* name : {"linux_process_nice", "wait", "wait_sum"}) {
    source.ForEach(name, [&](const Series& series) {
      ++series_seen;
      EXPECT_EQ(series.Label("nonesuch"), "");
      EXPECT_EQ(series.Label(""), "");
    });
  }
  EXPECT_EQ(series_seen, 3);
}

}  // namespace
}  // namespace procmarshal::testing
