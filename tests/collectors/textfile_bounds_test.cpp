// What the textfile collector does with too many, too large and too faulty files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "collectors/prom_file.h"
#include "collectors/text_parser.h"
#include "tests/support/textfile.h"

namespace procmarshal::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using TextfileBounds = TextfileTest;

// Lines "metric FROM" up to "metric TO", without the latter.
std::string Metrics(int from, int to, const std::string& labels = "") {
  std::string text;
  for (int i = from; i < to; ++i) text += "m" + std::to_string(i) + labels + " 1\n";
  return text;
}

TEST_F(TextfileBounds, RefusesAHugeFile) {
  Write("a.prom", "");
  fs::resize_file(folder_.Path("a.prom"), 100UL << 20U);
  EXPECT_EQ(Samples(), "");
  EXPECT_EQ(problem_, "a.prom: longer than 16 MiB");
}

TEST_F(TextfileBounds, RefusesWhatIsTooMuchForOnePage) {
  std::string text;
  for (std::size_t i = 0; i < kMostTextSamples; ++i)
    text += "a{b=\"" + std::to_string(i) + "\"} 1\n";
  Write("a.prom", "z 1\n");
  Write("b.prom", text);
  Write("c.prom", "y 1\n");
  EXPECT_EQ(Samples(), "z 1\ny 1\n");
  EXPECT_EQ(problem_,
            "files left out for want of room: 1, the first is b.prom; all together may have 5000 "
            "metrics, 100000 lines of samples, 1000000 labels and 16 MiB");
  EXPECT_THAT(Collect(), Not(HasSubstr("file=\"b.prom\"")));
  fs::remove(folder_.Path("a.prom"));
  EXPECT_THAT(Samples(), HasSubstr("a{b=\"99999\"} 1\n"));
}

TEST_F(TextfileBounds, SaysOfAllFilesWithoutRoomOnce) {
  Write("a.prom", Metrics(0, 4999));
  for (int i = 10; i < 40; ++i)
    Write(std::to_string(i) + "b.prom", Metrics(i * 1000, (i * 1000) + 4990));
  (void)Collect();
  EXPECT_THAT(problem_,
              ::testing::StartsWith("files left out for want of room: 30, the first is "));
  EXPECT_THAT(problem_, Not(HasSubstr("\n")));
}

TEST_F(TextfileBounds, ReadsAFileWithoutRoomOnlyWhenItOrTheOthersChanged) {
  Write("a.prom", Metrics(0, 3000));
  Write("b.prom", Metrics(3000, 6000));
  const Opens opens(folder_.Path(""));
  (void)Collect();
  EXPECT_THAT(problem_, HasSubstr("the first is b.prom"));
  EXPECT_EQ(opens.Count(), 2);
  EXPECT_EQ(Samples(), Metrics(0, 3000));
  EXPECT_EQ(opens.Count(), 0);
  EXPECT_EQ(problem_, "");
  Write("b.prom", Metrics(3000, 3001));
  EXPECT_EQ(Samples(), Metrics(0, 3001));
  Write("b.prom", Metrics(3000, 6000));
  EXPECT_EQ(Samples(), Metrics(0, 3000));
  Write("a.prom", "a 1\n");
  EXPECT_EQ(Samples(), "a 1\n" + Metrics(3000, 6000));
  EXPECT_EQ(problem_, "");
}

TEST_F(TextfileBounds, DropsAFileWhenAnEarlierOneGrows) {
  Write("a.prom", "a 1\n");
  Write("b.prom", Metrics(3000, 6000));
  EXPECT_EQ(Samples(), "a 1\n" + Metrics(3000, 6000));
  Write("a.prom", Metrics(0, 3000));
  EXPECT_EQ(Samples(), Metrics(0, 3000));
  EXPECT_THAT(problem_, HasSubstr("the first is b.prom"));
}

TEST_F(TextfileBounds, CountsAMetricOfSeveralFilesOnce) {
  Write("a.prom", Metrics(0, 4000, "{f=\"a\"}"));
  Write("b.prom", Metrics(0, 4000, "{f=\"b\"}"));
  EXPECT_THAT(Samples(), AllOf(HasSubstr("m3999{f=\"a\"} 1\n"), HasSubstr("m3999{f=\"b\"} 1\n")));
  EXPECT_EQ(problem_, "");
}

TEST_F(TextfileBounds, CountsTheLinesThatThePageHas) {
  std::string text = "# TYPE h histogram\n";  // each gets a count and a bucket
  for (std::size_t i = 0; i <= kMostTextSamples / 3; ++i) {
    text += "h_sum{a=\"" + std::to_string(i) + "\"} 1\n";
  }
  Write("a.prom", text);
  EXPECT_EQ(Samples(), "");
  EXPECT_THAT(problem_, HasSubstr("files left out for want of room: 1, the first is a.prom"));
}

TEST_F(TextfileBounds, CountsBytesBeforeItReadsThem) {
  Write("a.prom", "a 1\n#" + std::string(9UL << 20U, '#') + "\n");
  Write("b.prom", "b 1\n#" + std::string(9UL << 20U, '#') + "\n");
  Write("c.prom", "c 1\n");
  const Opens opens(folder_.Path(""));
  EXPECT_EQ(Samples(), "a 1\nc 1\n");
  EXPECT_THAT(problem_, HasSubstr("files left out for want of room: 1, the first is b.prom"));
  EXPECT_EQ(opens.Count(), 2);
}

TEST_F(TextfileBounds, ReadsNoMoreThanSoManyFiles) {
  for (std::size_t i = 0; i < kMostPromFiles + 2; ++i) {
    std::ofstream(folder_.Path(std::to_string(10'000 + i) + ".prom")) << "";
  }
  const std::string page = Collect();
  EXPECT_THAT(page, AllOf(HasSubstr("file=\"14999.prom\""), Not(HasSubstr("file=\"15000.prom\""))));
  EXPECT_EQ(problem_, "files left out: 2, the first is 15000.prom; no more than 5000 are read");
}

TEST_F(TextfileBounds, DoesNotFillTheLog) {
  for (int i = 10; i < 35; ++i) Write(std::to_string(i) + ".prom", "x\n");
  (void)Collect();
  EXPECT_THAT(problem_, AllOf(HasSubstr("29.prom: "), Not(HasSubstr("30.prom")),
                              ::testing::EndsWith("; 5 more mistakes")));
  clock_.Advance(std::chrono::minutes(1));
  Write("36.prom", "x\n");
  (void)Collect();
  EXPECT_THAT(problem_, ::testing::StartsWith("36.prom: "));
  EXPECT_THAT(problem_, Not(HasSubstr("more mistakes")));
}

TEST_F(TextfileBounds, CountsInTheNextMinuteWhatCameAfterTheCount) {
  for (int i = 10; i < 35; ++i) Write(std::to_string(i) + ".prom", "x\n");
  (void)Collect();
  for (int i = 35; i < 38; ++i) {
    Write(std::to_string(i) + ".prom", "x\n");
    (void)Collect();
    EXPECT_EQ(problem_, "");
  }
  clock_.Advance(std::chrono::minutes(1));
  (void)Collect();
  EXPECT_EQ(problem_, "3 more mistakes");
  clock_.Advance(std::chrono::minutes(1));
  (void)Collect();
  EXPECT_EQ(problem_, "");
}

}  // namespace
}  // namespace procmarshal::testing
