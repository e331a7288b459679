#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "tests/support/fixture.h"
#include "tests/support/textfile.h"

namespace procmarshal::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Textfile = TextfileTest;

TEST_F(Textfile, ShowsWhatFilesHold) {
  Write("a.prom", "# HELP a A thing.\n# TYPE a counter\na{b=\"c\"} 1\n");
  Write("b.prom", "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n");
  EXPECT_EQ(Collect(),
            "# HELP node_textfile_scrape_error Whether a *.prom file, its folder or a part of it "
            "could not be used.\n"
            "# TYPE node_textfile_scrape_error gauge\n"
            "node_textfile_scrape_error 0\n"
            "# HELP node_textfile_mtime_seconds When the *.prom files that were read were written, "
            "as Unix time.\n"
            "# TYPE node_textfile_mtime_seconds gauge\n"
            "node_textfile_mtime_seconds{file=\"a.prom\"} 1700000000\n"
            "node_textfile_mtime_seconds{file=\"b.prom\"} 1700000000\n"
            "# HELP a A thing.\n# TYPE a counter\na{b=\"c\"} 1\n"
            "# HELP h Read from b.prom.\n# TYPE h histogram\n"
            "h_count 2\nh_sum 3\nh_bucket{le=\"+Inf\"} 2\n");
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, WithoutFoldersHasNoError) {
  Use({});
  EXPECT_THAT(Collect(), ::testing::EndsWith("node_textfile_scrape_error 0\n"));
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, ReadsNoOtherFiles) {
  Write("a.prom.tmp", "a 1\n");
  Write("a.txt", "b 1\n");
  EXPECT_EQ(Samples(), "");
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, FollowsPatterns) {
  Write("x1/a.prom", "a 1\n");
  Write("x2/a.prom", "b 1\n");
  Write("y/a.prom", "c 1\n");
  Use({folder_.Path("x?"), folder_.Path("x1")});
  EXPECT_EQ(Samples(), "a 1\nb 1\n");
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, MissesAFolderThatIsNotThere) {
  Use({folder_.Path("none"), folder_.Path("no*")});
  EXPECT_THAT(Collect(), HasSubstr("node_textfile_scrape_error 1\n"));
  EXPECT_EQ(problem_,
            "open none/: No such file or directory; open no*/: No such file or directory");
}

TEST_F(Textfile, ABadFileSpoilsItselfOnly) {
  Write("a.prom", "a 1\n");
  Write("b.prom", "b 1\nb two\n");
  EXPECT_THAT(Collect(), AllOf(HasSubstr("\na 1\n"), HasSubstr("node_textfile_scrape_error 1\n"),
                               HasSubstr("file=\"a.prom\""), Not(HasSubstr("file=\"b.prom\"")),
                               Not(HasSubstr("\nb "))));
  EXPECT_EQ(problem_, "b.prom: line 2: expected a number, found \"two\"");
  EXPECT_EQ(Samples(), "a 1\n");
  EXPECT_EQ(problem_, "");  // it was said
}

TEST_F(Textfile, IsWellAgainWhenTheFileIs) {
  Write("a.prom", "a one\n");
  EXPECT_EQ(Samples(), "");
  Write("a.prom", "a 1\n");
  EXPECT_EQ(Samples(), "a 1\n");
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, NoticesFilesThatComeAndGo) {
  Write("a.prom", "a 1\n");
  EXPECT_EQ(Samples(), "a 1\n");
  Write("b.prom", "b 1\n");
  EXPECT_EQ(Samples(), "a 1\nb 1\n");
  fs::remove(folder_.Path("a.prom"));
  EXPECT_EQ(Samples(), "b 1\n");
  fs::remove(folder_.Path("b.prom"));
  EXPECT_EQ(Samples(), "");
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, ReadsAFileAnewOnlyWhenItChanged) {
  Write("a.prom", "a 1\n");
  Write("bad.prom", "b one\n");
  const Opens opens(folder_.Path(""));
  EXPECT_EQ(Samples(), "a 1\n");
  EXPECT_EQ(opens.Count(), 2);
  EXPECT_EQ(Samples(), "a 1\n");
  EXPECT_EQ(opens.Count(), 0);
  Write("a.prom", "a 11\n");  // another file of this name
  EXPECT_EQ(Samples(), "a 11\n");
}

TEST_F(Textfile, NoticesAChangeThatHidesItself) {
  Write("a.prom", "a 1\n");
  EXPECT_EQ(Samples(), "a 1\n");
  Overwrite("a.prom", "a 2\n");
  EXPECT_EQ(Samples(), "a 2\n");
}

TEST_F(Textfile, ReadsAFileOfTheFutureOnce) {
  Write("a.prom", "a 1\n");
  clock_.Advance(std::chrono::hours(-3));
  EXPECT_EQ(Samples(), "a 1\n");
  const Opens opens(folder_.Path(""));
  EXPECT_EQ(Samples(), "a 1\n");
  EXPECT_EQ(opens.Count(), 0);
}

TEST_F(Textfile, DoesNotTrustTheTimeOfAFileThatWasJustWritten) {
  Write("a.prom", "a 1\n");
  clock_.Advance(std::chrono::hours(-2));
  EXPECT_EQ(Samples(), "a 1\n");
  const Opens opens(folder_.Path(""));
  EXPECT_EQ(Samples(), "a 1\n");
  EXPECT_EQ(opens.Count(), 1);
}

TEST_F(Textfile, RefusesTimestamps) {
  Write("a.prom", "a 1 0\n");
  EXPECT_EQ(Samples(), "");
  EXPECT_THAT(problem_, HasSubstr("a.prom: line 1: expected nothing behind the value"));
}

TEST_F(Textfile, JoinsAFamilyOfSeveralFiles) {
  Write("a.prom", "# TYPE x gauge\nx{f=\"a\"} 1\n");
  Write("b.prom", "# HELP x Help.\n# TYPE x gauge\nx{f=\"b\"} 2\n");
  Write("c.prom", "# TYPE x gauge\nx{f=\"c\"} 3\n");
  EXPECT_THAT(Collect(), HasSubstr("# HELP x Help.\n# TYPE x gauge\n"
                                   "x{f=\"a\"} 1\nx{f=\"b\"} 2\nx{f=\"c\"} 3\n"));
  EXPECT_EQ(problem_, "");
}

TEST_F(Textfile, SaysFromWhereAFamilyWithoutHelpIs) {
  Write("a.prom", "x{f=\"a\"} 1\n");
  Write("b.prom", "x{f=\"b\"} 2\n");
  EXPECT_THAT(Collect(), HasSubstr("# HELP x Read from a.prom, b.prom.\n"));
}

TEST_F(Textfile, TakesOneHelpText) {
  Write("a.prom", "# HELP x One.\nx{f=\"a\"} 1\n");
  Write("b.prom", "# HELP x Two.\nx{f=\"b\"} 2\ny 3\n");
  EXPECT_EQ(Samples(), "x{f=\"a\"} 1\ny 3\n");
  EXPECT_EQ(problem_, "b.prom: \"x\" left out: its help text is not that of a.prom");
  EXPECT_THAT(Collect(), HasSubstr("mtime_seconds{file=\"b.prom\"}"));
}

TEST_F(Textfile, TakesOneType) {
  Write("a.prom", "# TYPE x gauge\nx{f=\"a\"} 1\n");
  Write("b.prom", "x{f=\"b\"} 2\n");
  EXPECT_EQ(Samples(), "x{f=\"a\"} 1\n");
  EXPECT_EQ(problem_, "b.prom: \"x\" left out: its type is not that of a.prom");
}

TEST_F(Textfile, TakesASeriesOnce) {
  Write("a.prom", "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\ny 1\n");
  Write("b.prom", "x{a=\"1\",b=\"2\",c=\"\"} 3\nx 4\n");
  EXPECT_EQ(Samples(), "x{a=\"1\",b=\"2\"} 1\nx 4\ny 1\n");
  EXPECT_EQ(problem_,
            "a.prom: 1 series of \"x\" left out: they are there already; "
            "b.prom: 1 series of \"x\" left out: they are there already");
  EXPECT_THAT(Collect(), HasSubstr("node_textfile_scrape_error 1\n"));
}

TEST_F(Textfile, GivesWayToOtherCollectors) {
  Write("a.prom", "node_load1 99\nmine 1\nnode_textfile_scrape_error 7\n");
  const std::string page = Collect({{"node_load1", "Load.", prometheus::MetricType::Gauge, {{}}}});
  EXPECT_THAT(page, AllOf(HasSubstr("node_load1 0\n"), HasSubstr("\nmine 1\n"),
                          Not(HasSubstr(" 99\n")), Not(HasSubstr(" 7\n"))));
  EXPECT_EQ(problem_,
            "a.prom: \"node_load1\" left out: there is \"node_load1\" already; a.prom: "
            "\"node_textfile_scrape_error\" left out: there is \"node_textfile_scrape_error\" "
            "already");
}

TEST_F(Textfile, GivesWayToPartsOfHistograms) {
  Write("a.prom", "s_count 1\nplain_count 2\n");
  Write("b.prom", "# TYPE s summary\ns_sum 1\n# TYPE plain gauge\nplain 1\n");
  EXPECT_EQ(Samples(), "s_count 1\nplain_count 2\nplain 1\n");
  EXPECT_EQ(problem_, "b.prom: \"s\" left out: there is \"s_count\" already");
  Write("c.prom", "h_bucket 1\n");
  (void)Collect({{"h", "", prometheus::MetricType::Histogram, {{}}}});
  EXPECT_THAT(problem_, HasSubstr("c.prom: \"h_bucket\" left out: there is \"h\" already"));
}

TEST_F(Textfile, NeverWaitsForWhatIsNoFile) {
  ASSERT_EQ(::mkfifo(folder_.Path("fifo.prom").c_str(), 0600), 0);
  fs::create_directory(folder_.Path("folder.prom"));
  fs::create_symlink("/dev/zero", folder_.Path("zero.prom"));
  fs::create_symlink("nowhere", folder_.Path("link.prom"));
  EXPECT_EQ(Samples(), "");
  EXPECT_EQ(problem_,
            "fifo.prom: not a regular file; folder.prom: not a regular file; link.prom: link to "
            "nothing; zero.prom: not a regular file");
}

TEST_F(Textfile, FollowsLinksToFiles) {
  Write("data", "a 1\n");
  fs::create_symlink("data", folder_.Path("a.prom"));
  EXPECT_EQ(Samples(), "a 1\n");
}

TEST_F(Textfile, RefusesAPathThatIsNotUtf8) {
  Write("\xFE.prom", "a 1\n");
  Write("\xFF.prom", "a 1\n");
  Write("é.prom", "b 1\n");
  EXPECT_THAT(Collect(), AllOf(HasSubstr("file=\"é.prom\""), Not(HasSubstr("\uFFFD"))));
  EXPECT_EQ(problem_, "files left out: 2, the first is \xFE.prom; their paths are not UTF-8");
}

TEST_F(Textfile, SaysWhatItMayNotRead) {
  Write("a.prom", "a 1\n");
  fs::permissions(folder_.Path("a.prom"), fs::perms::none);
  fs::permissions(folder_.Path(""), fs::perms::all);
  const AsNobody nobody;
  EXPECT_EQ(Samples(), "");
  EXPECT_EQ(problem_, "a.prom: open: Permission denied");
}

}  // namespace
}  // namespace procmarshal::testing
