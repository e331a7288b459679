#include "collectors/family_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "collectors/text_encoder.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using testing::ElementsAre;

std::string Text(const std::vector<MetricFamily>& families) {
  std::string text;
  EncodeText(families, TextFormat::kPrometheus, text);
  return text;
}

std::vector<std::string> Names(const std::vector<MetricFamily>& families) {
  std::vector<std::string> names;
  names.reserve(families.size());
  for (const MetricFamily& family : families) names.push_back(family.name);
  return names;
}

// A family as a foreign prometheus::Collectable might return it.
MetricFamily HistogramFamily(const std::string& name) {
  ClientMetric metric;
  metric.label = {{"path", "/"}};
  metric.histogram.sample_count = 3;
  metric.histogram.sample_sum = 1.5;
  metric.histogram.bucket = {{2, 0.5}, {3, std::numeric_limits<double>::infinity()}};
  metric.timestamp_ms = 1234;
  return {name, "A histogram.", MetricType::Histogram, {metric}};
}

MetricFamily SummaryFamily(const std::string& name) {
  ClientMetric metric;
  metric.summary.sample_count = 2;
  metric.summary.sample_sum = 0.5;
  metric.summary.quantile = {{0.5, 0.25}};
  return {name, "A summary.", MetricType::Summary, {metric}};
}

std::vector<MetricFamily> ListOf(MetricFamily family) {
  std::vector<MetricFamily> families;
  families.push_back(std::move(family));
  return families;
}

// Where the texts and lists of a family lie. The same before and after a refill: nothing allocated.
std::vector<const void*> Storage(const MetricFamily& family) {
  std::vector<const void*> storage{family.help.data(), family.metric.data()};
  for (const ClientMetric& metric : family.metric) {
    storage.push_back(metric.label.data());
    for (const ClientMetric::Label& label : metric.label) {
      storage.push_back(label.name.data());
      storage.push_back(label.value.data());
    }
  }
  return storage;
}

void FillLoad(std::vector<MetricFamily>& families, double value) {
  FamilyWriter out(families);
  auto load = out.Gauge("load", "A help text that is too long to lie inside of a string object.");
  load.Add(value, {{"cpu", "a label value that is too long to lie inside of one"}, {"b", "c"}});
  load.Add(value + 1, {{"cpu", "another value that is too long to lie inside of one"}, {"b", "d"}});
  out.Finish();
}

TEST(FamilyWriter, WritesFamiliesInTheOrderOfDeclaration) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  out.Gauge("node_load1", "1 minute load average.").Add(0.2);
  auto cpu = out.Counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.");
  cpu.Add(12.5, {{"cpu", "0"}, {"mode", "idle"}});
  out.Finish();

  EXPECT_EQ(Text(families),
            "# HELP node_load1 1 minute load average.\n"
            "# TYPE node_load1 gauge\n"
            "node_load1 0.2\n"
            "# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.\n"
            "# TYPE node_cpu_seconds_total counter\n"
            "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 12.5\n");
}

TEST(FamilyWriter, TakesLabelsFromAVector) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  const std::vector<LabelView> labels{{"a", "1"}, {"b", "2"}};
  out.Gauge("g", "").Add(7, labels);
  out.Finish();
  EXPECT_EQ(Text(families), "# TYPE g gauge\ng{a=\"1\",b=\"2\"} 7\n");
}

TEST(FamilyWriter, AFamilyWithoutSamplesStaysDeclared) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  out.Gauge("g", "Help.");
  out.Finish();
  EXPECT_EQ(Text(families), "# HELP g Help.\n# TYPE g gauge\n");
}

TEST(FamilyWriter, RefillsASteadyListInPlace) {
  std::vector<MetricFamily> families;
  FillLoad(families, 1);
  const auto storage = Storage(families.at(0));
  FillLoad(families, 5);
  EXPECT_EQ(Storage(families.at(0)), storage);
  EXPECT_EQ(families.at(0).metric.at(1).gauge.value, 6);
}

TEST(FamilyWriter, KeepsTheStorageOfAFamilyWhenOneBeforeItComesAndGoes) {
  std::vector<MetricFamily> families;
  FillLoad(families, 1);
  const auto storage = Storage(families.at(0));
  for (const bool pressure : {true, false, true}) {
    FamilyWriter out(families);
    if (pressure) out.Gauge("pressure", "").Add(1);
    auto load = out.Gauge("load", "A help text that is too long to lie inside of a string object.");
    load.Add(1, {{"cpu", "a label value that is too long to lie inside of one"}, {"b", "c"}});
    load.Add(2, {{"cpu", "another value that is too long to lie inside of one"}, {"b", "d"}});
    out.Finish();
    ASSERT_EQ(families.size(), pressure ? 2 : 1);
    EXPECT_EQ(Storage(families.back()), storage);
  }
}

TEST(FamilyWriter, ShrinksToWhatWasAdded) {
  std::vector<MetricFamily> families;
  FillLoad(families, 1);
  {
    FamilyWriter out(families);
    out.Gauge("load", "").Add(3, {{"cpu", "0"}});
    out.Finish();
  }
  EXPECT_EQ(Text(families), "# TYPE load gauge\nload{cpu=\"0\"} 3\n");

  FamilyWriter(families).Finish();
  EXPECT_TRUE(families.empty());
}

TEST(FamilyWriter, FollowsANewOrder) {
  std::vector<MetricFamily> families;
  for (const auto& names : {std::vector{"a", "b", "c"}, std::vector{"c", "d", "a"}}) {
    FamilyWriter out(families);
    for (const char* name : names) out.Gauge(name, "").Add(1);
    out.Finish();
  }
  EXPECT_THAT(Names(families), ElementsAre("c", "d", "a"));
}

TEST(FamilyWriter, MergesFamiliesOfOneName) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  auto first = out.Counter("c_total", "First.");
  out.Gauge("g", "").Add(0);
  auto second = out.Counter("c_total", "Second.");
  first.Add(1, {{"from", "first"}});
  second.Add(2, {{"from", "second"}});
  out.Finish();
  EXPECT_EQ(out.TakeConflict(), "");
  EXPECT_EQ(Text(families),
            "# HELP c_total First.\n# TYPE c_total counter\n"
            "c_total{from=\"first\"} 1\nc_total{from=\"second\"} 2\n"
            "# TYPE g gauge\ng 0\n");
}

TEST(FamilyWriter, DropsTheSamplesOfASecondType) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  out.Counter("x", "").Add(1);
  out.Gauge("x", "").Add(2);
  out.Append(ListOf(HistogramFamily("x")));
  out.Finish();
  EXPECT_EQ(Text(families), "# TYPE x counter\nx 1\n");
  EXPECT_EQ(out.TakeConflict(), "x is a counter and a gauge; x is a counter and a histogram");
  EXPECT_EQ(out.TakeConflict(), "");
}

TEST(FamilyWriter, AppendsForeignFamiliesOfAnyType) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  out.Gauge("g", "").Add(1);
  out.Append(ListOf(HistogramFamily("h")));
  out.Append(ListOf(SummaryFamily("s")));
  out.Append(ListOf({"u", "", MetricType::Untyped, {ClientMetric{}}}));
  out.Finish();
  EXPECT_EQ(Text(families),
            "# TYPE g gauge\ng 1\n"
            "# HELP h A histogram.\n# TYPE h histogram\n"
            "h_count{path=\"/\"} 3 1234\nh_sum{path=\"/\"} 1.5 1234\n"
            "h_bucket{path=\"/\",le=\"0.5\"} 2 1234\nh_bucket{path=\"/\",le=\"+Inf\"} 3 1234\n"
            "# HELP s A summary.\n# TYPE s summary\n"
            "s_count 2\ns_sum 0.5\ns{quantile=\"0.5\"} 0.25\n"
            "# TYPE u untyped\nu 0\n");
}

TEST(FamilyWriter, AppendMergesIntoADeclaredFamily) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  auto gauge = out.Gauge("g", "Ours.");
  gauge.Add(1, {{"n", "1"}});
  ClientMetric metric;
  metric.label = {{"n", "2"}};
  metric.gauge.value = 2;
  out.Append(ListOf({"g", "Theirs.", MetricType::Gauge, {metric}}));
  gauge.Add(3, {{"n", "3"}});
  out.Finish();
  EXPECT_EQ(Text(families),
            "# HELP g Ours.\n# TYPE g gauge\ng{n=\"1\"} 1\ng{n=\"2\"} 2\ng{n=\"3\"} 3\n");
}

// The sample of a gauge written to where the only sample of `former` was.
ClientMetric RecycledSample(MetricFamily former) {
  std::vector<MetricFamily> families = ListOf(std::move(former));
  FamilyWriter out(families);
  out.Gauge(families.at(0).name, "").Add(1);
  out.Finish();
  return families.at(0).metric.at(0);
}

TEST(FamilyWriter, RecycledSamplesHoldNoFormerHistogram) {
  const ClientMetric sample = RecycledSample(HistogramFamily("x"));
  EXPECT_TRUE(sample.histogram.bucket.empty());
  EXPECT_EQ(sample.histogram.sample_count, 0);
  EXPECT_EQ(sample.histogram.sample_sum, 0);
  EXPECT_EQ(sample.timestamp_ms, 0);
  EXPECT_TRUE(sample.label.empty());
}

TEST(FamilyWriter, RecycledSamplesHoldNoFormerSummary) {
  const ClientMetric sample = RecycledSample(SummaryFamily("x"));
  EXPECT_TRUE(sample.summary.quantile.empty());
  EXPECT_EQ(sample.summary.sample_count, 0);
  EXPECT_EQ(sample.summary.sample_sum, 0);
}

TEST(FamilyWriter, RecycledSamplesHoldNoFormerTimestampOrValue) {
  std::vector<MetricFamily> families;
  ClientMetric metric;
  metric.gauge.value = 7;
  metric.timestamp_ms = 1234;
  families.push_back({"x", "", MetricType::Gauge, {metric}});
  FamilyWriter out(families);
  out.Counter("x", "").Add(1);
  out.Finish();
  EXPECT_EQ(families.at(0).metric.at(0).timestamp_ms, 0);
  EXPECT_EQ(families.at(0).metric.at(0).gauge.value, 0);
  EXPECT_EQ(Text(families), "# TYPE x counter\nx 1\n");
}

}  // namespace
}  // namespace procmarshal
