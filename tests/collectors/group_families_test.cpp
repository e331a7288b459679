#include "collectors/group_families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collectors/group_table.h"
#include "collectors/text_encoder.h"
#include "tests/support/collect.h"
#include "tests/support/encode.h"

namespace procmarshal::testing {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;

constexpr WallTime kNow{std::chrono::seconds(100)};
constexpr GroupFamilies kAll{.smaps = true, .threads = true};

std::shared_ptr<const std::string> Name(std::string name) {
  return std::make_shared<const std::string>(std::move(name));
}

// One of which each number is another.
Group Web() {
  Group group;
  group.name = Name("web");
  group.counters = {1.5, 2.5, 5, 6, 14, 15, 3, 4};
  group.processes = 7;
  group.threads = 8;
  group.resident_bytes = 9;
  group.resident_max_bytes = 16;
  group.virtual_bytes = 10;
  group.swap_bytes = 11;
  group.pss_bytes = 17;
  group.swap_pss_bytes = 18;
  group.open_fds = 12;
  group.open_fds_max = 19;
  group.worst_fd_ratio = 0.25;
  group.cpu_ratio = 0.5;
  group.cpu_max_ratio = 0.375;
  group.oldest_start_time_seconds = 13;
  group.start_time_seconds_sum = 680;
  group.states = {1, 2, 3, 4, 5};
  return group;
}

Group WithThreads() {
  Group group = Web();
  ThreadGroup worker;
  worker.name = "worker";
  worker.threads = 2;
  worker.counters = {1, 2, 3, 4, 5, 6, 7, 8};
  worker.last_alive = BootTime(std::chrono::seconds(1));
  ThreadGroup other;
  other.name = "other";  // never had one
  group.thread_groups = {worker, other};
  group.wait_channels.push_back({"do_wait", 3});
  return group;
}

std::vector<MetricFamily> Write(const std::vector<Group>& groups, const GroupFamilies& wanted) {
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  WriteGroups(groups, kNow, wanted, out);
  out.Finish();
  return families;
}

// The samples of which the name begins so.
std::string Lines(const std::vector<Group>& groups, const GroupFamilies& wanted,
                  std::string_view prefix) {
  std::vector<MetricFamily> families = Write(groups, wanted);
  std::erase_if(families,
                [&](const MetricFamily& family) { return !family.name.starts_with(prefix); });
  return Print(families);
}

TEST(GroupFamilies, HaveProcessExportersNames) {
  EXPECT_EQ(
      Lines({Web()}, {}, "namedprocess_"),
      R"(namedprocess_namegroup_context_switches_total{groupname="web",ctxswitchtype="nonvoluntary"} 15
namedprocess_namegroup_context_switches_total{groupname="web",ctxswitchtype="voluntary"} 14
namedprocess_namegroup_cpu_seconds_total{groupname="web",mode="system"} 2.5
namedprocess_namegroup_cpu_seconds_total{groupname="web",mode="user"} 1.5
namedprocess_namegroup_major_page_faults_total{groupname="web"} 6
namedprocess_namegroup_memory_bytes{groupname="web",memtype="resident"} 9
namedprocess_namegroup_memory_bytes{groupname="web",memtype="swapped"} 11
namedprocess_namegroup_memory_bytes{groupname="web",memtype="virtual"} 10
namedprocess_namegroup_minor_page_faults_total{groupname="web"} 5
namedprocess_namegroup_num_procs{groupname="web"} 7
namedprocess_namegroup_num_threads{groupname="web"} 8
namedprocess_namegroup_oldest_start_time_seconds{groupname="web"} 13
namedprocess_namegroup_open_filedesc{groupname="web"} 12
namedprocess_namegroup_read_bytes_total{groupname="web"} 3
namedprocess_namegroup_states{groupname="web",state="Other"} 5
namedprocess_namegroup_states{groupname="web",state="Running"} 1
namedprocess_namegroup_states{groupname="web",state="Sleeping"} 2
namedprocess_namegroup_states{groupname="web",state="Waiting"} 3
namedprocess_namegroup_states{groupname="web",state="Zombie"} 4
namedprocess_namegroup_worst_fd_ratio{groupname="web"} 0.25
namedprocess_namegroup_write_bytes_total{groupname="web"} 4
)");
}

TEST(GroupFamilies, HaveSomeThatProcessExporterLacks) {
  EXPECT_EQ(Lines({Web()}, {}, "linux_group_"),
            R"(linux_group_age_max_seconds{groupname="web"} 87
linux_group_age_seconds{groupname="web"} 20
linux_group_cpu_max_ratio{groupname="web"} 0.375
linux_group_cpu_ratio{groupname="web"} 0.5
linux_group_memory_resident_bytes{groupname="web"} 9
linux_group_memory_resident_max_bytes{groupname="web"} 16
linux_group_open_fds{groupname="web"} 12
linux_group_open_max_fds{groupname="web"} 19
)");
}

TEST(GroupFamilies, HaveProportionalMemoryWhereItIsRead) {
  const std::string lines = Lines({Web()}, {.smaps = true}, "namedprocess_namegroup_memory_bytes");
  EXPECT_THAT(lines, HasSubstr(R"({groupname="web",memtype="proportionalResident"} 17)"));
  EXPECT_THAT(lines, HasSubstr(R"({groupname="web",memtype="proportionalSwapped"} 18)"));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 5);
}

TEST(GroupFamilies, HaveThreadsByName) {
  EXPECT_EQ(
      Lines({WithThreads()}, {.threads = true}, "namedprocess_namegroup_thread_"),
      R"(namedprocess_namegroup_thread_context_switches_total{groupname="web",threadname="worker",ctxswitchtype="nonvoluntary"} 6
namedprocess_namegroup_thread_context_switches_total{groupname="web",threadname="worker",ctxswitchtype="voluntary"} 5
namedprocess_namegroup_thread_count{groupname="web",threadname="worker"} 2
namedprocess_namegroup_thread_cpu_seconds_total{groupname="web",threadname="worker",mode="system"} 2
namedprocess_namegroup_thread_cpu_seconds_total{groupname="web",threadname="worker",mode="user"} 1
namedprocess_namegroup_thread_io_bytes_total{groupname="web",threadname="worker",iomode="read"} 7
namedprocess_namegroup_thread_io_bytes_total{groupname="web",threadname="worker",iomode="write"} 8
namedprocess_namegroup_thread_major_page_faults_total{groupname="web",threadname="worker"} 4
namedprocess_namegroup_thread_minor_page_faults_total{groupname="web",threadname="worker"} 3
)");
}

TEST(GroupFamilies, HaveWhatThreadsWaitIn) {
  EXPECT_EQ(Lines({WithThreads()}, {.threads = true}, "namedprocess_namegroup_threads_wchan"),
            "namedprocess_namegroup_threads_wchan{groupname=\"web\",wchan=\"do_wait\"} 3\n");
}

TEST(GroupFamilies, HaveNoThreadsUnlessTheyAreRead) {
  EXPECT_EQ(Lines({WithThreads()}, {}, "namedprocess_namegroup_thread"), "");
}

TEST(GroupFamilies, HaveTheLimitsThatAreKnown) {
  Group group = Web();
  group.limits[GroupLimit::kNofile] = 0.25;
  group.limits[GroupLimit::kMaxMapCount] = 0.5;
  group.limits[GroupLimit::kMemoryMax] = 0.75;
  EXPECT_EQ(Lines({group}, {}, "linux_group_limit_"),
            R"(linux_group_limit_used_ratio{groupname="web",limit="memory.max"} 0.75
linux_group_limit_used_ratio{groupname="web",limit="nofile"} 0.25
linux_group_limit_used_ratio{groupname="web",limit="vm.max_map_count"} 0.5
)");
}

TEST(GroupFamilies, HaveThePlacesOfTheirProcesses) {
  Group group = Web();
  group.places.push_back({"a.service", "system.slice", "", "", 2});
  group.places.push_back({"", "kubepods.slice", "0123", "4567", 3});
  EXPECT_EQ(
      Lines({group}, {}, "linux_group_processes"),
      R"(linux_group_processes{groupname="web",unit="",slice="kubepods.slice",container="0123",pod="4567"} 3
linux_group_processes{groupname="web",unit="a.service",slice="system.slice",container="",pod=""} 2
)");
}

TEST(GroupFamilies, ShowAnEmptyGroupAsZeros) {
  Group group;
  group.name = Name("web");
  const std::string lines = Lines({group}, {}, "");
  EXPECT_THAT(lines, HasSubstr("namedprocess_namegroup_num_procs{groupname=\"web\"} 0\n"));
  EXPECT_THAT(lines, HasSubstr("linux_group_age_max_seconds{groupname=\"web\"} 0\n"));
  EXPECT_THAT(lines, HasSubstr("linux_group_age_seconds{groupname=\"web\"} 0\n"));
  EXPECT_THAT(lines, HasSubstr("oldest_start_time_seconds{groupname=\"web\"} 0\n"));
}

// The wall clock may be set back.
TEST(GroupFamilies, ShowNoNegativeAges) {
  Group group = Web();
  group.oldest_start_time_seconds = 101;
  group.start_time_seconds_sum = 7 * 101;
  const std::string lines = Lines({group}, {}, "linux_group_age");
  EXPECT_THAT(lines, HasSubstr("linux_group_age_max_seconds{groupname=\"web\"} 0\n"));
  EXPECT_THAT(lines, HasSubstr("linux_group_age_seconds{groupname=\"web\"} 0\n"));
}

TEST(GroupFamilies, AreCountersJustWhereTheirNamesSaySo) {
  for (const MetricFamily& family : Write({WithThreads()}, kAll)) {
    const bool is_total = family.name.ends_with("_total");
    EXPECT_EQ(family.type, is_total ? MetricType::Counter : MetricType::Gauge) << family.name;
    EXPECT_TRUE(family.help.ends_with('.')) << family.name;
  }
}

TEST(GroupFamilies, AreAsManySeriesAsTheBudgetReckons) {
  Group group = Web();
  group.limits.ratios.fill(0.5);
  const auto count = [](const Group& one) {
    std::size_t series = 0;
    for (const MetricFamily& family : Write({one}, kAll)) series += family.metric.size();
    return series;
  };
  EXPECT_EQ(count(group), GroupTable::kGroupSeries);
  group.thread_groups = WithThreads().thread_groups;
  EXPECT_EQ(count(group), GroupTable::kGroupSeries + GroupTable::kThreadSeries);
  group.wait_channels.push_back({"do_wait", 1});
  group.places.push_back({"a.service", "", "", "", 1});
  EXPECT_EQ(count(group), GroupTable::kGroupSeries + GroupTable::kThreadSeries + 2);
}

// Whatever a process calls itself, each sample stays one line that names it.
TEST(GroupFamilies, StandWhateverProcessesAreNamed) {
  const std::map<std::string, std::string> on_page = {
      {"", R"(groupname="")"},
      {"a\"} 1\nup 0", R"(groupname="a\"} 1\nup 0")"},
      {"back\\slash", R"(groupname="back\\slash")"},
      {"\xff\xfe", "groupname=\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"# HELP x", R"(groupname="# HELP x")"},
      {"{{.Comm}}", R"(groupname="{{.Comm}}")"},
      {std::string("nul\0nul", 7), std::string("groupname=\"nul\0nul\"", 19)}};
  const std::string plain = Encode(Write({Web()}, kAll), TextFormat::kPrometheus);
  for (const auto& [name, label] : on_page) {
    Group group = Web();
    group.name = Name(name);
    const std::string page = Encode(Write({group}, kAll), TextFormat::kPrometheus);
    EXPECT_THAT(page, HasSubstr("namedprocess_namegroup_num_procs{" + label + "} 7\n"));
    EXPECT_EQ(std::ranges::count(page, '\n'), std::ranges::count(plain, '\n')) << name;
  }
}

TEST(GroupFamilies, StandWhateverThreadsAndUnitsAreNamed) {
  Group group = WithThreads();
  group.thread_groups.front().name = "a\"\n";
  group.wait_channels.front().function = "b\"\n";
  group.places.push_back({"c\"\n", "", "", "", 1});
  const std::string page = Encode(Write({group}, kAll), TextFormat::kPrometheus);
  EXPECT_THAT(page, HasSubstr(R"(threadname="a\"\n"} 2)"));
  EXPECT_THAT(page, HasSubstr(R"(wchan="b\"\n"} 3)"));
  EXPECT_THAT(page, HasSubstr(R"(unit="c\"\n",slice="")"));
}

TEST(GroupFamilies, KeepGroupsApart) {
  Group other = Web();
  other.name = Name("db");
  other.processes = 1;
  EXPECT_EQ(Lines({Web(), other}, {}, "namedprocess_namegroup_num_procs"),
            "namedprocess_namegroup_num_procs{groupname=\"db\"} 1\n"
            "namedprocess_namegroup_num_procs{groupname=\"web\"} 7\n");
}

TEST(GroupFamilies, HaveNoSampleWithoutAGroup) {
  EXPECT_EQ(Lines({}, kAll, ""), "");
}

}  // namespace
}  // namespace procmarshal::testing
