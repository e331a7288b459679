#include "collectors/process_files.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace procmarshal::testing {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): texts with NULs

constexpr const char* kStat =
    " S 1 7 7 0 -1 4194304 102 5 3 0 250 150 9 8 20 -5 4 0 87103 3133440 394 "
    "18446744073709551615 94517913526272 94517913546153 140733894061472 0 0 0\n";

TEST(ParseStat, ReadsAllThatIsUsed) {
  const std::string text = "42 (webapp)"s + kStat;
  const auto stat = ParseStat(text);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->name, "webapp");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 1);
  EXPECT_EQ(stat->minor_faults, 102U);
  EXPECT_EQ(stat->major_faults, 3U);
  EXPECT_EQ(stat->user_ticks, 250U);
  EXPECT_EQ(stat->system_ticks, 150U);
  EXPECT_EQ(stat->child_minor_faults, 5U);
  EXPECT_EQ(stat->child_major_faults, 0U);
  EXPECT_EQ(stat->child_user_ticks, 9U);
  EXPECT_EQ(stat->child_system_ticks, 8U);
  EXPECT_EQ(stat->nice, -5);
  EXPECT_EQ(stat->threads, 4U);
  EXPECT_EQ(stat->start_ticks, 87103U);
  EXPECT_EQ(stat->virtual_bytes, 3133440U);
  EXPECT_NE(stat->exec_id, 0U);
}

TEST(ParseStat, ReadsTheScheduling) {
  const std::string head =
      "42 (x) S 1 7 7 0 -1 4 1 5 3 0 2 1 9 9 20 0 1 0 8 3 3 18 1 2 3 4 5 6 7 8 ";
  const auto stat = ParseStat(head + "9 10 11 12 13 17 99 1 0 0 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->realtime_priority, 99);
  EXPECT_EQ(stat->policy, 1);
  EXPECT_EQ(ParseStat(head)->policy, 0);
}

TEST(ParseStat, TakesAnyName) {
  const auto f = [](const std::string& name) {
    const std::string text = "42 (" + name + ")" + kStat;
    const auto stat = ParseStat(text);
    return stat ? std::string(stat->name) + "/" + stat->state : "error: " + stat.error().message;
  };
  EXPECT_EQ(f(""), "/S");
  EXPECT_EQ(f("a b"), "a b/S");
  EXPECT_EQ(f(") R 1 ("), ") R 1 (/S");
  EXPECT_EQ(f("(()"), "(()/S");
  EXPECT_EQ(f("two\nlines"), "two\nlines/S");
  EXPECT_EQ(f("\xff\xfe"), "\xff\xfe/S");
}

TEST(ParseStat, KnowsNoExecWhereTheKernelHidesTheAddresses) {
  const auto stat = ParseStat("42 (x) S 1 7 7 0 -1 4 1 5 3 0 2 1 9 9 20 0 1 0 8 3 3 18 1 1 0 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->exec_id, 0U);
}

TEST(ParseStat, RefusesWhatIsCutOffOrNoNumber) {
  const auto f = [](std::string_view text) { return ParseStat(text).has_value(); };
  EXPECT_FALSE(f(""));
  EXPECT_FALSE(f("42"));
  EXPECT_FALSE(f("42 ("));
  EXPECT_FALSE(f("42 (x)"));
  EXPECT_FALSE(f("42 (x) "));
  EXPECT_FALSE(f("42 (x) S"));
  EXPECT_FALSE(f("42 (x) S 1 7 7 0 -1 4194304 102 5 3 0 250 150"));
  EXPECT_FALSE(f("42 )x( S 1 7 7 0 -1 4 1 5 3 0 2 1 9 9 20 0 1 0 8 3 3 18 1 1 0 0"));
  EXPECT_FALSE(f("42 (x) S one 7 7 0 -1 4 1 5 3 0 2 1 9 9 20 0 1 0 8 3 3 18 1 1 0 0"));
  EXPECT_FALSE(f("42 (x) S 1 7 7 0 -1 4 99999999999999999999 5 3 0 2 1 9 9 20 0 1 0 8 3 3 18"));
}

TEST(ParseStatus, ReadsUserAndMemory) {
  const auto status = ParseStatus(
      "Name:\tcat\nUid:\t1000\t1001\t1002\t1003\nVmLck:\t 4 kB\nVmRSS:\t    1692 kB\nRssAnon:\t 1 "
      "kB\nRssFile:\t 20 kB\nRssShmem:\t 3 kB\nVmData:\t 6 kB\nVmStk:\t 7 kB\nVmSwap:\t       8 "
      "kB\n"
      "Threads:\t1\nSigQ:\t9/95\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->real_uid, 1000U);
  EXPECT_EQ(status->uid, 1001U);
  EXPECT_EQ(status->locked_bytes, 4U * 1024);
  EXPECT_EQ(status->shared_bytes, 23U * 1024);
  EXPECT_EQ(status->data_bytes, 6U * 1024);
  EXPECT_EQ(status->stack_bytes, 7U * 1024);
  EXPECT_EQ(status->pending_signals, 9U);
  EXPECT_EQ(status->resident_bytes, 1692U * 1024);
  EXPECT_EQ(status->swap_bytes, 8U * 1024);
}

TEST(ParseStatus, TakesProcessesWithoutMemory) {
  const auto status = ParseStatus("Name:\tkthreadd\nUid:\t0\t0\t0\t0\nThreads:\t1\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->resident_bytes, 0U);
}

TEST(ParseStatus, RefusesAFileWithoutUser) {
  EXPECT_FALSE(ParseStatus(""));
  EXPECT_FALSE(ParseStatus("Name:\tcat\n"));
  EXPECT_FALSE(ParseStatus("Uid:\t5\n"));
  EXPECT_FALSE(ParseStatus("Uid:\troot\troot\troot\troot\n"));
}

TEST(ParseStatus, ReadsSwitchesWhereverTheyStandNearTheEnd) {
  const auto f = [](const std::string& rest) {
    const auto status = ParseStatus("Uid:\t5\t5\t5\t5\nVmSwap:\t 8 kB\nThreads:\t1\n" + rest);
    return std::pair(status->voluntary_switches, status->nonvoluntary_switches);
  };
  using Switches = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(f("voluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t2\n"), Switches(7, 2));
  EXPECT_EQ(
      f("voluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t2\nx86_Thread_features:\t"),
      Switches(7, 2));
  EXPECT_EQ(f("voluntary_ctxt_switches:\t7\n"), Switches(7, 0));
  EXPECT_EQ(f("voluntary_ctxt_switches:\t7"), Switches(7, 0));
  EXPECT_EQ(f("voluntary_ctxt_switches:"), Switches(0, 0));
  EXPECT_EQ(f("voluntary_ctxt_switches:\tmany\nanother_line:\t2\n"), Switches(0, 0));
  EXPECT_EQ(f("nonvoluntary_ctxt_switches:\t2\n"), Switches(0, 0));
}

const std::string kIo =
    "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\n"
    "cancelled_write_bytes: 5\n";

TEST(ParseIo, ReadsAllLines) {
  const auto io = ParseIo(kIo);
  ASSERT_TRUE(io);
  EXPECT_EQ(io->read_chars, 1U);
  EXPECT_EQ(io->write_chars, 2U);
  EXPECT_EQ(io->read_syscalls, 3U);
  EXPECT_EQ(io->write_syscalls, 4U);
  EXPECT_EQ(io->read_bytes, 4096U);
  EXPECT_EQ(io->write_bytes, 8192U);
  EXPECT_EQ(io->cancelled_write_bytes, 5U);
}

TEST(ParseIo, LeavesOutLinesThatItDoesNotKnow) {
  EXPECT_TRUE(ParseIo("new: 1\n" + kIo));
}

TEST(ParseIo, RefusesHalfAFile) {
  EXPECT_FALSE(ParseIo(""));
  EXPECT_FALSE(ParseIo("read_bytes: 4096\n"));
  EXPECT_FALSE(ParseIo(kIo.substr(0, kIo.find("cancelled"))));
  EXPECT_FALSE(ParseIo(kIo.substr(0, kIo.size() - 2) + "-1\n"));
  EXPECT_FALSE(ParseIo(kIo.substr(0, kIo.size() - 2) + "many\n"));
}

TEST(ParseSchedstat, ReadsThreeNumbers) {
  EXPECT_EQ(ParseSchedstat("1390919 307598 7\n"), (Schedstat{1390919, 307598, 7}));
  EXPECT_EQ(ParseSchedstat("0 0 0\n"), Schedstat{});
}

TEST(ParseSchedstat, RefusesWhatIsCutOffOrNoNumber) {
  EXPECT_FALSE(ParseSchedstat(""));
  EXPECT_FALSE(ParseSchedstat("1390919 307598"));
  EXPECT_FALSE(ParseSchedstat("1390919 -1 7\n"));
  EXPECT_FALSE(ParseSchedstat("99999999999999999999 1 7\n"));
}

TEST(ParseWchan, KnowsTheSignForNone) {
  EXPECT_EQ(ParseWchan("futex_wait_queue"), "futex_wait_queue");
  EXPECT_EQ(ParseWchan("do_wait\n"), "do_wait");
  EXPECT_EQ(ParseWchan("0"), "");
  EXPECT_EQ(ParseWchan("0\n"), "");
  EXPECT_EQ(ParseWchan(""), "");
}

TEST(ParseSmapsRollup, ReadsSharesOfMemoryAndSwap) {
  const auto rollup = ParseSmapsRollup(
      "5601-7fff ---p 00000000 00:00 0     [rollup]\nRss:     1696 kB\nPss:      206 kB\n"
      "Pss_Dirty:  112 kB\nSwap:  9 kB\nSwapPss:    3 kB\nLocked:   0 kB\n");
  ASSERT_TRUE(rollup);
  EXPECT_EQ(rollup->pss_bytes, 206U * 1024);
  EXPECT_EQ(rollup->swap_pss_bytes, 3U * 1024);
}

TEST(ParseSmapsRollup, RefusesHalfAFile) {
  EXPECT_FALSE(ParseSmapsRollup(""));
  EXPECT_FALSE(ParseSmapsRollup("Pss:  206 kB\n"));
  EXPECT_FALSE(ParseSmapsRollup("Pss:  206 kB\nSwapPss:\n"));
  EXPECT_FALSE(ParseSmapsRollup("Pss:  many kB\nSwapPss:  0 kB\n"));
}

TEST(ParseCommandLine, JoinsTheArguments) {
  EXPECT_EQ(ParseCommandLine("nginx\0-g\0daemon off;\0"s), "nginx -g daemon off;");
  EXPECT_EQ(ParseCommandLine("nginx: worker\0\0\0\0"s), "nginx: worker");
  EXPECT_EQ(ParseCommandLine("\0\0\0"s), "");
  EXPECT_EQ(ParseCommandLine(""), "");
  EXPECT_EQ(ParseCommandLine("a\0\0b\0"s), "a  b");
}

}  // namespace
}  // namespace procmarshal::testing
