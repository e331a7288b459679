#include "collectors/process_columns.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/process_limits.h"
#include "tests/support/collect.h"
#include "tests/support/encode.h"
#include "tests/support/expand.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

ProcessReading FullReading() {
  ProcessReading reading;
  reading.key = {42, 7};
  reading.name = "nginx";
  reading.state = 'R';
  reading.nice = -5;
  reading.policy = 1;
  reading.realtime_priority = 10;
  reading.oom_score_adj = -100;
  reading.oom_score = 12;
  reading.has_oom_score = reading.has_io = reading.has_fds = true;
  reading.threads = 3;
  reading.start_time_seconds = 1700000000;
  reading.resident_bytes = 1000;
  reading.shared_bytes = 400;
  reading.virtual_bytes = 9000;
  reading.swap_bytes = 50;
  reading.open_fds = 25;
  reading.counters = {1.5, 2.5, 3, 4, 5, 6, 7, 8};
  reading.io = {21, 22, 23, 24, 25};
  return reading;
}

ProcessInfo FullInfo() {
  ProcessInfo info;
  info.user = "www-data";
  info.unit = "nginx.service";
  info.slice = "system.slice";
  info.container = "abc";
  info.pod = "pod1";
  return info;
}

// One of which everything is known but its limits.
Process Full() {
  Process process = MakeRow(FullReading());
  process.info = std::make_shared<const ProcessInfo>(FullInfo());
  process.group = std::make_shared<const std::string>("web");
  process.memory = {.pss_bytes = 700, .swap_pss_bytes = 30, .mappings = 60};
  process.cpu_ratio = 0.5;
  process.memory_ratio = 0.25;
  return process;
}

Process WithLimits(double soft, double hard) {
  Process process = Full();
  ProcessLimits limits{};
  limits.soft.fill(soft);
  limits.hard.fill(hard);
  ProcessInfo info = FullInfo();
  info.limits = std::make_shared<const ProcessLimits>(limits);
  process.info = std::make_shared<const ProcessInfo>(std::move(info));
  return process;
}

std::vector<MetricFamily> Write(const std::vector<const Process*>& processes) {
  Snapshot snapshot;
  snapshot.shown = processes;
  FamilyWriter out(snapshot.families);
  DeclareProcessFamilies(out);
  out.Finish();
  return Expand(snapshot);
}

// The page of one, with "*" for the labels that all its series have.
std::string Page(const Process& process) {
  constexpr std::string_view kCommon =
      R"(pid="42",name="nginx",user="www-data",groupname="web",unit="nginx.service",container="abc")";
  std::string page = Print(Write({&process}));
  for (auto at = page.find(kCommon); at != std::string::npos; at = page.find(kCommon)) {
    page.replace(at, kCommon.size(), "*");
  }
  return page;
}

std::size_t SamplesOf(const Process& process, std::string_view name) {
  const auto families = Write({&process});
  const auto found = std::ranges::find(families, name, &MetricFamily::name);
  return found == families.end() ? 0 : found->metric.size();
}

TEST(ProcessColumns, ShowEachValueOnce) {
  EXPECT_EQ(Page(Full()), R"(linux_process_cancelled_write_bytes_total{*} 25
linux_process_cpu_ratio{*} 0.5
linux_process_cpu_system_seconds_total{*} 2.5
linux_process_cpu_user_seconds_total{*} 1.5
linux_process_info{*,slice="system.slice",pod="pod1"} 1
linux_process_major_page_faults_total{*} 4
linux_process_memory_mappings{*} 60
linux_process_memory_proportional_bytes{*} 700
linux_process_memory_proportional_swap_bytes{*} 30
linux_process_memory_ratio{*} 0.25
linux_process_memory_resident_bytes{*} 1000
linux_process_memory_shared_bytes{*} 400
linux_process_memory_swap_bytes{*} 50
linux_process_memory_virtual_bytes{*} 9000
linux_process_minor_page_faults_total{*} 3
linux_process_nice{*} -5
linux_process_nonvoluntary_context_switches_total{*} 6
linux_process_oom_score_adj{*} -100
linux_process_oom_score{*} 12
linux_process_open_fds{*} 25
linux_process_read_bytes_total{*} 7
linux_process_read_chars_total{*} 21
linux_process_read_syscalls_total{*} 23
linux_process_realtime_priority{*} 10
linux_process_scheduling_policy{*,policy="fifo"} 1
linux_process_start_time_seconds{*} 1700000000
linux_process_state{*,state="R"} 1
linux_process_threads{*} 3
linux_process_voluntary_context_switches_total{*} 5
linux_process_write_bytes_total{*} 8
linux_process_write_chars_total{*} 22
linux_process_write_syscalls_total{*} 24
)");
}

TEST(ProcessColumns, LeaveOutWhatMayNotBeRead) {
  const Process process = Changed(Full(), [](ProcessReading& reading) {
    reading.has_oom_score = reading.has_io = reading.has_fds = false;
  });
  const std::string page = Page(process);
  for (const char* part : {"oom", "_read_", "write", "open_fds"}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
}

TEST(ProcessColumns, LeaveOutWhatIsNotKnownYet) {
  Process process = Full();
  process.cpu_ratio = kUnknown;
  process.memory = {};
  const std::string page = Page(process);
  for (const char* part : {"cpu_ratio", "proportional", "mappings", "limit"}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
}

TEST(ProcessColumns, ShowLimitsByName) {
  const std::string page = Page(WithLimits(100, 200));
  for (const std::string_view limit : kLimitNames) {
    EXPECT_THAT(page,
                HasSubstr(fmt::format("linux_process_limit_soft{{*,limit=\"{}\"}} 100\n", limit)));
    EXPECT_THAT(page,
                HasSubstr(fmt::format("linux_process_limit_hard{{*,limit=\"{}\"}} 200\n", limit)));
  }
}

TEST(ProcessColumns, ShowHowMuchOfALimitIsUsed) {
  const std::string page = Page(WithLimits(100, 200));
  EXPECT_THAT(page, HasSubstr("linux_process_limit_used_ratio{*,limit=\"nofile\"} 0.25\n"));
  EXPECT_THAT(page, HasSubstr("linux_process_limit_used_ratio{*,limit=\"as\"} 90\n"));
  EXPECT_EQ(SamplesOf(WithLimits(100, 200), "linux_process_limit_used_ratio"), 8U);
}

TEST(ProcessColumns, ShowWhatIsUnlimitedAsInfinity) {
  const Process process = WithLimits(100, kInfinity);
  EXPECT_THAT(Encode(Write({&process}), TextFormat::kPrometheus),
              HasSubstr("container=\"abc\",limit=\"nofile\"} +Inf\n"));
  EXPECT_EQ(SamplesOf(WithLimits(kInfinity, kInfinity), "linux_process_limit_used_ratio"), 0U);
}

TEST(ProcessColumns, LeaveOutLimitsThatTheKernelLacks) {
  const Process process = WithLimits(kUnknown, 200);
  EXPECT_EQ(SamplesOf(process, "linux_process_limit_soft"), 0U);
  EXPECT_EQ(SamplesOf(process, "linux_process_limit_hard"), kLimitNames.size());
}

TEST(ProcessColumns, NameThePolicies) {
  const std::map<int, std::string> names = {
      {0, "other"}, {1, "fifo"},     {2, "rr"},  {3, "batch"},   {4, "iso"},
      {5, "idle"},  {6, "deadline"}, {7, "ext"}, {8, "unknown"}, {255, "unknown"}};
  for (const auto& [policy, name] : names) {
    const Process process = Changed(Full(), [number = policy](ProcessReading& reading) {
      reading.policy = static_cast<std::uint8_t>(number);
    });
    EXPECT_THAT(Page(process), HasSubstr("{*,policy=\"" + name + "\"} 1\n"));
  }
}

TEST(ProcessColumns, HaveNoGroupNameOutsideOfGroups) {
  Process process = Full();
  process.group = nullptr;
  EXPECT_THAT(Page(process), HasSubstr("user=\"www-data\",groupname=\"\",unit="));
}

TEST(ProcessColumns, StandAnyPidAndName) {
  const Process process = Changed(Full(), [](ProcessReading& reading) {
    reading.key.pid = std::numeric_limits<pid_t>::min();
    reading.name = "a\"} 1\nup 0";
  });
  const Process plain = Full();
  const std::string page = Encode(Write({&process}), TextFormat::kPrometheus);
  EXPECT_THAT(page, HasSubstr(R"(nice{pid="-2147483648",name="a\"} 1\nup 0",user=)"));
  EXPECT_EQ(std::ranges::count(page, '\n'),
            std::ranges::count(Encode(Write({&plain}), TextFormat::kPrometheus), '\n'));
}

TEST(ProcessColumns, AreSideBySideInTheirFamily) {
  std::set<std::string_view> names;
  std::string_view last;
  for (const ProcessColumn& column : ProcessColumns()) {
    if (column.name == last) continue;
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    last = column.name;
  }
}

TEST(ProcessColumns, AreAlikeInTheirFamily) {
  std::map<std::string_view, const ProcessColumn*> first;
  for (const ProcessColumn& column : ProcessColumns()) {
    const ProcessColumn& known = *first.try_emplace(column.name, &column).first->second;
    EXPECT_EQ(column.help, known.help) << column.name;
    EXPECT_EQ(column.type, known.type) << column.name;
    EXPECT_EQ(column.extra, known.extra) << column.name;
  }
}

// As promtool wants them.
TEST(ProcessColumns, HaveCleanNames) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz_";
  for (const ProcessColumn& column : ProcessColumns()) {
    EXPECT_TRUE(column.name.starts_with("linux_process_")) << column.name;
    EXPECT_EQ(column.name.find_first_not_of(kLetters), std::string_view::npos) << column.name;
    EXPECT_EQ(column.name.ends_with("_total"), column.type == MetricType::Counter) << column.name;
    EXPECT_TRUE(column.help.ends_with('.')) << column.name;
  }
}

TEST(ProcessColumns, AreAllThereIsOfAProcess) {
  const Process process = WithLimits(100, 200);
  std::size_t series = 0;
  for (const MetricFamily& family : Write({&process})) series += family.metric.size();
  EXPECT_EQ(series, ProcessColumns().size());
}

TEST(ProcessLabels, ForgetTheExtraOnesOfTheSeriesBefore) {
  const Process process = Full();
  ProcessLabels labels(process);
  EXPECT_EQ(labels.All().size(), ProcessLabels::kCommon);
  labels.SetExtra(ExtraLabels{{{"a", "1"}, {"b", "2"}}});
  EXPECT_EQ(labels.All().size(), ProcessLabels::kMost);
  labels.SetExtra(ExtraLabels{{{"c", "3"}, {}}});
  ASSERT_EQ(labels.All().size(), ProcessLabels::kCommon + 1);
  EXPECT_EQ(labels.All().back().name, "c");
  labels.SetExtra({});
  EXPECT_EQ(labels.All().size(), ProcessLabels::kCommon);
}

TEST(ProcessColumns, KeepProcessesApart) {
  const Process first = Full();
  const Process second = Changed(Full(), [](ProcessReading& reading) { reading.key.pid = 43; });
  const auto families = Write({&first, &second});
  const auto nice = std::ranges::find(families, "linux_process_nice", &MetricFamily::name);
  ASSERT_NE(nice, families.end());
  ASSERT_EQ(nice->metric.size(), 2U);
  EXPECT_EQ(nice->metric[0].label.front().value, "42");
  EXPECT_EQ(nice->metric[1].label.front().value, "43");
}

TEST(ProcessColumns, AreFoundByTheirFamily) {
  std::size_t columns = 0;
  for (const MetricFamily& family : Write({})) {
    for (const ProcessColumn& column : ProcessColumnsOf(family.name)) {
      EXPECT_EQ(column.name, family.name);
      EXPECT_EQ(column.type, family.type);
      ++columns;
    }
  }
  EXPECT_EQ(columns, ProcessColumns().size());
  EXPECT_TRUE(ProcessColumnsOf("node_load1").empty());
  EXPECT_TRUE(ProcessColumnsOf("").empty());
}

}  // namespace
}  // namespace procmarshal::testing
