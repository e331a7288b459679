// What a sampler makes of its settings for processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/parse.h"
#include "collectors/sampler.h"
#include "tests/support/collect.h"
#include "tests/support/expand.h"
#include "tests/support/fake_host.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Sample(FakeHost& host, Sampler::Plan plan) {
  host.sampler->Configure(std::move(plan));
  (void)host.sampler->Sample(SampleKind::kScheduled);
  return Print(Expand(*host.sampler->Sample(SampleKind::kScheduled)));
}

std::size_t SeriesOfProcessesAndGroups(const std::string& page) {
  std::size_t count = 0;
  std::string_view rest = page;
  while (!rest.empty()) {
    const std::string_view line = TakeUntil(rest, '\n');
    for (const std::string_view start : {"linux_", "namedprocess_namegroup_"}) {
      if (line.starts_with(start)) ++count;
    }
  }
  return count;
}

TEST(SamplerProcesses, TellsTheSourceWhetherThreadsAreWanted) {
  FakeHost host(3);
  EXPECT_FALSE(host.source->ReadsThreads());
  Sampler::Plan plan;
  plan.processes.threads = true;
  EXPECT_THAT(Sample(host, plan), HasSubstr("num_procs"));
  EXPECT_TRUE(host.source->ReadsThreads());
}

TEST(SamplerProcesses, GroupsByTheMatcherOfThePlan) {
  FakeHost host(14);
  Sampler::Plan plan;
  GroupRule rule;
  rule.name = "all";
  plan.matcher = std::make_shared<const GroupMatcher>(GroupMatcher::Make({rule}).value());
  EXPECT_THAT(Sample(host, plan),
              HasSubstr("namedprocess_namegroup_num_procs{groupname=\"all\"} 14\n"));
}

TEST(SamplerProcesses, StaysWithinTheBudgetAndSaysWhatItLeavesOut) {
  FakeHost host(500);
  Sampler::Plan plan;
  plan.processes.all = true;
  plan.processes.series_budget = 1000;
  const std::string page = Sample(host, plan);
  EXPECT_LE(SeriesOfProcessesAndGroups(page), 1000U);
  EXPECT_GT(SeriesOfProcessesAndGroups(page), 300U);
  EXPECT_THAT(page, Not(HasSubstr("procmarshal_series_dropped_total{of=\"processes\"} 0\n")));
}

TEST(SamplerProcesses, LeavesOutNothingWhereThereIsRoom) {
  FakeHost host(20);
  Sampler::Plan plan;
  plan.processes.all = true;
  const std::string page = Sample(host, plan);
  EXPECT_THAT(page, HasSubstr("procmarshal_series_dropped_total{of=\"processes\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("procmarshal_series_dropped_total{of=\"groups\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("linux_process_threads{pid=\"20\""));
}

TEST(SamplerProcesses, CountsAsProcessExporterDoes) {
  FakeHost host(3);
  host.source->Break("list processes: Input/output error");
  (void)host.sampler->Sample(SampleKind::kScheduled);
  const std::string page = Print(Expand(*host.sampler->Sample(SampleKind::kScheduled)));
  EXPECT_THAT(page, HasSubstr("namedprocess_scrape_errors 2\n"));
  EXPECT_THAT(page, HasSubstr("namedprocess_scrape_partial_errors 0\n"));
}

}  // namespace
}  // namespace procmarshal::testing
