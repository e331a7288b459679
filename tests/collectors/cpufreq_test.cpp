#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/unique_fd.h"
#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

std::string Policy(int number, const std::string& file) {
  return "sys/devices/system/cpu/cpufreq/policy" + std::to_string(number) + "/" + file;
}

TEST(Cpufreq, GivesHertz) {
  EXPECT_EQ(CollectHost("cpufreq", {{Policy(0, "affected_cpus"), "0\n"},
                                    {Policy(0, "cpuinfo_cur_freq"), "1699981\n"},
                                    {Policy(0, "cpuinfo_avg_freq"), "1600000\n"},
                                    {Policy(0, "cpuinfo_min_freq"), "800000\n"},
                                    {Policy(0, "cpuinfo_max_freq"), "3700000\n"},
                                    {Policy(0, "scaling_cur_freq"), "1700000\n"},
                                    {Policy(0, "scaling_min_freq"), "900000\n"},
                                    {Policy(0, "scaling_max_freq"), "3600000\n"}}),
            "node_cpu_frequency_avg_hertz{cpu=\"0\"} 1600000000\n"
            "node_cpu_frequency_hertz{cpu=\"0\"} 1699981000\n"
            "node_cpu_frequency_max_hertz{cpu=\"0\"} 3700000000\n"
            "node_cpu_frequency_min_hertz{cpu=\"0\"} 800000000\n"
            "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1700000000\n"
            "node_cpu_scaling_frequency_max_hertz{cpu=\"0\"} 3600000000\n"
            "node_cpu_scaling_frequency_min_hertz{cpu=\"0\"} 900000000\n");
}

TEST(Cpufreq, GivesEachCpuOfAPolicyItsFrequency) {
  EXPECT_EQ(CollectHost("cpufreq", {{Policy(0, "affected_cpus"), "0 1 3\n"},
                                    {Policy(0, "scaling_cur_freq"), "1800000\n"},
                                    {Policy(4, "affected_cpus"), "300\n"},
                                    {Policy(4, "scaling_cur_freq"), "2400000\n"}}),
            "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1800000000\n"
            "node_cpu_scaling_frequency_hertz{cpu=\"1\"} 1800000000\n"
            "node_cpu_scaling_frequency_hertz{cpu=\"3\"} 1800000000\n"
            "node_cpu_scaling_frequency_hertz{cpu=\"300\"} 2400000000\n");
}

TEST(Cpufreq, TellsTheGovernorInForce) {
  EXPECT_EQ(CollectHost("cpufreq",
                        {{Policy(0, "affected_cpus"), "0\n"},
                         {Policy(0, "scaling_governor"), "powersave\n"},
                         {Policy(0, "scaling_available_governors"), "performance powersave \n"}}),
            "node_cpu_scaling_governor{cpu=\"0\",governor=\"performance\"} 0\n"
            "node_cpu_scaling_governor{cpu=\"0\",governor=\"powersave\"} 1\n");
}

TEST(Cpufreq, ShowsNothingOfCpusThatAreOffline) {
  EXPECT_EQ(CollectHost("cpufreq", {{Policy(0, "affected_cpus"), "\n"},
                                    {Policy(0, "scaling_cur_freq"), "1800000\n"}}),
            "");
}

TEST(Cpufreq, ShowsWhatAHybridCpuHas) {
  EXPECT_EQ(CollectHost("cpufreq", {{"sys/devices/system/cpu/cpu0/uevent", ""},
                                    {"sys/devices/system/cpu/cpu1/uevent", ""},
                                    {Policy(1, "affected_cpus"), "1\n"},
                                    {Policy(1, "scaling_cur_freq"), "1800000\n"}}),
            "node_cpu_scaling_frequency_hertz{cpu=\"1\"} 1800000000\n");
}

TEST(Cpufreq, KnowsHostsWithoutADriver) {
  EXPECT_EQ(CollectHost("cpufreq", {{"sys/devices/system/cpu/cpufreq/boost", "1\n"}}), "");
}

TEST(Cpufreq, SaysThatTheHostHasNoSuchFolder) {
  EXPECT_THAT(CollectHost("cpufreq", {}), HasSubstr("cpufreq: No such file"));
}

TEST(Cpufreq, LeavesOutWhatTheDriverDoesNotKnow) {
  EXPECT_EQ(CollectHost("cpufreq", {{Policy(0, "affected_cpus"), "0\n"},
                                    {Policy(0, "cpuinfo_cur_freq"), "<unknown>\n"}}),
            "");
}

// A FIFO: who opens it waits for somebody who writes.
TEST(Cpufreq, WaitsForNoDriver) {
  const ProcTree host;
  host.Write(Policy(0, "affected_cpus"), "0\n");
  host.Write(Policy(0, "scaling_min_freq"), "800000\n");
  const auto fifo = host.Fs().Root() / Policy(0, "scaling_cur_freq");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Environment env = HostOf(host);
  env.clock = &kSystemClock;
  const auto cpufreq = MakeCollector("cpufreq", env);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(CollectOnce(*cpufreq), "node_cpu_scaling_frequency_min_hertz{cpu=\"0\"} 800000000\n");
  }
  const UniqueFd writer(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));  // lets the reader go
  EXPECT_TRUE(writer);
}

TEST(Cpufreq, RefusesAFrequencyThatIsNoNumber) {
  EXPECT_EQ(CollectHost("cpufreq", {{Policy(0, "affected_cpus"), "0\n"},
                                    {Policy(0, "scaling_cur_freq"), "fast\n"}}),
            "error: devices/system/cpu/cpufreq/policy0/scaling_cur_freq: expected a number, found "
            "\"fast\"");
}

TEST(Cpufreq, RefusesCpusThatAreNoNumbers) {
  EXPECT_EQ(CollectHost("cpufreq", {{Policy(0, "affected_cpus"), "0 all\n"}}),
            "error: devices/system/cpu/cpufreq/policy0/affected_cpus: expected numbers of CPUs, "
            "found \"0 all\"");
}

}  // namespace
}  // namespace procmarshal::testing
