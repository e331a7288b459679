#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

const std::string kHeadings =
    "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop "
    "early_drop icmp_error  expect_new expect_create expect_delete search_restart\n";

std::string Collect(const std::string& statistics) {
  return CollectFrom("conntrack", {{"sys/net/netfilter/nf_conntrack_count", "12\n"},
                                   {"sys/net/netfilter/nf_conntrack_max", "262144\n"},
                                   {"net/stat/nf_conntrack", statistics}});
}

TEST(Conntrack, AddsUpTheCpus) {
  EXPECT_EQ(Collect(kHeadings +
                    "0000000c  000000a1 00000010 000000a3 00000020 00000030 000000a6 000000a7 "
                    "00000040 00000050 00000060 00000070 000000ac  000000ad 000000ae 000000af "
                    "00000080\n"
                    "0000000c  00000001 00000001 00000001 00000002 00000003 00000001 00000001 "
                    "00000004 00000005 00000006 00000007 00000001  00000001 00000001 00000001 "
                    "00000008\n"),
            "node_nf_conntrack_entries 12\n"
            "node_nf_conntrack_entries_limit 262144\n"
            "node_nf_conntrack_stat_drop 102\n"
            "node_nf_conntrack_stat_early_drop 119\n"
            "node_nf_conntrack_stat_found 17\n"
            "node_nf_conntrack_stat_ignore 51\n"
            "node_nf_conntrack_stat_insert 68\n"
            "node_nf_conntrack_stat_insert_failed 85\n"
            "node_nf_conntrack_stat_invalid 34\n"
            "node_nf_conntrack_stat_search_restart 136\n");
}

TEST(Conntrack, ReadsAnOldKernelWithoutTheLastColumn) {
  EXPECT_THAT(Collect(kHeadings + "0 1 2 3 4 5 6 7 8 9 a b c d e f\n"),
              HasSubstr("stat_found 2\nnode_nf_conntrack_stat_ignore 5\n"));
}

TEST(Conntrack, RefusesAShortLine) {
  EXPECT_EQ(Collect(kHeadings + "0 1 2 3 4 5 6 7 8 9 a b c d e\n"),
            "error: net/stat/nf_conntrack: expected 16 hexadecimal numbers or more, found \"0 1 2 "
            "3 4 5 6 7 8 9 a b c d e\"");
}

TEST(Conntrack, RefusesWhatIsNoNumber) {
  EXPECT_THAT(Collect(kHeadings + "0 1 2 3 4 5 6 7 8 9 a b c d e f g\n"), HasSubstr("error: "));
}

TEST(Conntrack, RefusesAFileWithoutHeadings) {
  EXPECT_EQ(Collect(""), "error: net/stat/nf_conntrack: expected a line of headings, found \"\"");
}

TEST(Conntrack, RefusesASettingThatIsNoNumber) {
  EXPECT_THAT(CollectFrom("conntrack", {{"sys/net/netfilter/nf_conntrack_count", "many\n"}}),
              HasSubstr("nf_conntrack_count: expected a number, found \"many\""));
}

TEST(Conntrack, SaysThatItMayNotRead) {
  const ProcTree tree;
  tree.Write("sys/net/netfilter/nf_conntrack_count", "12\n");
  tree.Forbid("sys/net/netfilter/nf_conntrack_count");
  const auto conntrack = MakeCollector("conntrack", {.proc = tree.Fs()});
  const AsNobody nobody;
  EXPECT_THAT(CollectOnce(*conntrack), HasSubstr("nf_conntrack_count: Permission denied"));
}

TEST(Conntrack, IsNotThereWithoutTheModule) {
  const ProcTree tree;
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  const Status status = MakeCollector("conntrack", {.proc = tree.Fs()})->Collect(out);
  out.Finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(families.empty());
}

}  // namespace
}  // namespace procmarshal::testing
