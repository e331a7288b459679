#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Collect(const std::string& text) {
  return CollectFrom("sockstat", {{"net/sockstat", text}});
}

TEST(Sockstat, ReadsBothFiles) {
  const std::string bytes = std::to_string(3 * ::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(CollectFrom("sockstat", {{"net/sockstat",
                                      "sockets: used 16\n"
                                      "TCP: inuse 1 orphan 2 tw 4 alloc 5 mem 3\n"
                                      "RAW: inuse 6\n"
                                      "FRAG: inuse 7 memory 8\n"},
                                     {"net/sockstat6", "TCP6: inuse 9\n"}}),
            "node_sockstat_FRAG_inuse 7\n"
            "node_sockstat_FRAG_memory 8\n"
            "node_sockstat_RAW_inuse 6\n"
            "node_sockstat_TCP6_inuse 9\n"
            "node_sockstat_TCP_alloc 5\n"
            "node_sockstat_TCP_inuse 1\n"
            "node_sockstat_TCP_mem 3\n"
            "node_sockstat_TCP_mem_bytes " +
                bytes +
                "\n"
                "node_sockstat_TCP_orphan 2\n"
                "node_sockstat_TCP_tw 4\n"
                "node_sockstat_sockets_used 16\n");
}

TEST(Sockstat, IgnoresNumbersThatItDoesNotKnow) {
  EXPECT_EQ(Collect("TCP: inuse 1 new 2\n"), "node_sockstat_TCP_inuse 1\n");
}

TEST(Sockstat, ReadsAHostWithoutIpv4) {
  EXPECT_EQ(CollectFrom("sockstat", {{"net/sockstat6", "UDP6: inuse 2\n"}}),
            "node_sockstat_UDP6_inuse 2\n");
}

TEST(Sockstat, GivesNothingWithoutTheFiles) {
  EXPECT_EQ(CollectFrom("sockstat", {}), "");
}

TEST(Sockstat, RefusesANameWithoutANumber) {
  EXPECT_EQ(Collect("TCP: inuse 1 orphan\n"),
            "error: net/sockstat: expected \"PROTOCOL: NAME NUMBER ...\", found \"TCP: inuse 1 "
            "orphan\"");
}

TEST(Sockstat, SaysWhatItCounts) {
  const ProcTree tree;
  tree.Write("proc/net/sockstat", "TCP: tw 1 mem 2\nFRAG: inuse 3 memory 4\n");
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  EXPECT_TRUE(MakeCollector("sockstat", HostOf(tree))->Collect(out));
  out.Finish();
  std::vector<std::string> helps;
  std::ranges::transform(families, std::back_inserter(helps), &prometheus::MetricFamily::help);
  EXPECT_THAT(helps, ElementsAre("TCP: sockets in the state TIME_WAIT.",
                                 "TCP: memory of the sockets' buffers, in pages.",
                                 "TCP: memory of the sockets' buffers, in bytes.",
                                 "FRAG: packets of which fragments are still to come.",
                                 "FRAG: memory of fragments of packets, in bytes."));
}

TEST(Sockstat, RefusesALineWithoutNumbers) {
  EXPECT_THAT(Collect("TCP:\n"), HasSubstr("error: "));
}

TEST(Sockstat, RefusesWhatIsNoNumber) {
  EXPECT_THAT(Collect("TCP: inuse many\n"), HasSubstr("error: "));
}

TEST(Sockstat, RefusesAProtocolThatIsNoMetricName) {
  EXPECT_THAT(Collect("T-P: inuse 1\n"), HasSubstr("error: "));
}

TEST(Sockstat, RefusesAnEmptyFile) {
  EXPECT_EQ(Collect(""), "error: net/sockstat: the file is empty");
}

}  // namespace
}  // namespace procmarshal::testing
