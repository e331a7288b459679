#include "exporter/web/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/request.h"

namespace procmarshal::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

Snapshot MakeSnapshot() {
  Snapshot snapshot;
  snapshot.sequence = 1;
  snapshot.taken = BootTime(seconds(100));
  prometheus::MetricFamily family{"node_load1", "Load.", prometheus::MetricType::Gauge,
                                  std::vector<prometheus::ClientMetric>(1)};
  family.metric[0].gauge.value = 0.5;
  snapshot.families.push_back(family);
  return snapshot;
}

Request With(std::vector<std::pair<std::string, std::string>> headers) {
  return MakeRequest("GET", "/metrics", std::move(headers));
}

TEST(ShowMetrics, SpeaksThePrometheusFormat) {
  MetricsPage page;
  const Snapshot snapshot = MakeSnapshot();
  const Response response = ShowMetrics(With({}), &snapshot, page);
  EXPECT_EQ(response.code, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(*response.body, HasSubstr("node_load1 0.5\n"));
}

TEST(ShowMetrics, SpeaksOpenMetricsWhenAsked) {
  MetricsPage page;
  const Snapshot snapshot = MakeSnapshot();
  const Response response = ShowMetrics(
      With({{"accept", "application/openmetrics-text;version=1.0.0"}}), &snapshot, page);
  EXPECT_THAT(response.content_type, HasSubstr("application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(*response.body, ::testing::EndsWith("# EOF\n"));
}

TEST(ShowMetrics, CompressesWhenAsked) {
  MetricsPage page;
  const Snapshot snapshot = MakeSnapshot();
  const Response response = ShowMetrics(With({{"Accept-Encoding", "gzip"}}), &snapshot, page);
  EXPECT_THAT(response.headers, Contains(Pair("Content-Encoding", "gzip")));
  EXPECT_THAT(response.headers, Contains(Pair("Vary", "Accept, Accept-Encoding")));
  EXPECT_EQ(response.body->substr(0, 2), "\x1f\x8b");
}

Response Ask(std::string query, std::vector<std::pair<std::string, std::string>> headers = {}) {
  MetricsPage page;
  Snapshot snapshot = MakeSnapshot();
  snapshot.families.push_back({"node_forks_total", "Forks.", prometheus::MetricType::Counter,
                               std::vector<prometheus::ClientMetric>(1)});
  snapshot.parts = {{"loadavg", 0, 1}, {"stat", 1, 2}};
  Request request = With(std::move(headers));
  request.query = std::move(query);
  return ShowMetrics(request, &snapshot, page);
}

TEST(ShowMetrics, ShowsTheCollectorsThatAreWanted) {
  const Response response = Ask("collect[]=loadavg");
  EXPECT_EQ(response.code, 200);
  EXPECT_THAT(*response.body, HasSubstr("node_load1 0.5\n"));
  EXPECT_THAT(*response.body, Not(HasSubstr("node_forks_total")));
}

TEST(ShowMetrics, CompressesWhatIsWanted) {
  const Response response = Ask("exclude[]=stat", {{"Accept-Encoding", "gzip"}});
  EXPECT_THAT(response.headers, Contains(Pair("Content-Encoding", "gzip")));
  EXPECT_EQ(response.body->substr(0, 2), "\x1f\x8b");
}

TEST(ShowMetrics, RefusesAQueryInOneLine) {
  const Response response = Ask("collect[]=%0A%FF%1b[31m");
  EXPECT_EQ(response.code, 400);
  EXPECT_EQ(*response.body, "Refused: there is no collector \"\\n\xEF\xBF\xBD\\u001b[31m\"\n");
}

TEST(ShowLanding, SaysWhatThereIs) {
  const Snapshot snapshot = MakeSnapshot();
  const Response response = ShowLanding(&snapshot);
  EXPECT_EQ(response.code, 200);
  EXPECT_THAT(response.content_type, HasSubstr("text/html"));
  EXPECT_THAT(*response.body, HasSubstr("href=\"/metrics\""));
  EXPECT_THAT(*response.body, HasSubstr("0 processes"));
  EXPECT_EQ(ShowLanding(nullptr).code, 200);
}

TEST(ShowReady, IsReadyOnceThereIsASample) {
  const Snapshot snapshot;
  EXPECT_EQ(ShowReady(nullptr).code, 503);
  EXPECT_EQ(ShowReady(&snapshot).code, 200);
}

TEST(ShowMetrics, FailsWithoutASnapshot) {
  MetricsPage page;
  EXPECT_EQ(ShowMetrics(With({}), nullptr, page).code, 503);
}

TEST(ShowHealthy, FailsWhenSamplingHangs) {
  const auto f = [](seconds age) { return ShowHealthy(age, milliseconds(5000)).code; };
  EXPECT_EQ(f(seconds(0)), 200);
  EXPECT_EQ(f(seconds(25)), 200);
  EXPECT_EQ(f(seconds(26)), 503);
}

}  // namespace
}  // namespace procmarshal::testing
