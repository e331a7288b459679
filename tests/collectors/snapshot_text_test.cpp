#include "collectors/snapshot_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "collectors/process_columns.h"
#include "tests/support/encode.h"
#include "tests/support/expand.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Process Row(pid_t pid, std::string name) {
  ProcessReading reading;
  reading.key = {pid, 7};
  reading.name = std::move(name);
  reading.has_io = pid % 2 == 0;
  Process row = MakeRow(std::move(reading));
  ProcessLimits limits{};
  limits.soft.fill(std::numeric_limits<double>::infinity());
  limits.hard.fill(pid);
  ProcessInfo info;
  info.user = "größe\xff";
  info.slice = "a\\b.slice";
  info.limits = std::make_shared<const ProcessLimits>(limits);
  row.info = std::make_shared<const ProcessInfo>(std::move(info));
  row.cpu_ratio = 0.1 * pid;
  return row;
}

// Rows of processes that are all shown, between a family before and one after theirs.
class Host {
 public:
  Host() {
    snapshot_.processes = {Row(1, "init"), Row(2, "a\"} 1\nup 0"), Row(3, std::string("\0\xfe", 2)),
                           Row(4, std::string(100, 'x'))};
    for (const Process& row : snapshot_.processes) snapshot_.shown.push_back(&row);
    FamilyWriter out(snapshot_.families);
    out.Gauge("before", "A.").Add(1, {{"a", "b"}});
    DeclareProcessFamilies(out);
    out.Counter("after_total", "B.").Add(2);
    out.Finish();
  }

  Snapshot& Get() { return snapshot_; }
  [[nodiscard]] const Snapshot& Get() const { return snapshot_; }
  [[nodiscard]] std::string Text(TextFormat format) const {
    std::string text;
    EncodeSnapshot(snapshot_, format, text);
    return text;
  }

 private:
  Snapshot snapshot_;
};

TEST(SnapshotText, IsThatOfItsRowsAsFamilies) {
  Host host;
  for (const TextFormat format : {TextFormat::kPrometheus, TextFormat::kOpenMetrics}) {
    EXPECT_EQ(host.Text(format), Encode(Expand(host.Get()), format));
  }
}

TEST(SnapshotText, HasTheShownOnly) {
  Host host;
  host.Get().shown = {&host.Get().processes[1]};
  const std::string text = host.Text(TextFormat::kPrometheus);
  EXPECT_THAT(text, HasSubstr("linux_process_threads{pid=\"2\","));
  EXPECT_THAT(text, Not(HasSubstr("pid=\"1\"")));
  EXPECT_THAT(text, Not(HasSubstr("pid=\"3\"")));
}

TEST(SnapshotText, LeavesOutFamiliesWithoutSamples) {
  Host host;
  host.Get().shown.clear();
  const std::string text = host.Text(TextFormat::kOpenMetrics);
  EXPECT_THAT(text, Not(HasSubstr("linux_process_threads")));
  EXPECT_THAT(text, EndsWith("after_total 2\n# EOF\n"));
}

TEST(SnapshotText, IsAppended) {
  const Host host;
  std::string text = "first\n";
  EncodeSnapshot(host.Get(), TextFormat::kPrometheus, text);
  EXPECT_EQ(text, "first\n" + host.Text(TextFormat::kPrometheus));
}

// Two collectors beside the processes, as the sampler leaves them.
Snapshot InParts() {
  Snapshot snapshot;
  FamilyWriter out(snapshot.families);
  auto success = out.Gauge("node_scrape_collector_success", "S.");
  for (const char* name : {"load", "namedprocess", "cpu"}) success.Add(1, {{"collector", name}});
  out.Gauge("load1", "L.").Add(0.5);
  DeclareProcessFamilies(out);
  const std::size_t end = out.Size();
  out.Counter("cpu_total", "C.").Add(2);
  out.Finish();
  snapshot.parts = {{"load", 1, 2}, {"namedprocess", 2, end}, {"cpu", end, end + 1}};
  return snapshot;
}

std::string TextOf(const Snapshot& snapshot, const CollectorNames& only) {
  std::string text;
  EncodeSnapshot(snapshot, TextFormat::kOpenMetrics, text, &only);
  return text;
}

TEST(SnapshotText, OfSomeCollectorsHasTheirFamiliesOnly) {
  EXPECT_EQ(TextOf(InParts(), {"cpu", "load"}),
            "# HELP node_scrape_collector_success S.\n# TYPE node_scrape_collector_success gauge\n"
            "node_scrape_collector_success{collector=\"load\"} 1\n"
            "node_scrape_collector_success{collector=\"cpu\"} 1\n"
            "# HELP load1 L.\n# TYPE load1 gauge\nload1 0.5\n"
            "# HELP cpu C.\n# TYPE cpu counter\ncpu_total 2\n# EOF\n");
}

TEST(SnapshotText, OfSomeCollectorsHasTheProcesses) {
  Snapshot snapshot = InParts();
  snapshot.processes = {Row(1, "init")};
  snapshot.shown = {snapshot.processes.data()};
  const std::string text = TextOf(snapshot, {"namedprocess"});
  EXPECT_THAT(text, HasSubstr("linux_process_threads{pid=\"1\","));
  EXPECT_THAT(text, Not(HasSubstr("load")));
  EXPECT_THAT(TextOf(snapshot, {"load"}), Not(HasSubstr("linux_process")));
}

TEST(SnapshotText, OfNoCollectorIsEmpty) {
  EXPECT_EQ(TextOf(InParts(), {}), "# EOF\n");
}

}  // namespace
}  // namespace procmarshal::testing
