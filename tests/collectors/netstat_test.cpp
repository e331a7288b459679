#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kUdp = "Udp: InDatagrams NoPorts\nUdp: 3 4\n";

std::string CollectNetstat(const std::string& text) {
  return CollectFrom("netstat", {{"net/netstat", text}, {"net/snmp", kUdp}});
}

TEST(Netstat, ReadsAllThreeFiles) {
  EXPECT_EQ(CollectFrom("netstat", {{"net/netstat",
                                     "IpExt: InNoRoutes InOctets OutOctets\n"
                                     "IpExt: 1 112574437784 3\n"},
                                    {"net/snmp",
                                     "Tcp: MaxConn CurrEstab InErrs\n"
                                     "Tcp: -1 5 6\n"},
                                    {"net/snmp6",
                                     "Ip6InReceives                   \t2135\n"
                                     "Ip6InOctets                     \t197809\n"
                                     "Udp6NoPorts                     \t7\n"}}),
            "node_netstat_Ip6_InOctets 197809\n"
            "node_netstat_IpExt_InOctets 112574437784\n"
            "node_netstat_IpExt_OutOctets 3\n"
            "node_netstat_Tcp_CurrEstab 5\n"
            "node_netstat_Tcp_InErrs 6\n"
            "node_netstat_Udp6_NoPorts 7\n");
}

TEST(Netstat, GivesTheCountsOfTcpThatDashboardsAskFor) {
  EXPECT_EQ(CollectFrom("netstat", {{"net/netstat",
                                     "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed TW "
                                     "ListenOverflows ListenDrops TCPTimeouts TCPRcvQDrop "
                                     "TCPOFOQueue TCPSynRetrans\n"
                                     "TcpExt: 1 2 3 4 5 6 7 8 9 10\n"},
                                    {"net/snmp",
                                     "Tcp: ActiveOpens PassiveOpens AttemptFails CurrEstab InSegs "
                                     "OutSegs RetransSegs InErrs OutRsts\n"
                                     "Tcp: 1 2 3 4 5 6 7 8 9\n"}}),
            "node_netstat_TcpExt_ListenDrops 6\n"
            "node_netstat_TcpExt_ListenOverflows 5\n"
            "node_netstat_TcpExt_SyncookiesFailed 3\n"
            "node_netstat_TcpExt_SyncookiesRecv 2\n"
            "node_netstat_TcpExt_SyncookiesSent 1\n"
            "node_netstat_TcpExt_TCPOFOQueue 9\n"
            "node_netstat_TcpExt_TCPRcvQDrop 8\n"
            "node_netstat_TcpExt_TCPSynRetrans 10\n"
            "node_netstat_TcpExt_TCPTimeouts 7\n"
            "node_netstat_Tcp_ActiveOpens 1\n"
            "node_netstat_Tcp_CurrEstab 4\n"
            "node_netstat_Tcp_InErrs 8\n"
            "node_netstat_Tcp_InSegs 5\n"
            "node_netstat_Tcp_OutRsts 9\n"
            "node_netstat_Tcp_OutSegs 6\n"
            "node_netstat_Tcp_PassiveOpens 2\n"
            "node_netstat_Tcp_RetransSegs 7\n");
}

TEST(Netstat, GivesErrorsOfEveryProtocol) {
  EXPECT_EQ(CollectFrom("netstat", {{"net/netstat", "SctpExt: InErrs\nSctpExt: 1\n"},
                                    {"net/snmp",
                                     "Ip: Forwarding\nIp: 2\n"
                                     "Icmp: InMsgs InErrors OutMsgs\nIcmp: 1 2 3\n"
                                     "UdpLite: InErrors\nUdpLite: 4\n"},
                                    {"net/snmp6", "Icmp6InErrors 5\nUdpLite6InErrors 6\n"}}),
            "node_netstat_Icmp6_InErrors 5\n"
            "node_netstat_Icmp_InErrors 2\n"
            "node_netstat_Icmp_InMsgs 1\n"
            "node_netstat_Icmp_OutMsgs 3\n"
            "node_netstat_Ip_Forwarding 2\n"
            "node_netstat_SctpExt_InErrs 1\n"
            "node_netstat_UdpLite6_InErrors 6\n"
            "node_netstat_UdpLite_InErrors 4\n");
}

TEST(Netstat, GivesTheUsualCountsOfUdp) {
  EXPECT_EQ(CollectFrom("netstat", {{"net/netstat", kUdp},
                                    {"net/snmp",
                                     "Udp: OutDatagrams RcvbufErrors SndbufErrors MemErrors\n"
                                     "Udp: 5 6 7 8\n"}}),
            "node_netstat_Udp_InDatagrams 3\n"
            "node_netstat_Udp_NoPorts 4\n"
            "node_netstat_Udp_OutDatagrams 5\n"
            "node_netstat_Udp_RcvbufErrors 6\n"
            "node_netstat_Udp_SndbufErrors 7\n");
}

// "name: help" of each family.
std::vector<std::string> Helps(const std::string& netstat, const std::string& snmp) {
  const ProcTree tree;
  tree.Write("proc/net/netstat", netstat);
  tree.Write("proc/net/snmp", snmp);
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  EXPECT_TRUE(MakeCollector("netstat", HostOf(tree))->Collect(out));
  out.Finish();
  std::vector<std::string> helps;
  std::ranges::transform(families, std::back_inserter(helps),
                         [](const auto& family) { return family.name + ": " + family.help; });
  return helps;
}

TEST(Netstat, SaysWhatItCounts) {
  EXPECT_THAT(
      Helps("IpExt: InOctets\nIpExt: 1\nTcpExt: ListenDrops ListenNew\nTcpExt: 1 2\n",
            "Tcp: RetransSegs InErrs\nTcp: 1 2\nUdpLite: InErrors\nUdpLite: 1\n"),
      ElementsAre("node_netstat_IpExt_InOctets: IPv4: bytes received.",
                  "node_netstat_TcpExt_ListenDrops: TCP: new connections dropped where a program "
                  "listens, for any reason.",
                  "node_netstat_TcpExt_ListenNew: TCP: another count of sockets that listen.",
                  "node_netstat_Tcp_RetransSegs: TCP: segments sent again.",
                  "node_netstat_Tcp_InErrs: TCP: packets received and not taken, since they were "
                  "damaged or had no room.",
                  "node_netstat_UdpLite_InErrors: UdpLite: packets received and not taken, since "
                  "they were damaged or had no room."));
}

TEST(Netstat, RefusesFewerNumbersThanNames) {
  EXPECT_EQ(CollectNetstat("Tcp: InSegs OutSegs\nTcp: 1\n"),
            "error: net/netstat: expected as many numbers as names of Tcp, found \"OutSegs\"");
}

TEST(Netstat, RefusesMoreNumbersThanNames) {
  EXPECT_EQ(CollectNetstat("Tcp: InSegs\nTcp: 1 2\n"),
            "error: net/netstat: expected as many numbers as names of Tcp, found \"2\"");
}

TEST(Netstat, RefusesNamesWithoutNumbers) {
  EXPECT_EQ(CollectNetstat("Tcp: InSegs\n"),
            "error: net/netstat: expected the numbers of Tcp, found \"\"");
}

TEST(Netstat, RefusesTheNumbersOfAnotherProtocol) {
  EXPECT_THAT(CollectNetstat("Tcp: InSegs\nUdp: 1\n"),
              HasSubstr("error: net/netstat: expected the numbers of Tcp"));
}

TEST(Netstat, RefusesWhatIsNoNumber) {
  EXPECT_EQ(CollectNetstat("Tcp: InSegs\nTcp: nan\n"),
            "error: net/netstat: Tcp_InSegs: expected a number, found \"nan\"");
}

TEST(Netstat, RefusesANumberThatIsTooLarge) {
  EXPECT_THAT(CollectNetstat("Tcp: InSegs\nTcp: 18446744073709551616\n"), HasSubstr("error: "));
}

TEST(Netstat, RefusesANameThatIsNoMetricName) {
  EXPECT_EQ(CollectNetstat("TcpExt: Listen\"} Listen\nTcpExt: 1 2\n"),
            "error: net/netstat: expected the name of a count, found \"TcpExt_Listen\"}\"");
}

TEST(Netstat, RefusesALineOfSnmp6WithoutANumber) {
  EXPECT_EQ(
      CollectFrom("netstat",
                  {{"net/netstat", kUdp}, {"net/snmp", kUdp}, {"net/snmp6", "Udp6NoPorts\n"}}),
      "error: net/snmp6: Udp6_NoPorts: expected a number, found \"\"");
}

TEST(Netstat, RefusesAnEmptyFile) {
  EXPECT_EQ(CollectNetstat(""), "error: net/netstat: the file is empty");
}

TEST(Netstat, SaysThatTheFileIsNotThere) {
  EXPECT_THAT(CollectFrom("netstat", {}), HasSubstr("net/netstat: No such file"));
}

}  // namespace
}  // namespace procmarshal::testing
