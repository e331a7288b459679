#include "collectors/process_families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/collect.h"
#include "tests/support/fake_source.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Process> MakeRows(std::size_t count) {
  const auto readings = MakeReadings(1, count);
  std::vector<Process> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    static_cast<ProcessReading&>(rows[i]) = readings[i];
    rows[i].info = std::make_shared<ProcessInfo>();
  }
  return rows;
}

std::vector<pid_t> Pids(const std::vector<const Process*>& processes) {
  std::vector<pid_t> pids;
  pids.reserve(processes.size());
  for (const Process* process : processes) pids.push_back(process->key.pid);
  return pids;
}

TEST(TopProcesses, TakesTheBusiestAndTheLargest) {
  auto rows = MakeRows(6);
  rows[1].cpu_ratio = 0.9;
  rows[4].cpu_ratio = 0.5;
  rows[0].memory_ratio = 0.3;
  rows[4].memory_ratio = 0.2;
  EXPECT_EQ(Pids(TopProcesses(rows, 2)), (std::vector<pid_t>{1, 2, 5}));
  EXPECT_EQ(Pids(TopProcesses(rows, 0)), (std::vector<pid_t>{}));
  EXPECT_EQ(TopProcesses(rows, 100).size(), 6U);
  EXPECT_TRUE(TopProcesses({}, 5).empty());
}

TEST(TopProcesses, DoesNotChangeItsMindAmongEquals) {
  auto rows = MakeRows(300);
  const auto before = Pids(TopProcesses(rows, 10));
  rows[200].cpu_ratio = 0.5;
  auto after = Pids(TopProcesses(rows, 10));
  EXPECT_EQ(std::erase(after, 201), 1U);
  EXPECT_TRUE(std::ranges::includes(before, after));
}

std::string Write(const Process& process) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  const std::array chosen = {&process};
  WriteProcesses(chosen, out);
  out.Finish();
  return Print(families);
}

TEST(WriteProcesses, GivesEachProcessAllItsLabels) {
  Process process;
  process.key = {42, 7};
  process.name = "nginx";
  process.nice = -5;
  process.info = std::make_shared<ProcessInfo>(ProcessInfo{.command_line = "",
                                                           .executable = "",
                                                           .cgroup = "",
                                                           .unit = "nginx.service",
                                                           .slice = "",
                                                           .container = "abc",
                                                           .pod = "",
                                                           .user = "www-data",
                                                           .group = "web",
                                                           .limits = nullptr});
  EXPECT_THAT(Write(process),
              HasSubstr("linux_process_nice{pid=\"42\",name=\"nginx\",user=\"www-data\",groupname="
                        "\"web\",unit=\"nginx.service\",container=\"abc\"} -5\n"));
}

TEST(WriteProcesses, LeavesOutWhatIsNotKnown) {
  auto rows = MakeRows(1);
  rows[0].has_io = false;
  rows[0].has_fds = false;
  const std::string page = Write(rows[0]);
  EXPECT_THAT(page, Not(HasSubstr("linux_process_read_bytes_total")));
  EXPECT_THAT(page, Not(HasSubstr("linux_process_open_fds")));
  EXPECT_THAT(page, Not(HasSubstr("linux_process_cpu_ratio")));  // no second sample yet
  EXPECT_THAT(page, HasSubstr("linux_process_memory_ratio"));
}

TEST(WriteGroups, UsesProcessExportersNames) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  WriteGroups(std::vector<Group>{{.name = "web",
                                  .counters = {.cpu_user_seconds = 1.5,
                                               .cpu_system_seconds = 2.5,
                                               .read_bytes = 3,
                                               .write_bytes = 4,
                                               .minor_faults = 5,
                                               .major_faults = 6},
                                  .processes = 7,
                                  .threads = 8,
                                  .resident_bytes = 9,
                                  .virtual_bytes = 10,
                                  .swap_bytes = 11,
                                  .open_fds = 12,
                                  .worst_fd_ratio = 0.25,
                                  .oldest_start_time_seconds = 13,
                                  .states = {1, 2, 3, 4, 5}}},
              out);
  out.Finish();
  EXPECT_EQ(Print(families),
            R"(namedprocess_namegroup_cpu_seconds_total{groupname="web",mode="system"} 2.5
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

}  // namespace
}  // namespace procmarshal::testing
