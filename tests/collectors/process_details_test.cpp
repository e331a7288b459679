#include "collectors/process_details.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

// Details of the processes of a tree; the rule, if a test has one, looks for an expression in the
// command line.
class Host {
 public:
  explicit Host(const char* tree = "linux-6.18") : tree_(tree) {}

  ProcessDetails::Details Read(pid_t pid, const GroupMatcher& matcher = {}) {
    ProcessReading reading;
    reading.key = {pid, 100};
    reading.name = "webapp";
    return details_.Read(reading, matcher);
  }
  bool Fits(pid_t pid, const std::string& expression) {
    GroupRule rule;
    rule.match.cmdline = {expression};
    return Read(pid, GroupMatcher::Make({rule}).value()).match.has_value();
  }
  const ProcTree& Tree() { return tree_; }

 private:
  ProcTree tree_;
  ProcessDetails details_ = ProcessDetails::Open(tree_.Fs()).value();
};

// "-" for none.
std::string GroupOf(const ProcessDetails::Details& details) {
  return details.match ? details.match->group : "-";
}

TEST(ProcessDetails, TellWhereAProcessIs) {
  Host host;
  const auto info = host.Read(1001).info;
  EXPECT_EQ(info->unit, "fixture.service");
  EXPECT_EQ(info->cgroup, "/system.slice/fixture.service");
  EXPECT_EQ(info->slice, "system.slice");
  EXPECT_EQ(info->container, "");
  EXPECT_EQ(info->pod, "");
  EXPECT_EQ(info->user, "root");
}

TEST(ProcessDetails, HaveTheLimits) {
  Host host;
  const auto limits = host.Read(1001).info->limits;
  ASSERT_TRUE(limits);
  EXPECT_GT(limits->Soft(Limit::kNofile), 0);
}

TEST(ProcessDetails, OfAProcessThatIsGoneAreEmpty) {
  Host host;
  const auto details = host.Read(9999);
  EXPECT_EQ(details.info->cgroup, "");
  EXPECT_FALSE(details.info->limits);
  EXPECT_EQ(GroupOf(details), "webapp");
}

TEST(ProcessDetails, ThatMayNotBeReadAreEmpty) {
  Host host("linux-6.18-hidepid1");
  const AsNobody nobody;
  const auto info = host.Read(1001).info;
  EXPECT_EQ(info->cgroup, "");
  EXPECT_FALSE(info->limits);
}

TEST(ProcessDetails, ThatMakeNoSenseAreEmpty) {
  Host host;
  host.Tree().Write("1001/limits", "Max open files \xff\xfe\n");
  host.Tree().Write("1001/cgroup", std::string("\0\xff:::", 5));
  const auto info = host.Read(1001).info;
  EXPECT_FALSE(info->limits);
  EXPECT_EQ(info->unit, "");
}

TEST(ProcessDetails, AreValidUtf8) {
  Host host;
  host.Tree().Write("1001/cgroup", "0::/system.slice/a\xff.service\n");
  EXPECT_EQ(host.Read(1001).info->cgroup, "/system.slice/a\xef\xbf\xbd.service");
}

TEST(ProcessDetails, OfProcessesThatAreAlikeAreOne) {
  Host host;
  host.Tree().Write("1002/limits", host.Tree().Fs().Read("1001/limits").value());
  host.Tree().Write("1002/cgroup", host.Tree().Fs().Read("1001/cgroup").value());
  const auto first = host.Read(1001).info;
  EXPECT_EQ(host.Read(1002).info, first);
}

TEST(ProcessDetails, OfProcessesWithOtherLimitsAreTwo) {
  Host host;
  const auto before = host.Read(1001).info;
  host.Tree().Write("1001/limits", "Max open files            77                   77  files\n");
  const auto after = host.Read(1001).info;
  EXPECT_NE(after, before);
  EXPECT_EQ(after->limits->Soft(Limit::kNofile), 77);
  EXPECT_EQ(after->cgroup, before->cgroup);
}

TEST(ProcessDetails, OfProcessesInOtherCgroupsAreTwo) {
  Host host;
  const auto before = host.Read(1001).info;
  host.Tree().Write("1001/cgroup", "0::/system.slice/moved.service\n");
  EXPECT_NE(host.Read(1001).info, before);
}

TEST(ProcessDetails, AreKeptForThoseWhoHaveThemOnly) {
  Host host;
  const std::weak_ptr<const ProcessInfo> info = host.Read(1001).info;
  EXPECT_TRUE(info.expired());
}

// Each is another one, and some are forgotten on the way: what is still used stays one.
TEST(ProcessDetails, StayOneWhileManyComeAndGo) {
  constexpr int kMany = 300;
  Host host;
  const auto kept = host.Read(1001).info;
  for (int i = 0; i < kMany; ++i) {
    host.Tree().Write("1002/cgroup", "0::/system.slice/" + std::to_string(i) + ".service\n");
    EXPECT_EQ(host.Read(1002).info->unit, std::to_string(i) + ".service");
  }
  EXPECT_EQ(host.Read(1001).info, kept);
}

TEST(ProcessDetails, MatchByTheArguments) {
  Host host;
  EXPECT_TRUE(host.Fits(1001, "^/usr/bin/python3 capture.py linux-6.18$"));
  EXPECT_FALSE(host.Fits(1001, "something else"));
}

TEST(ProcessDetails, MatchAnEmptyCommandLine) {
  Host host;
  EXPECT_TRUE(host.Fits(2, "^$"));
  EXPECT_TRUE(host.Fits(1005, "^$"));
}

TEST(ProcessDetails, MatchByTheLastOfManyArguments) {
  Host host;
  host.Tree().Write("1001/cmdline", "app" + std::string(100'000, 'x') + '\0' + "--last");
  EXPECT_TRUE(host.Fits(1001, "x --last$"));
}

TEST(ProcessDetails, MatchByNoMoreArgumentsThanIsCheap) {
  const std::string most(ProcessDetails::kMostArguments, 'x');
  Host host;
  host.Tree().Write("1001/cmdline", most + "y");
  EXPECT_TRUE(host.Fits(1001, "x$"));
  EXPECT_FALSE(host.Fits(1001, "y"));
}

TEST(ProcessDetails, MatchByTheFirstArgumentHoweverManyFollow) {
  Host host;
  host.Tree().Write("1001/cmdline", std::string("app\0", 4) + std::string(5U << 20U, 'x'));
  EXPECT_TRUE(host.Fits(1001, "^app x"));
}

TEST(ProcessDetails, MatchArgumentsThatAreNoText) {
  Host host;
  host.Tree().Write("1001/cmdline", std::string("app\0\xff\n", 6));
  EXPECT_TRUE(host.Fits(1001, "^app \xef\xbf\xbd\n$"));
}

TEST(ProcessDetails, MatchByWhatTheProcessIsIn) {
  Host host;
  GroupRule rule;
  rule.name = "{{.Unit}} of {{.Username}}";
  rule.match.unit = {"fixture.*"};
  EXPECT_EQ(GroupOf(host.Read(1001, GroupMatcher::Make({rule}).value())),
            "fixture.service of root");
}

TEST(ProcessDetails, NameTheGroupOfAKernelWorkerAfterTheWorker) {
  ProcessReading reading;
  reading.key = {2, 100};
  reading.name = "kworker/0:1-events";
  const ProcTree tree("linux-6.18");
  auto details = ProcessDetails::Open(tree.Fs()).value();
  EXPECT_EQ(GroupOf(details.Read(reading, {})), "kworker/0:1");
}

}  // namespace
}  // namespace procmarshal::testing
