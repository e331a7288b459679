#include "collectors/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "collectors/text_encoder.h"
#include "tests/support/collect.h"
#include "tests/support/fake_host.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// A collector that does what the test says.
class Scripted final : public Collector {
 public:
  explicit Scripted(std::function<Status(FamilyWriter&)> collect) : collect_(std::move(collect)) {}
  Status Collect(FamilyWriter& out) override { return collect_(out); }

 private:
  std::function<Status(FamilyWriter&)> collect_;
};

Sampler::Plan PlanOf(const std::string& name, std::function<Status(FamilyWriter&)> collect) {
  Sampler::Plan plan;
  plan.collectors.push_back({name, std::make_unique<Scripted>(std::move(collect))});
  return plan;
}

void AskFromManyThreads(Sampler& sampler) {
  std::array<std::jthread, 8> callers;
  for (auto& caller : callers) {
    caller = std::jthread([&] { (void)sampler.Get(seconds(1)); });
  }
}

// One that must see what all others wrote.
class Last final : public Collector {
 public:
  Status Collect(FamilyWriter& out) override {
    const bool sees_all = out.TypeOf("mine") && out.TypeOf("procmarshal_samples_total");
    out.Gauge("sees_all", "").Add(sees_all ? 1 : 0);
    return {};
  }
  [[nodiscard]] bool RunsLast() const override { return true; }
};

TEST(Sampler, RunsACollectorLastThatWantsToSeeAll) {
  FakeHost host(0);
  auto plan = PlanOf("z", [](FamilyWriter& out) -> Status {
    out.Gauge("mine", "").Add(1);
    return {};
  });
  plan.collectors.insert(plan.collectors.begin(), {"a", std::make_unique<Last>()});
  host.sampler->Configure(std::move(plan));
  EXPECT_THAT(Print(host.sampler->Sample(SampleKind::kScheduled)->families),
              HasSubstr("sees_all 1\n"));
}

TEST(Sampler, GivesAllThatWantOneTheSameSnapshot) {
  FakeHost host(3);
  AskFromManyThreads(*host.sampler);
  EXPECT_EQ(host.source->Reads(), 1);
}

TEST(Sampler, TakesANewSampleWhenTheLatestIsOld) {
  FakeHost host(3);
  const auto first = host.sampler->Sample(SampleKind::kScheduled);
  host.clock.Advance(milliseconds(999));
  EXPECT_EQ(host.sampler->Get(seconds(1)), first);
  host.clock.Advance(milliseconds(1));
  const auto second = host.sampler->Get(seconds(1));
  EXPECT_NE(second, first);
  EXPECT_EQ(second->sequence, first->sequence + 1);
  EXPECT_EQ(host.sampler->Latest(), second);
}

TEST(Sampler, HasNothingBeforeTheFirstSample) {
  FakeHost host;
  EXPECT_EQ(host.sampler->Latest(), nullptr);
}

TEST(Sampler, LeavesAnOldSnapshotAsItWas) {
  FakeHost host(3);
  const auto old = host.sampler->Sample(SampleKind::kScheduled);
  host.source->Set(MakeReadings(500, 9));
  for (int i = 0; i < 5; ++i) (void)host.sampler->Sample(SampleKind::kScheduled);
  ASSERT_EQ(old->processes.size(), 3U);
  EXPECT_EQ(old->processes[0]->key.pid, 1);
}

TEST(Sampler, UsesTheStorageOfOldSnapshots) {
  FakeHost host(50);
  for (int i = 0; i < 3; ++i) (void)host.sampler->Sample(SampleKind::kScheduled);
  const Process* rows = host.sampler->Sample(SampleKind::kScheduled)->processes.data();
  (void)host.sampler->Sample(SampleKind::kScheduled);
  EXPECT_EQ(host.sampler->Sample(SampleKind::kScheduled)->processes.data(), rows);
}

TEST(Sampler, ShowsAFailedCollectorAndGoesOn) {
  FakeHost host(3);
  host.sampler->Configure(PlanOf("broken", [](FamilyWriter& out) -> Status {
    out.Gauge("half", "What it got so far.").Add(1);
    return Fail(ErrorCode::kUnavailable, "no such luck");
  }));
  const std::string page = Print(host.sampler->Sample(SampleKind::kScheduled)->families);
  EXPECT_THAT(page, HasSubstr("node_scrape_collector_success{collector=\"broken\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("half 1\n"));
  EXPECT_THAT(page, HasSubstr("node_scrape_collector_success{collector=\"namedprocess\"} 1\n"));
}

TEST(Sampler, CallsACollectorFailedThatContradictsAnother) {
  FakeHost host(3);
  host.sampler->Configure(PlanOf("liar", [](FamilyWriter& out) -> Status {
    out.Counter("same", "A.").Add(1);
    out.Gauge("same", "B.").Add(2);
    return {};
  }));
  const std::string page = Print(host.sampler->Sample(SampleKind::kScheduled)->families);
  EXPECT_THAT(page, HasSubstr("node_scrape_collector_success{collector=\"liar\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("same 1\n"));
  EXPECT_THAT(page, ::testing::Not(HasSubstr("same 2\n")));
}

// The names of the families that a collector added.
std::vector<std::string> FamiliesOf(const Snapshot& snapshot, std::string_view collector) {
  std::vector<std::string> names;
  const auto part = std::ranges::find(snapshot.parts, collector, &CollectorPart::collector);
  if (part == snapshot.parts.end()) return names;
  names.reserve(part->last - part->first);
  for (std::size_t i = part->first; i < part->last; ++i) names.push_back(snapshot.families[i].name);
  return names;
}

TEST(Sampler, KnowsWhatEachCollectorAdded) {
  FakeHost host(3);
  Sampler::Plan plan = PlanOf("first", [](FamilyWriter& out) -> Status {
    out.Gauge("one", "A.").Add(1);
    out.Gauge("two", "B.").Add(2);
    return {};
  });
  plan.collectors.push_back({"none", std::make_unique<Scripted>([](FamilyWriter&) -> Status {
                               return Fail(ErrorCode::kNotFound, "nothing here");
                             })});
  host.sampler->Configure(std::move(plan));
  for (int i = 0; i < 3; ++i) (void)host.sampler->Sample(SampleKind::kScheduled);
  const auto snapshot = host.sampler->Latest();
  ASSERT_EQ(snapshot->parts.size(), 4U);
  EXPECT_THAT(FamiliesOf(*snapshot, "first"), ElementsAre("one", "two"));
  EXPECT_THAT(FamiliesOf(*snapshot, "none"), IsEmpty());
  EXPECT_THAT(
      FamiliesOf(*snapshot, "namedprocess"),
      IsSupersetOf({"namedprocess_namegroup_num_procs", "linux_process_memory_resident_bytes"}));
  EXPECT_THAT(FamiliesOf(*snapshot, "registry"), Contains("procmarshal_processes"));
  EXPECT_EQ(snapshot->parts.front().first, 2U);  // behind node_scrape_collector_*
  EXPECT_EQ(snapshot->parts.back().last, snapshot->families.size());
}

TEST(Sampler, LeavesAFamilyOfTwoCollectorsWithTheFirst) {
  FakeHost host;
  const auto collect = [](FamilyWriter& out) -> Status {
    out.Gauge("shared", "A.").Add(1);
    return {};
  };
  Sampler::Plan plan = PlanOf("first", collect);
  plan.collectors.push_back({"second", std::make_unique<Scripted>(collect)});
  host.sampler->Configure(std::move(plan));
  const auto snapshot = host.sampler->Sample(SampleKind::kScheduled);
  EXPECT_THAT(FamiliesOf(*snapshot, "first"), ElementsAre("shared"));
  EXPECT_THAT(FamiliesOf(*snapshot, "second"), IsEmpty());
}

TEST(Sampler, HasNoGroupsWhenProcessesCannotBeRead) {
  FakeHost host(3);
  EXPECT_NE(
      FindFamily(*host.sampler->Sample(SampleKind::kScheduled), "namedprocess_namegroup_num_procs"),
      nullptr);
  host.source->Break("list processes: Input/output error");
  const auto snapshot = host.sampler->Sample(SampleKind::kScheduled);
  EXPECT_EQ(FindFamily(*snapshot, "namedprocess_namegroup_num_procs"), nullptr);
  EXPECT_TRUE(snapshot->processes.empty());
  EXPECT_THAT(Print(snapshot->families),
              HasSubstr("node_scrape_collector_success{collector=\"namedprocess\"} 0\n"));
}

TEST(Sampler, TakesInAForeignCollectable) {
  // Somebody else's metrics: all that is known of them is prometheus::Collectable.
  class Foreign final : public prometheus::Collectable {
   public:
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
      prometheus::MetricFamily family{"foreign_total", "Not ours.", prometheus::MetricType::Counter,
                                      std::vector<prometheus::ClientMetric>(1)};
      family.metric[0].counter.value = 42;
      family.metric[0].label.push_back({"who", "them"});
      return {family};
    }
  };
  FakeHost host;
  host.sampler->Add(std::make_shared<Foreign>());
  std::string page;
  EncodeText(host.sampler->Sample(SampleKind::kScheduled)->families, TextFormat::kOpenMetrics,
             page);
  EXPECT_THAT(page, HasSubstr("# HELP foreign Not ours.\n"));
  EXPECT_THAT(page, HasSubstr("\nforeign_total{who=\"them\"} 42\n"));
}

TEST(Sampler, SurvivesACollectableThatThrows) {
  class Throwing final : public prometheus::Collectable {
   public:
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
      throw std::runtime_error("not today");
    }
  };
  FakeHost host;
  host.sampler->Add(std::make_shared<Throwing>());
  EXPECT_THAT(Print(host.sampler->Sample(SampleKind::kScheduled)->families),
              HasSubstr("node_scrape_collector_success{collector=\"registry\"} 0\n"));
}

TEST(Sampler, OtherCallersDoNotWaitForACollectorThatHangs) {
  FakeHost host;
  const auto before = host.sampler->Sample(SampleKind::kScheduled);
  std::latch hangs(1);
  std::latch go_on(1);
  host.sampler->Configure(PlanOf("hanging", [&](FamilyWriter&) -> Status {
    hangs.count_down();
    go_on.wait();
    return {};
  }));
  {
    const std::jthread sampling([&] { (void)host.sampler->Sample(SampleKind::kScheduled); });
    hangs.wait();
    EXPECT_EQ(host.sampler->Latest(), before);
    EXPECT_EQ(host.sampler->Get(milliseconds(0), milliseconds(10)), nullptr);
    host.sampler->Configure({});
    go_on.count_down();
  }
  EXPECT_NE(host.sampler->Get(milliseconds(0)), nullptr);
}

TEST(Sampler, CountsItsSamplesByKind) {
  FakeHost host;
  (void)host.sampler->Sample(SampleKind::kScheduled);
  (void)host.sampler->Sample(SampleKind::kScheduled);
  (void)host.sampler->Get(hours(0));
  const std::string page = Print(host.sampler->Latest()->families);
  EXPECT_THAT(page, HasSubstr("procmarshal_samples_total{kind=\"scheduled\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("procmarshal_samples_total{kind=\"on_demand\"} 1\n"));
}

TEST(Sampler, TimesItsSamples) {
  FakeHost host;
  host.sampler->Configure(PlanOf("slow", [&](FamilyWriter&) -> Status {
    host.clock.Advance(seconds(3));
    return {};
  }));
  (void)host.sampler->Sample(SampleKind::kScheduled);
  const auto snapshot = host.sampler->Sample(SampleKind::kScheduled);
  const auto* duration = FindFamily(*snapshot, "procmarshal_sample_duration_seconds");
  ASSERT_NE(duration, nullptr);
  EXPECT_EQ(duration->metric.at(0).histogram.sample_count, 1U);  // of the first: this one goes on
  EXPECT_DOUBLE_EQ(duration->metric.at(0).histogram.sample_sum, 3);
  EXPECT_THAT(Print({*FindFamily(*snapshot, "node_scrape_collector_duration_seconds")}),
              HasSubstr("{collector=\"slow\"} 3\n"));
}

// Uses all of a snapshot that a reader uses.
double Sum(const Snapshot& snapshot) {
  double sum = 0;
  for (const Process& process : snapshot.processes) {
    sum += process->counters.cpu_user_seconds + static_cast<double>(process.info->user.size());
  }
  return sum;
}

// Reads new snapshots, and one that is held while the samples go on.
void ReadUntil(const std::atomic<bool>& done, Sampler& sampler) {
  const SnapshotPtr held = sampler.Get(seconds(1));
  const double before = Sum(*held);
  while (!done) {
    EXPECT_GE(Sum(*sampler.Get(milliseconds(0))), 0);
    EXPECT_EQ(Sum(*held), before);
  }
}

// Processes come and go while readers hold snapshots, old and new; for ThreadSanitizer above all.
TEST(Sampler, StandsChurnAndReaders) {
  FakeHost host(200);
  std::atomic<bool> done = false;
  std::array<std::jthread, 3> readers;
  for (auto& reader : readers) {
    reader = std::jthread([&] { ReadUntil(done, *host.sampler); });
  }
  for (pid_t round = 0; round < 60; ++round) {
    host.source->Set(MakeReadings(1 + (round * 37 % 500), 100 + static_cast<std::size_t>(round)));
    host.clock.Advance(seconds(1));
    EXPECT_GE(host.sampler->Sample(SampleKind::kScheduled)->processes.size(), 100U);
  }
  done = true;
}

}  // namespace
}  // namespace procmarshal::testing
