#include "collectors/process_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

constexpr std::size_t kAnyNumber = 1'000'000;
using Pids = std::vector<pid_t>;

// Processes 1 to `count`, all idle and of no size.
std::vector<Process> Rows(std::size_t count) {
  std::vector<Process> rows;
  for (std::size_t i = 1; i <= count; ++i) {
    rows.push_back(Changed(MakeRow({}), [i](ProcessReading& reading) {
      reading.key = {static_cast<pid_t>(i), 100 + i};
      reading.name = "name";
    }));
    rows.back().cpu_ratio = 0;
  }
  return rows;
}

Process& Of(std::vector<Process>& rows, pid_t pid) {
  return rows.at(static_cast<std::size_t>(pid - 1));
}

// Uses of CPU in the order of the pids.
void Use(std::vector<Process>& rows, const std::vector<double>& cpu) {
  for (std::size_t i = 0; i < cpu.size(); ++i) rows.at(i).cpu_ratio = cpu[i];
}

ProcessSettings Top(std::size_t top) {
  ProcessSettings settings;
  settings.top = top;
  return settings;
}

ProcessSettings All() {
  ProcessSettings settings;
  settings.all = true;
  return settings;
}

Pids Choose(ProcessSelection& selection, const std::vector<Process>& rows,
            const ProcessSettings& settings, std::size_t most = kAnyNumber) {
  Pids pids;
  for (const Process* process : selection.Choose(rows, settings, most)) {
    pids.push_back((*process)->key.pid);
  }
  return pids;
}

Pids ChooseOnce(const std::vector<Process>& rows, const ProcessSettings& settings,
                std::size_t most = kAnyNumber) {
  ProcessSelection selection;
  return Choose(selection, rows, settings, most);
}

TEST(ProcessSelection, TakesTheBusiestAndTheLargest) {
  auto rows = Rows(6);
  Of(rows, 2).cpu_ratio = 0.9;
  Of(rows, 5).cpu_ratio = 0.5;
  Of(rows, 1).memory_ratio = 0.3;
  Of(rows, 5).memory_ratio = 0.2;
  EXPECT_THAT(ChooseOnce(rows, Top(2)), ElementsAre(1, 2, 5));
}

TEST(ProcessSelection, TakesNoneForATopOfZero) {
  EXPECT_THAT(ChooseOnce(Rows(6), Top(0)), IsEmpty());
}

TEST(ProcessSelection, TakesAllThereAreForALargeTop) {
  auto rows = Rows(6);
  Use(rows, {0.1, 0.2, 0.3, 0.4, 0.5, 0.6});
  EXPECT_THAT(ChooseOnce(rows, Top(std::numeric_limits<std::size_t>::max())), SizeIs(6));
}

TEST(ProcessSelection, TakesNobodyWhoDoesNothing) {
  auto rows = Rows(6);
  Of(rows, 2).cpu_ratio = 0.1;
  Of(rows, 5).memory_ratio = 0.1;
  EXPECT_THAT(ChooseOnce(rows, Top(4)), ElementsAre(2, 5));
}

TEST(ProcessSelection, KeepsWhoDoesNothingForAWhile) {
  auto rows = Rows(6);
  ProcessSelection selection;
  Of(rows, 2).cpu_ratio = 0.1;
  (void)Choose(selection, rows, Top(4));
  Of(rows, 2).cpu_ratio = 0;
  EXPECT_THAT(Choose(selection, rows, Top(4)), ElementsAre(2));
}

TEST(ProcessSelection, TakesNoneOfNone) {
  EXPECT_THAT(ChooseOnce({}, Top(5)), IsEmpty());
}

TEST(ProcessSelection, TakesAProcessWithoutARateForAnIdleOne) {
  auto rows = Rows(3);
  Of(rows, 1).cpu_ratio = std::numeric_limits<double>::quiet_NaN();
  Of(rows, 3).cpu_ratio = 0.1;
  EXPECT_THAT(ChooseOnce(rows, Top(2)), ElementsAre(3));
}

TEST(ProcessSelection, TakesAllIfAllAreWanted) {
  ProcessSettings settings = All();
  settings.top = 1;
  EXPECT_THAT(ChooseOnce(Rows(4), settings), ElementsAre(1, 2, 3, 4));
}

TEST(ProcessSelection, TakesUsersByPattern) {
  auto rows = Rows(3);
  for (Process& row : rows) {
    ProcessInfo info;
    info.user = "user" + std::to_string(row->key.pid);
    row.info = std::make_shared<const ProcessInfo>(std::move(info));
  }
  ProcessSettings settings = All();
  settings.users = {"nobody", "user[12]"};
  EXPECT_THAT(ChooseOnce(rows, settings), ElementsAre(1, 2));
}

TEST(ProcessSelection, TakesNamesByPattern) {
  auto rows = Rows(3);
  Of(rows, 2) = Changed(Of(rows, 2), [](ProcessReading& reading) { reading.name = "nginx"; });
  ProcessSettings settings = All();
  settings.names = {"ng*"};
  EXPECT_THAT(ChooseOnce(rows, settings), ElementsAre(2));
}

TEST(ProcessSelection, FillsTheTopWithThoseThatPass) {
  auto rows = Rows(20);
  Of(rows, 1).cpu_ratio = 1;
  Of(rows, 9) = Changed(Of(rows, 9), [](ProcessReading& reading) { reading.name = "nginx"; });
  Of(rows, 9).memory_ratio = 0.1;
  ProcessSettings settings = Top(1);
  settings.names = {"nginx"};
  EXPECT_THAT(ChooseOnce(rows, settings), ElementsAre(9));
}

TEST(ProcessSelection, TakesThoseThatAreBusyEnough) {
  auto rows = Rows(4);
  Use(rows, {0.5, 0.49, std::numeric_limits<double>::quiet_NaN(), 2});
  ProcessSettings settings = All();
  settings.min_cpu_ratio = 0.5;
  EXPECT_THAT(ChooseOnce(rows, settings), ElementsAre(1, 4));
}

TEST(ProcessSelection, TakesThoseThatAreLargeEnough) {
  auto rows = Rows(3);
  Of(rows, 2) = Changed(Of(rows, 2), [](ProcessReading& reading) { reading.resident_bytes = 10; });
  Of(rows, 3) = Changed(Of(rows, 3), [](ProcessReading& reading) { reading.resident_bytes = 9; });
  ProcessSettings settings = All();
  settings.min_memory_bytes = 10;
  EXPECT_THAT(ChooseOnce(rows, settings), ElementsAre(2));
}

TEST(ProcessSelection, DoesNotChangeItsMindAmongEquals) {
  auto rows = Rows(300);
  for (Process& row : rows) row.cpu_ratio = 0.1;
  ProcessSelection selection;
  const Pids before = Choose(selection, rows, Top(10));
  for (Process& row : rows) row.cpu_ratio = 0.5;
  EXPECT_EQ(Choose(selection, rows, Top(10)), before);
}

TEST(ProcessSelection, LetsThoseAtTheBorderTakeNoTurns) {
  auto rows = Rows(20);
  ProcessSelection selection;
  Use(rows, {0.9, 0.8, 0.7, 0.6, 0, 0, 0, 0, 0, 0.5});
  const Pids before = Choose(selection, rows, Top(4));
  for (int i = 0; i < 10; ++i) {
    Of(rows, 10).cpu_ratio = i % 2 == 0 ? 0.65 : 0.5;
    EXPECT_EQ(Choose(selection, rows, Top(4)), before);
  }
}

TEST(ProcessSelection, LetsInTheBusiestAtOnce) {
  auto rows = Rows(20);
  ProcessSelection selection;
  Use(rows, {0.9, 0.8, 0.7, 0.6});
  (void)Choose(selection, rows, Top(4));
  Of(rows, 20).cpu_ratio = 1;
  EXPECT_THAT(Choose(selection, rows, Top(4)), IsSupersetOf({1, 2, 3, 20}));
}

TEST(ProcessSelection, LetsOutWhoIsClearlyOut) {
  auto rows = Rows(20);
  for (pid_t pid = 1; pid <= 4; ++pid) Of(rows, pid).memory_ratio = 0.1;
  ProcessSelection selection;
  Use(rows, {0, 0, 0, 0, 0.9, 0.8, 0.7, 0.6});
  EXPECT_THAT(Choose(selection, rows, Top(4)), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  Use(rows, {0, 0, 0, 0, 0.9, 0.8, 0.7, 0, 0.6, 0.6, 0.6});
  EXPECT_THAT(Choose(selection, rows, Top(4)), ElementsAre(1, 2, 3, 4, 5, 6, 7, 9));
}

// Those that are shown for their size have no right to a place among the busy.
TEST(ProcessSelection, KeepsTheListsApart) {
  auto rows = Rows(10);
  for (pid_t pid = 5; pid <= 8; ++pid) Of(rows, pid).memory_ratio = 0.1;
  ProcessSelection selection;
  (void)Choose(selection, rows, Top(4));
  Use(rows, {0.9, 0.8, 0, 0, 0.5, 0.4, 0, 0, 0.7, 0.6});
  EXPECT_THAT(Choose(selection, rows, Top(4)), ElementsAre(1, 2, 5, 6, 7, 8, 9, 10));
}

TEST(ProcessSelection, TakesAnotherProcessUnderTheSamePidForANewOne) {
  auto rows = Rows(20);
  ProcessSelection selection;
  Use(rows, {0.9, 0.8, 0.7, 0.5, 0.6});
  Of(rows, 4).cpu_ratio = 0.65;
  (void)Choose(selection, rows, Top(4));
  Of(rows, 4) = Changed(Of(rows, 4), [](ProcessReading& reading) { reading.key.start_ticks = 9; });
  Of(rows, 4).cpu_ratio = 0.5;
  EXPECT_THAT(Choose(selection, rows, Top(4)), IsSupersetOf({1, 2, 3, 5}));
}

TEST(ProcessSelection, HalvesWhatThereIsRoomFor) {
  auto rows = Rows(20);
  Use(rows, {0.9, 0.8, 0.7});
  for (pid_t pid = 11; pid <= 13; ++pid) Of(rows, pid).memory_ratio = 1.0 / pid;
  ProcessSelection selection;
  EXPECT_THAT(Choose(selection, rows, Top(3), 4), ElementsAre(1, 2, 11, 12));
  EXPECT_EQ(selection.LeftOut(), 2U);
}

TEST(ProcessSelection, TellsHowManyOfAllItLeftOut) {
  auto rows = Rows(20);
  Of(rows, 20).memory_ratio = 0.5;
  Of(rows, 10).cpu_ratio = 0.5;
  ProcessSelection selection;
  EXPECT_THAT(Choose(selection, rows, All(), 2), ElementsAre(10, 20));
  EXPECT_EQ(selection.LeftOut(), 18U);
}

TEST(ProcessSelection, LeavesOutNoneWhereThereIsRoom) {
  ProcessSelection selection;
  const auto rows = Rows(20);
  (void)Choose(selection, rows, All(), 2);
  (void)Choose(selection, rows, All(), 20);
  EXPECT_EQ(selection.LeftOut(), 0U);
  (void)Choose(selection, rows, Top(4), 8);
  EXPECT_EQ(selection.LeftOut(), 0U);
  (void)Choose(selection, rows, Top(100), 200);
  EXPECT_EQ(selection.LeftOut(), 0U);
}

TEST(ProcessSelection, TakesNoneWithoutRoom) {
  ProcessSelection selection;
  EXPECT_THAT(Choose(selection, Rows(3), All(), 0), IsEmpty());
  EXPECT_EQ(selection.LeftOut(), 3U);
}

// Whatever the processes do: never more than there is room for or wanted, the clearly busiest and
// largest among them, each once, in order.
TEST(ProcessSelection, KeepsItsPromises) {
  std::mt19937 random(
      7);  // NOLINT(bugprone-random-generator-seed, cert-msc51-cpp): always the same
  const auto draw = [&](std::uint32_t end) { return static_cast<std::size_t>(random() % end); };
  ProcessSelection selection;
  for (int i = 0; i < 300; ++i) {
    auto rows = Rows(draw(100));
    for (Process& row : rows) {
      row.cpu_ratio = static_cast<double>(draw(50));
      row.memory_ratio = static_cast<double>(draw(50));
    }
    ProcessSettings settings = Top(draw(40));
    settings.all = draw(4) == 0;
    const std::size_t most = draw(120);
    const Pids chosen = Choose(selection, rows, settings, most);
    EXPECT_LE(chosen.size(), most);
    EXPECT_TRUE(settings.all || chosen.size() <= 2 * settings.top);
    EXPECT_TRUE(std::ranges::is_sorted(chosen));
    EXPECT_EQ(std::set(chosen.begin(), chosen.end()).size(), chosen.size());
    EXPECT_LE(selection.LeftOut() + chosen.size(), rows.size());
    EXPECT_TRUE(!settings.all || selection.LeftOut() + chosen.size() == rows.size());
    if (rows.empty() || std::min(settings.top, most / 2) < 2) continue;
    const auto busiest = std::ranges::max_element(rows, {}, &Process::cpu_ratio);
    const auto largest = std::ranges::max_element(rows, {}, &Process::memory_ratio);
    EXPECT_THAT(chosen, Contains((*busiest)->key.pid));
    EXPECT_THAT(chosen, Contains((*largest)->key.pid));
  }
}

}  // namespace
}  // namespace procmarshal::testing
