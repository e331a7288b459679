#include "exporter/web/web_metrics.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/metric_value.h"

namespace procmarshal::testing {
namespace {

TEST(WebMetrics, ShowEveryReasonFromTheStart) {
  prometheus::Registry registry;
  const WebMetrics metrics(registry);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRefusedForCount; ++i) {
    const std::string_view name = Name(static_cast<RefusedFor>(i));
    EXPECT_EQ(ValueOf(registry, "procmarshal_http_refused_total", {{"reason", std::string(name)}}),
              0);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kRefusedForCount);
}

TEST(WebMetrics, CountOpenConnections) {
  prometheus::Registry registry;
  WebMetrics metrics(registry);
  metrics.Opened();
  metrics.Opened();
  metrics.Closed();
  EXPECT_EQ(ValueOf(registry, "procmarshal_http_connections", {}), 1);
  EXPECT_EQ(ValueOf(registry, "procmarshal_http_connections_total", {}), 2);
}

TEST(WebMetrics, CountAnswers) {
  prometheus::Registry registry;
  WebMetrics metrics(registry);
  metrics.Answered({.path = "/metrics",
                    .code = 200,
                    .duration = std::chrono::milliseconds(2),
                    .received = 100,
                    .sent = 5000});
  metrics.Answered({.path = "other", .code = 404, .duration = {}, .received = 1, .sent = 2});
  EXPECT_EQ(
      ValueOf(registry, "procmarshal_http_requests_total", {{"path", "/metrics"}, {"code", "200"}}),
      1);
  EXPECT_EQ(ValueOf(registry, "procmarshal_http_request_duration_seconds", {{"path", "/metrics"}}),
            1);
  EXPECT_EQ(ValueOf(registry, "procmarshal_http_received_bytes_total", {}), 101);
  EXPECT_EQ(ValueOf(registry, "procmarshal_http_sent_bytes_total", {}), 5002);
}

}  // namespace
}  // namespace procmarshal::testing
