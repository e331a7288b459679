#include "exporter/web/metrics_page.h"

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "exporter/web/gzip.h"

namespace procmarshal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr TextFormat kText = TextFormat::kPrometheus;
constexpr TextFormat kOpenMetrics = TextFormat::kOpenMetrics;

// With one gauge that says which it is.
Snapshot SnapshotOf(std::uint64_t sequence) {
  ClientMetric metric;
  metric.gauge.value = static_cast<double>(sequence);
  Snapshot snapshot;
  snapshot.sequence = sequence;
  snapshot.families = {{"sequence", "", MetricType::Gauge, {metric}}};
  return snapshot;
}

std::string PageOf(std::uint64_t sequence) {
  return "# TYPE sequence gauge\nsequence " + std::to_string(sequence) + "\n";
}

TEST(MetricsPage, MakesTheFourFormsOfAPage) {
  MetricsPage page;
  const Snapshot snapshot = SnapshotOf(1);
  EXPECT_EQ(*page.Get(snapshot, kText, false), PageOf(1));
  EXPECT_EQ(*page.Get(snapshot, kOpenMetrics, false), PageOf(1) + "# EOF\n");
  EXPECT_EQ(*page.Get(snapshot, kText, true), Gzip(PageOf(1)));
  EXPECT_EQ(*page.Get(snapshot, kOpenMetrics, true), Gzip(PageOf(1) + "# EOF\n"));
}

void ExpectMadeOnce(TextFormat format, bool gzip) {
  MetricsPage page;
  const auto first = page.Get(SnapshotOf(1), format, gzip);
  EXPECT_EQ(page.Get(SnapshotOf(1), format, gzip), first);
  // Does not even look at the families again.
  Snapshot empty;
  empty.sequence = 1;
  EXPECT_EQ(page.Get(empty, format, gzip), first);
}

TEST(MetricsPage, MakesEachFormOnce) {
  ExpectMadeOnce(kText, false);
  ExpectMadeOnce(kText, true);
  ExpectMadeOnce(kOpenMetrics, false);
  ExpectMadeOnce(kOpenMetrics, true);
}

TEST(MetricsPage, MakesThePlainFormAfterTheCompressedOne) {
  MetricsPage page;
  const Snapshot snapshot = SnapshotOf(1);
  EXPECT_EQ(*page.Get(snapshot, kText, true), Gzip(PageOf(1)));
  EXPECT_EQ(*page.Get(snapshot, kText, false), PageOf(1));
}

TEST(MetricsPage, ANewSnapshotGetsNewBytes) {
  MetricsPage page;
  const auto old = page.Get(SnapshotOf(1), kText, false);
  EXPECT_EQ(*page.Get(SnapshotOf(2), kText, false), PageOf(2));
  EXPECT_EQ(*old, PageOf(1));
}

TEST(MetricsPage, ASlowReaderOfAnOldSnapshotGetsItsOwnBytes) {
  MetricsPage page;
  const auto newest = page.Get(SnapshotOf(2), kText, false);
  EXPECT_EQ(*page.Get(SnapshotOf(1), kText, false), PageOf(1));
  EXPECT_EQ(page.Get(SnapshotOf(2), kText, false), newest);
}

TEST(MetricsPage, DropsTheBytesOfAnOldSnapshot) {
  MetricsPage page;
  const std::weak_ptr<const std::string> old = page.Get(SnapshotOf(1), kText, false);
  EXPECT_FALSE(old.expired());
  EXPECT_NE(page.Get(SnapshotOf(2), kText, false), nullptr);
  EXPECT_TRUE(old.expired());
}

TEST(MetricsPage, HoldsLittleMoreMemoryThanTheBytes) {
  MetricsPage page;
  Snapshot snapshot;
  snapshot.families = {{"g", "", MetricType::Gauge, std::vector<ClientMetric>(50'000)}};
  while (++snapshot.sequence < 4) {
    const auto bytes = page.Get(snapshot, kText, false);
    EXPECT_LE(bytes->capacity(), bytes->size() + (bytes->size() / 4));
  }
}

// How often a scraper got other bytes than those of its snapshot. Scrapers of the same parity of
// `number` meet at the same sequence; the others are one behind or ahead.
int WrongPages(MetricsPage& page, std::uint64_t number) {
  int wrong = 0;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    const std::uint64_t sequence = i + (number % 2);
    const bool gzip = (i + (number / 2)) % 2 == 0;
    const std::string expected = gzip ? Gzip(PageOf(sequence)) : PageOf(sequence);
    if (*page.Get(SnapshotOf(sequence), kText, gzip) != expected) ++wrong;
  }
  return wrong;
}

TEST(MetricsPage, ServesManyThreads) {
  MetricsPage page;
  std::array<std::future<int>, 4> scrapers;
  for (std::uint64_t number = 0; number < scrapers.size(); ++number) {
    scrapers.at(number) =
        std::async(std::launch::async, [&page, number] { return WrongPages(page, number); });
  }
  for (std::future<int>& scraper : scrapers) EXPECT_EQ(scraper.get(), 0);
}

}  // namespace
}  // namespace procmarshal
