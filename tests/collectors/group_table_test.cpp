#include "collectors/group_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kEach = GroupTable::kGroupSeries;

// Unit, slice, container and pod.
using Place = std::array<std::string, 4>;

// A table and the time, which goes on by a second with each sample.
struct Host {
  GroupTable table;
  BootTime now{hours(1)};

  void Configure(const GroupTable::Settings& settings, const std::vector<std::string>& declared) {
    table.Configure(settings, declared);
  }
  void Begin(bool scheduled = true) { table.Begin(now += seconds(1), scheduled); }
  GroupId Add(const std::string& name, const ProcessCounters& growth = {}) {
    const GroupId id = table.Find(name);
    table.Add(id, MakeRow({}), {}, growth);
    return id;
  }
  void AddPlaced(const std::string& name, const Place& place) {
    ProcessInfo info;
    info.unit = place[0];
    info.slice = place[1];
    info.container = place[2];
    info.pod = place[3];
    Process process = MakeRow({});
    process.info = std::make_shared<const ProcessInfo>(std::move(info));
    table.Add(table.Find(name), process, {}, {});
  }
  void AddThread(const std::string& name, std::string thread, double cpu_seconds = 0) {
    ThreadReading reading;
    reading.name = std::move(thread);
    table.AddThread(table.Find(name), reading, {.cpu_user_seconds = cpu_seconds});
  }
  [[nodiscard]] std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Group* group : table.Shown()) names.push_back(*group->name);
    return names;
  }
  [[nodiscard]] const Group& Get(const std::string& name) const {
    const auto shown = table.Shown();
    const auto found =
        std::ranges::find(shown, name, [](const Group* group) { return *group->name; });
    static const Group kNone;
    EXPECT_NE(found, shown.end()) << name;
    return found != shown.end() ? **found : kNone;
  }
  // "NAME COUNT SECONDS" of each thread name of a group.
  [[nodiscard]] std::vector<std::string> Threads(const std::string& name) const {
    std::vector<std::string> threads;
    for (const ThreadGroup& each : Get(name).thread_groups) {
      threads.push_back(
          fmt::format("{} {} {}", each.name, each.threads, each.counters.cpu_user_seconds));
    }
    return threads;
  }
};

// Room for "other" and so many groups.
GroupTable::Settings RoomFor(std::size_t groups) {
  return {.series = kEach * (1 + groups)};
}

TEST(GroupTable, FindsTheSameGroupUnderTheSameName) {
  Host host;
  host.Begin();
  const GroupId web = host.table.Find("web");
  EXPECT_NE(host.table.Find("db"), web);
  EXPECT_EQ(host.table.Find("web"), web);
  EXPECT_EQ(*host.table.Name(web), "web");
}

TEST(GroupTable, ShowsNothingBeforeThereIsSomething) {
  Host host;
  host.Begin();
  EXPECT_THAT(host.Names(), IsEmpty());
}

TEST(GroupTable, ShowsDeclaredGroupsBeforeTheyHaveAProcess) {
  Host host;
  host.Configure({}, {"web", "db"});
  host.Begin();
  EXPECT_THAT(host.Names(), ElementsAre("web", "db"));
  EXPECT_EQ(host.Get("web").processes, 0U);
  EXPECT_EQ(host.Get("web").counters, ProcessCounters{});
}

TEST(GroupTable, IsInNoGroupWithoutAnId) {
  Host host;
  host.Begin();
  host.table.Add(kNoGroup, MakeRow({}), {}, {.read_bytes = 1});
  host.table.AddGrowth(kNoGroup, {.read_bytes = 1});
  host.table.AddThread(kNoGroup, {}, {});
  host.table.AddWaiting(kNoGroup, "do_wait");
  EXPECT_THAT(host.Names(), IsEmpty());
}

TEST(GroupTable, CountsOnFromSampleToSample) {
  Host host;
  host.Begin();
  const GroupId web = host.Add("web", {.read_bytes = 3});
  host.Begin();
  host.table.AddGrowth(web, {.read_bytes = 4});
  EXPECT_EQ(host.Get("web").counters.read_bytes, 7U);
  EXPECT_EQ(host.Get("web").processes, 0U);
}

TEST(GroupTable, KeepsAGroupThatWasFoundForItsTtl) {
  Host host;
  host.Configure({.ttl = seconds(3)}, {});
  host.Begin();
  host.Add("web");
  host.Begin();
  host.Begin();
  EXPECT_THAT(host.Names(), ElementsAre("web"));
  host.Begin();
  EXPECT_THAT(host.Names(), IsEmpty());
}

TEST(GroupTable, StartsAGroupAnewThatComesBackAfterItsTtl) {
  Host host;
  host.Configure({.ttl = seconds(1)}, {});
  host.Begin();
  host.Add("web", {.read_bytes = 5});
  host.Begin();
  host.Begin();
  host.Add("web", {.read_bytes = 2});
  EXPECT_EQ(host.Get("web").counters.read_bytes, 2U);
}

TEST(GroupTable, ForgetsNoGroupThatHasAProcess) {
  Host host;
  host.Configure({.ttl = seconds(1)}, {});
  for (int i = 0; i < 5; ++i) {
    host.Begin();
    host.Add("web", {.read_bytes = 1});
  }
  EXPECT_EQ(host.Get("web").counters.read_bytes, 5U);
}

TEST(GroupTable, ForgetsNoGroupWithoutATtl) {
  Host host;
  host.Begin();
  host.Add("web");
  host.now += hours(10'000);
  host.Begin();
  EXPECT_THAT(host.Names(), ElementsAre("web"));
}

TEST(GroupTable, ForgetsNoGroupInASampleThatAReaderAsksFor) {
  Host host;
  host.Configure({.ttl = seconds(1)}, {});
  host.Begin();
  host.Add("web");
  host.now += hours(1);
  host.Begin(false);
  EXPECT_THAT(host.Names(), ElementsAre("web"));
}

TEST(GroupTable, ForgetsNoDeclaredGroup) {
  Host host;
  host.Configure({.ttl = seconds(1)}, {"web"});
  host.Begin();
  host.Add("web", {.read_bytes = 5});
  host.now += hours(10'000);
  host.Begin();
  EXPECT_EQ(host.Get("web").counters.read_bytes, 5U);
}

TEST(GroupTable, ForgetsAGroupThatIsNoLongerDeclared) {
  Host host;
  host.Configure({.ttl = seconds(1)}, {"web", "db"});
  host.Begin();
  host.Configure({.ttl = seconds(1)}, {"db"});
  EXPECT_FALSE(host.table.IsDeclared(host.table.Find("web")));
  host.now += seconds(1);
  host.Begin();
  EXPECT_THAT(host.Names(), ElementsAre("db"));
}

TEST(GroupTable, KeepsWhatAGroupCountedThatIsDeclaredLater) {
  Host host;
  host.Begin();
  host.Add("web", {.read_bytes = 5});
  host.Configure({.ttl = seconds(1)}, {"web"});
  host.Begin();
  EXPECT_EQ(host.Get("web").counters.read_bytes, 5U);
  EXPECT_EQ(host.Names().size(), 1U);
}

TEST(GroupTable, UsesIdsAgain) {
  Host host;
  host.Configure({.ttl = seconds(1)}, {});
  host.Begin();
  const GroupId web = host.Add("web", {.read_bytes = 5});
  host.Begin();
  host.Begin();
  EXPECT_EQ(host.Add("db"), web);
  EXPECT_EQ(*host.table.Name(web), "db");
  EXPECT_EQ(host.Get("db").counters, ProcessCounters{});
}

TEST(GroupTable, TakesAGroupWithoutAName) {
  Host host;
  host.Begin();
  const GroupId id = host.Add("", {.read_bytes = 5});
  host.Begin();
  EXPECT_EQ(host.table.Find(""), id);
  EXPECT_EQ(host.Get("").counters.read_bytes, 5U);
}

TEST(GroupTable, MakesWhatHasNoRoomOne) {
  Host host;
  host.Configure(RoomFor(1), {});
  host.Begin();
  for (const char* name : {"a", "b", "c"}) host.Add(name, {.read_bytes = 1});
  EXPECT_THAT(host.Names(), ElementsAre("other", "a"));
  EXPECT_EQ(host.Get("other").processes, 2U);
  EXPECT_EQ(host.Get("other").counters.read_bytes, 2U);
  EXPECT_EQ(host.table.Hidden(), 2U);
  EXPECT_EQ(host.table.Dropped(), 2 * kEach);
}

TEST(GroupTable, CountsAGroupThatIsItselfNamedOtherWithThem) {
  Host host;
  host.Configure(RoomFor(1), {});
  host.Begin();
  for (const char* name : {"a", "b", "other"}) host.Add(name, {.read_bytes = 1});
  EXPECT_THAT(host.Names(), ElementsAre("other", "a"));
  EXPECT_EQ(host.Get("other").counters.read_bytes, 2U);
  EXPECT_EQ(host.table.Hidden(), 1U);
}

TEST(GroupTable, ShowsADeclaredGroupNamedOther) {
  Host host;
  EXPECT_FALSE(host.table.IsDeclared(host.table.Find("other")));
  host.Configure({}, {"other"});
  host.Begin();
  EXPECT_TRUE(host.table.IsDeclared(host.table.Find("other")));
  EXPECT_THAT(host.Names(), ElementsAre("other"));
}

TEST(GroupTable, GivesDeclaredGroupsTheRoomOfFoundOnes) {
  Host host;
  host.Configure(RoomFor(2), {});
  host.Begin();
  host.Add("a");
  host.Add("b");
  host.Configure(RoomFor(2), {"web"});
  host.Begin();
  host.Add("a");
  host.Add("b");
  EXPECT_THAT(host.Names(), ElementsAre("other", "b", "web"));
}

TEST(GroupTable, CountsADeclaredGroupWithoutRoomAsHidden) {
  Host host;
  host.Configure(RoomFor(1), {"web", "db"});
  host.Begin();
  EXPECT_THAT(host.Names(), ElementsAre("web"));
  EXPECT_EQ(host.table.Hidden(), 1U);
  host.Add("db");
  EXPECT_EQ(host.table.Hidden(), 1U);
}

TEST(GroupTable, SumsThreadsOfOneName) {
  Host host;
  host.Begin();
  host.AddThread("web", "worker", 1);
  host.AddThread("web", "acceptor", 2);
  host.AddThread("web", "worker", 4);
  EXPECT_THAT(host.Threads("web"), ElementsAre("acceptor 1 2", "other 0 0", "worker 2 5"));
}

TEST(GroupTable, KeepsWhatEndedThreadsCounted) {
  Host host;
  host.Begin();
  host.AddThread("web", "worker", 1);
  host.Begin();
  EXPECT_THAT(host.Threads("web"), ElementsAre("other 0 0", "worker 0 1"));
}

TEST(GroupTable, ForgetsThreadNamesAfterTheTtl) {
  Host host;
  host.Configure({.ttl = seconds(2)}, {"web"});
  host.Begin();
  host.AddThread("web", "worker", 1);
  host.AddThread("web", "other", 1);
  host.Begin();
  EXPECT_EQ(host.Threads("web").size(), 2U);
  host.Begin();
  EXPECT_THAT(host.Threads("web"), ElementsAre("other 0 1"));
  EXPECT_EQ(host.table.Series(), (2 * kEach) + GroupTable::kThreadSeries);
}

TEST(GroupTable, MakesThreadNamesBeyondTheCapOne) {
  Host host;
  host.Begin();
  for (int i = 0; i < 100; ++i) host.AddThread("web", fmt::format("made-up-{}", i), 1);
  const auto& all = host.Get("web").thread_groups;
  EXPECT_EQ(all.size(), GroupTable::kMostThreadNames);
  const auto other = std::ranges::find(all, "other", &ThreadGroup::name);
  ASSERT_NE(other, all.end());
  EXPECT_EQ(other->threads, 100 - (GroupTable::kMostThreadNames - 1));
  EXPECT_GT(host.table.Dropped(), 0U);
}

TEST(GroupTable, NamesNoThreadsOfHiddenGroups) {
  Host host;
  host.Configure({.series = GroupTable::kLeastSeries}, {});
  host.Begin();
  host.Add("web");
  host.AddThread("web", "worker", 1);
  host.AddThread("web", "acceptor", 2);
  EXPECT_THAT(host.Threads("other"), ElementsAre("other 2 3"));
}

TEST(GroupTable, CountsWhoWaitsWhere) {
  Host host;
  host.Begin();
  const GroupId web = host.Add("web");
  for (const char* function : {"do_wait", "", "pipe_read", "do_wait"}) {
    host.table.AddWaiting(web, function);
  }
  const auto& channels = host.Get("web").wait_channels;
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].function, "do_wait");
  EXPECT_EQ(channels[0].threads, 2U);
  EXPECT_EQ(channels[1].function, "pipe_read");
  host.Begin();
  EXPECT_THAT(host.Get("web").wait_channels, IsEmpty());
}

TEST(GroupTable, CountsProcessesByPlace) {
  Host host;
  host.Begin();
  host.AddPlaced("web", {"a.service", "system.slice"});
  host.AddPlaced("web", {"a.service", "system.slice"});
  host.AddPlaced("web", {"a.service", "user.slice"});
  host.AddPlaced("web", {"", "", "c", "p"});
  host.AddPlaced("web", {});
  const auto& places = host.Get("web").places;
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].processes, 2U);
  EXPECT_EQ(places[1].slice, "user.slice");
  EXPECT_EQ(places[2].pod, "p");
}

TEST(GroupTable, TakesNoMorePlacesThanTheCap) {
  Host host;
  host.Begin();
  for (int i = 0; i < 20; ++i) host.AddPlaced("web", {fmt::format("{}.service", i)});
  EXPECT_EQ(host.Get("web").places.size(), GroupTable::kMostPlaces);
  EXPECT_EQ(host.table.Dropped(), 20 - GroupTable::kMostPlaces);
}

TEST(GroupTable, ForgetsHiddenGroupsWithTheirProcesses) {
  constexpr int kNames = 10'000;
  Host host;
  host.Configure(RoomFor(1), {});
  GroupId highest = 0;
  for (int sample = 0; sample < 5; ++sample) {
    host.Begin();
    for (int i = 0; i < kNames; ++i) {
      highest = std::max(highest, host.Add(fmt::format("{}-{}", sample, i)));
    }
  }
  // A group is forgotten when a whole sample has passed without it.
  EXPECT_LE(highest, (2 * kNames) + 2);
}

}  // namespace
}  // namespace procmarshal::testing
