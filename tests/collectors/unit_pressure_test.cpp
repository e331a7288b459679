#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collectors/collector.h"
#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const File kVersion2 = {"sys/fs/cgroup/cgroup.controllers", "cpu io memory\n"};

std::string Psi(int some, int full) {
  return "some avg10=0.00 avg60=1.50 avg300=0.00 total=" + std::to_string(some) +
         "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=" + std::to_string(full) + "\n";
}

// A host with these files below its cgroups.
std::string Collect(std::vector<File> files) {
  for (File& file : files) file.path = "sys/fs/cgroup/" + file.path;
  files.push_back(kVersion2);
  return CollectHost("unit_pressure", files);
}

// A file that tells that the cgroup is there, with some memory.
File Memory(const std::string& cgroup, int bytes) {
  return {cgroup + "/memory.current", std::to_string(bytes) + "\n"};
}

TEST(UnitPressure, ReadsAUnit) {
  EXPECT_EQ(Collect({{"system.slice/a.service/cpu.pressure", Psi(2'500'000, 0)},
                     {"system.slice/a.service/io.pressure", Psi(1, 1'000'000)},
                     {"system.slice/a.service/memory.pressure", Psi(3, 4)},
                     {"system.slice/a.service/memory.events",
                      "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\nnew 7\n"},
                     {"system.slice/a.service/memory.current", "4096\n"}}),
            "linux_unit_memory_bytes{unit=\"a.service\"} 4096\n"
            "linux_unit_memory_events_total{unit=\"a.service\",event=\"high\"} 2\n"
            "linux_unit_memory_events_total{unit=\"a.service\",event=\"low\"} 1\n"
            "linux_unit_memory_events_total{unit=\"a.service\",event=\"max\"} 3\n"
            "linux_unit_memory_events_total{unit=\"a.service\",event=\"oom\"} 4\n"
            "linux_unit_memory_events_total{unit=\"a.service\",event=\"oom_group_kill\"} 6\n"
            "linux_unit_memory_events_total{unit=\"a.service\",event=\"oom_kill\"} 5\n"
            "linux_unit_pressure_stalled_seconds_total{unit=\"a.service\",resource=\"cpu\"} 0\n"
            "linux_unit_pressure_stalled_seconds_total{unit=\"a.service\",resource=\"io\"} 1\n"
            "linux_unit_pressure_stalled_seconds_total{unit=\"a.service\",resource=\"memory\"} "
            "4e-06\n"
            "linux_unit_pressure_waiting_seconds_total{unit=\"a.service\",resource=\"cpu\"} 2.5\n"
            "linux_unit_pressure_waiting_seconds_total{unit=\"a.service\",resource=\"io\"} 1e-06\n"
            "linux_unit_pressure_waiting_seconds_total{unit=\"a.service\",resource=\"memory\"} "
            "3e-06\n");
}

TEST(UnitPressure, HasNothingToSayOfOldCgroups) {
  EXPECT_THAT(CollectHost("unit_pressure", {{"sys/fs/cgroup/memory/tasks", ""}}),
              HasSubstr("error: no cgroups of version 2 at "));
}

TEST(UnitPressure, FindsTheSecondVersionBesideTheFirst) {
  EXPECT_EQ(CollectHost("unit_pressure",
                        {{"sys/fs/cgroup/unified/cgroup.controllers", "\n"},
                         {"sys/fs/cgroup/unified/a.slice/b.service/memory.current", "1\n"}}),
            "linux_unit_memory_bytes{unit=\"b.service\"} 1\n");
}

TEST(UnitPressure, OldKernelsHaveNoFullStallOfTheCpu) {
  EXPECT_EQ(Collect({{"a.slice/b.service/cpu.pressure",
                      "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n"}}),
            "linux_unit_pressure_waiting_seconds_total{unit=\"b.service\",resource=\"cpu\"} 1\n");
}

TEST(UnitPressure, WalksDownSlices) {
  EXPECT_EQ(Collect({Memory("a.service", 1), Memory("a.slice/a-b.slice/c.service", 2),
                     Memory("user.slice/user-1000.slice/user@1000.service", 3)}),
            "linux_unit_memory_bytes{unit=\"a.service\"} 1\n"
            "linux_unit_memory_bytes{unit=\"c.service\"} 2\n"
            "linux_unit_memory_bytes{unit=\"user@1000.service\"} 3\n");
}

// Which a user could call as services of the system are called.
TEST(UnitPressure, LeavesOutUnitsOfUsersManagers) {
  const std::string manager = "user.slice/user-1000.slice/user@1000.service";
  EXPECT_EQ(Collect({Memory("system.slice/x.service", 1), Memory(manager + "/x.service", 2),
                     Memory(manager + "/app.slice/x.service", 4),
                     Memory(manager + "/app.slice/y.service", 8)}),
            "linux_unit_memory_bytes{unit=\"x.service\"} 1\n");
}

TEST(UnitPressure, LeavesOutScopes) {
  EXPECT_EQ(Collect({Memory("init.scope", 1), Memory("system.slice/docker-1.scope", 2),
                     Memory("user.slice/user-1000.slice/session-1.scope", 3)}),
            "");
}

TEST(UnitPressure, LooksNotIntoUnitsAndOtherFolders) {
  EXPECT_EQ(Collect({Memory("a.slice/b.service", 1), Memory("a.slice/b.service/c.service", 2),
                     Memory("docker/d.service", 3)}),
            "linux_unit_memory_bytes{unit=\"b.service\"} 1\n");
}

TEST(UnitPressure, TakesSystemdsUnderscoreAway) {
  EXPECT_EQ(Collect({Memory("a.slice/_cpu.service", 1)}),
            "linux_unit_memory_bytes{unit=\"cpu.service\"} 1\n");
}

TEST(UnitPressure, PassesOverNamesThatAreNoUnits) {
  EXPECT_EQ(Collect({Memory("a.slice/b\n\"c.service", 1), Memory("a.slice/.service", 2)}), "");
}

TEST(UnitPressure, ShowsEachNameOnce) {
  EXPECT_EQ(Collect({Memory("a.slice/x.service", 10), Memory("b.slice/x.service", 20)}),
            "linux_unit_memory_bytes{unit=\"x.service\"} 10\n");
}

TEST(UnitPressure, SaysWhatItCannotRead) {
  EXPECT_EQ(Collect({{"a.slice/b.service/cpu.pressure", "some avg10=0.00\n"}}),
            "error: fs/cgroup/a.slice/b.service/cpu.pressure: expected \"total=NUMBER\", found "
            "\"some avg10=0.00\"");
  EXPECT_EQ(Collect({{"a.slice/b.service/memory.events", "oom -1\n"}}),
            "error: fs/cgroup/a.slice/b.service/memory.events: expected \"EVENT NUMBER\", found "
            "\"oom -1\"");
  EXPECT_EQ(Collect({{"a.slice/b.service/memory.current", "max\n"}}),
            "error: fs/cgroup/a.slice/b.service/memory.current: expected a number, found \"max\"");
}

TEST(UnitPressure, OneBadFileHidesNoOther) {
  const ProcTree tree;
  tree.Write("sys/fs/cgroup/cgroup.controllers", "");
  tree.Write("sys/fs/cgroup/a.service/memory.current", "many\n");
  tree.Write("sys/fs/cgroup/b.service/memory.current", "1\n");
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  EXPECT_FALSE(MakeCollector("unit_pressure", HostOf(tree))->Collect(out));
  out.Finish();
  EXPECT_EQ(Print(families), "linux_unit_memory_bytes{unit=\"b.service\"} 1\n");
}

TEST(UnitPressure, RefusesWhatIsCutOff) {
  EXPECT_EQ(Collect({{"b.service/cpu.pressure", ""}}),
            "error: fs/cgroup/b.service/cpu.pressure: expected whole lines, found \"\"");
  EXPECT_EQ(Collect({{"b.service/memory.events", "low 0\nhigh 1"}}),
            "error: fs/cgroup/b.service/memory.events: expected whole lines, found \"high 1\"");
  EXPECT_EQ(Collect({{"b.service/memory.current", "40"}}),
            "error: fs/cgroup/b.service/memory.current: expected whole lines, found \"40\"");
}

TEST(UnitPressure, HasRoomForSoManyUnits) {
  const ProcTree tree;
  tree.Write("sys/fs/cgroup/cgroup.controllers", "");
  for (int i = 0; i <= 500; ++i) {
    tree.Write("sys/fs/cgroup/a.slice/" + std::to_string(1000 + i) + ".service/memory.current",
               "1\n");
  }
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  const Status status = MakeCollector("unit_pressure", HostOf(tree))->Collect(out);
  out.Finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "too many units: left out what is beyond 500 units or 2000 cgroups");
  EXPECT_THAT(Print(families), AllOf(HasSubstr("\"1499.service\""), Not(HasSubstr("\"1500.s"))));
}

TEST(UnitPressure, DoesNotFollowSlicesWithoutEnd) {
  std::string path;
  for (int i = 0; i < 30; ++i) path += "a.slice/";
  EXPECT_THAT(Collect({Memory(path + "b.service", 1)}), HasSubstr("error: too many units"));
}

}  // namespace
}  // namespace procmarshal::testing
