#include "collectors/process_files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace procmarshal::testing {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): texts with NULs

constexpr const char* kStat =
    " S 1 7 7 0 -1 4194304 102 5 3 0 250 150 9 9 20 -5 4 0 87103 3133440 394 "
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
  EXPECT_EQ(stat->nice, -5);
  EXPECT_EQ(stat->threads, 4U);
  EXPECT_EQ(stat->start_ticks, 87103U);
  EXPECT_EQ(stat->virtual_bytes, 3133440U);
  EXPECT_NE(stat->exec_id, 0U);
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
      "Name:\tcat\nUid:\t1000\t1001\t1002\t1003\nVmRSS:\t    1692 kB\nVmSwap:\t       8 kB\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->uid, 1001U);
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

TEST(ParseIo, ReadsStorageBytes) {
  const auto io = ParseIo(
      "rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 3\n");
  ASSERT_TRUE(io);
  EXPECT_EQ(io->read_bytes, 4096U);
  EXPECT_EQ(io->write_bytes, 8192U);
}

TEST(ParseIo, RefusesHalfAFile) {
  EXPECT_FALSE(ParseIo(""));
  EXPECT_FALSE(ParseIo("read_bytes: 4096\n"));
  EXPECT_FALSE(ParseIo("read_bytes: 4096\nwrite_bytes: -1\n"));
  EXPECT_FALSE(ParseIo("read_bytes: many\nwrite_bytes: 1\n"));
}

TEST(ParseMaxOpenFiles, ReadsTheSoftLimit) {
  const auto f = [](const std::string& limit) {
    return ParseMaxOpenFiles("Max processes   5  5  processes\nMax open files            " + limit);
  };
  EXPECT_EQ(f("1024                 20000                files     \n"), 1024);
  EXPECT_TRUE(std::isinf(*f("unlimited            unlimited            files     \n")));
  EXPECT_FALSE(f("many 5 files\n"));
  EXPECT_FALSE(f(""));
  EXPECT_FALSE(ParseMaxOpenFiles(""));
}

TEST(ParseCommandLine, JoinsTheArguments) {
  EXPECT_EQ(ParseCommandLine("nginx\0-g\0daemon off;\0"s), "nginx -g daemon off;");
  EXPECT_EQ(ParseCommandLine("nginx: worker\0\0\0\0"s), "nginx: worker");
  EXPECT_EQ(ParseCommandLine("\0\0\0"s), "");
  EXPECT_EQ(ParseCommandLine(""), "");
  EXPECT_EQ(ParseCommandLine("a\0\0b\0"s), "a  b");
}

TEST(ParseCgroup, FindsTheUnit) {
  const auto f = [](std::string_view text) { return ParseCgroup(text).unit; };
  EXPECT_EQ(f("0::/system.slice/nginx.service\n"), "nginx.service");
  EXPECT_EQ(f("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope\n"),
            "user@1000.service");
  EXPECT_EQ(f("2:cpu:/\n1:name=systemd:/system.slice/ssh.service\n0::/\n"), "ssh.service");
  EXPECT_EQ(f("0::/\n"), "");
  EXPECT_EQ(f(""), "");
}

TEST(ParseCgroup, FindsTheContainer) {
  const std::string id(64, 'a');
  const auto f = [](const std::string& text) { return std::string(ParseCgroup(text).container); };
  EXPECT_EQ(f("0::/system.slice/docker-" + id + ".scope\n"), id);
  EXPECT_EQ(f("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n"), id);
  EXPECT_EQ(f("4:memory:/docker/" + id + "\n0::/\n"), id);
  EXPECT_EQ(f("0::/system.slice/docker-short.scope\n"), "");
}

}  // namespace
}  // namespace procmarshal::testing
