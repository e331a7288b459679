#include "exporter/web/negotiate.h"

#include <gtest/gtest.h>

#include <string>

namespace procmarshal {
namespace {

constexpr TextFormat kText = TextFormat::kPrometheus;
constexpr TextFormat kOpenMetrics = TextFormat::kOpenMetrics;

TEST(NegotiateFormat, GivesPrometheusWhatItPrefers) {
  // Prometheus 2.42.
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;version=1.0.0,"
                            "application/openmetrics-text;version=0.0.1;q=0.75,"
                            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            kOpenMetrics);
  // Prometheus 3.
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                            "application/openmetrics-text;version=0.0.1;q=0.5,"
                            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                            "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
            kOpenMetrics);
  // Prometheus with native histograms: protobuf first, which we do not have.
  EXPECT_EQ(
      NegotiateFormat("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                      "encoding=delimited;q=0.6,"
                      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                      "application/openmetrics-text;version=0.0.1;q=0.4,"
                      "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                      "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"),
      kOpenMetrics);
  // Prometheus 3 with scrape_protocols: [PrometheusText0.0.4].
  EXPECT_EQ(NegotiateFormat("text/plain;version=0.0.4;q=0.2,*/*;q=0.1"), kText);
  // Prometheus before 2.5.
  EXPECT_EQ(NegotiateFormat("text/plain;version=0.0.4;q=1,*/*;q=0.1"), kText);
}

TEST(NegotiateFormat, GivesTextToEverybodyElse) {
  EXPECT_EQ(NegotiateFormat(""), kText);
  EXPECT_EQ(NegotiateFormat("*/*"), kText);
  EXPECT_EQ(NegotiateFormat("application/*"), kText);
  EXPECT_EQ(NegotiateFormat("application/json"), kText);
  EXPECT_EQ(NegotiateFormat("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
                            "image/webp,image/apng,*/*;q=0.8,"
                            "application/signed-exchange;v=b3;q=0.7"),
            kText);
}

TEST(NegotiateFormat, KnowsVersionsOfOpenMetrics) {
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text"), kOpenMetrics);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text; version=0.0.1"), kOpenMetrics);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text; version=\"1.0.0\""), kOpenMetrics);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text; version=2.0.0"), kText);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text; version=1.0.0; charset=utf-8"),
            kOpenMetrics);
}

TEST(NegotiateFormat, TheHigherQualityWins) {
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;q=0.4,text/plain;q=0.5"), kText);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;q=0.4,text/*;q=0.5"), kText);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;q=0.5,text/plain;q=0.4"), kOpenMetrics);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;q=0"), kText);
}

TEST(NegotiateFormat, OpenMetricsWinsATie) {
  EXPECT_EQ(NegotiateFormat("text/plain,application/openmetrics-text"), kOpenMetrics);
  EXPECT_EQ(NegotiateFormat("*/*,application/openmetrics-text"), kOpenMetrics);
}

TEST(NegotiateFormat, TheMoreSpecificEntryDecides) {
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;q=0.5,text/plain;q=0.4,*/*"),
            kOpenMetrics);
  EXPECT_EQ(NegotiateFormat("application/openmetrics-text;q=0.5,text/*;q=0,*/*"), kOpenMetrics);
}

TEST(NegotiateFormat, IgnoresCaseAndSpace) {
  EXPECT_EQ(NegotiateFormat(" Application/OpenMetrics-Text ; Version = 1.0.0 ; Q = 0.5 "),
            kOpenMetrics);
}

TEST(NegotiateFormat, GarbageGetsText) {
  for (const char* garbage :
       {",", ";", ";;q=", "q=1", "\"", "text", "/", ",,,;=;=,", "\xFF\xFE",
        "application/openmetrics-text;q=x",
        "application/openmetrics-text;q=", "application/openmetrics-text;q=2",
        "application/openmetrics-text;q=-1", "application/openmetrics-text;q=nan",
        "application/openmetrics-textual", "application/openmetrics-text;version=\""}) {
    EXPECT_EQ(NegotiateFormat(garbage), kText) << garbage;
  }
  EXPECT_EQ(NegotiateFormat(std::string(16'384, ',')), kText);
}

TEST(ContentType, NamesTheFormat) {
  EXPECT_EQ(ContentType(kText), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ContentType(kOpenMetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(AcceptsGzip, WhoAsksGetsIt) {
  EXPECT_TRUE(AcceptsGzip("gzip"));
  EXPECT_TRUE(AcceptsGzip("gzip, deflate, br, zstd"));
  EXPECT_TRUE(AcceptsGzip("deflate, GZip;q=0.5"));
  EXPECT_TRUE(AcceptsGzip("x-gzip"));
  EXPECT_TRUE(AcceptsGzip("*"));
  EXPECT_TRUE(AcceptsGzip("gzip;q=0.001, *;q=0"));
}

TEST(AcceptsGzip, NobodyElseDoes) {
  for (const char* header : {"", "identity", "deflate, br", "gzip;q=0", "gzip; q=0.000",
                             "gzip;q=0,*", "*;q=0", "gzipped", "gzip;q=x", ",;,"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

}  // namespace
}  // namespace procmarshal
