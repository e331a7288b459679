#include "collectors/prom_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.h"
#include "collectors/text_parser.h"
#include "tests/support/encode.h"

namespace procmarshal::testing {
namespace {

using prometheus::MetricFamily;

std::vector<MetricFamily> Families(std::string_view text) {
  auto families = ParseText(text);
  EXPECT_TRUE(families) << families.error().message;
  return families ? *std::move(families) : std::vector<MetricFamily>();
}

// The page of these files, called 1.prom and so on; the problems follow it.
std::string Merge(const std::vector<std::string>& files) {
  PromMerge merge;
  int number = 0;
  for (const std::string& text : files) {
    merge.Add(std::to_string(++number) + ".prom", Families(text));
  }
  std::vector<MetricFamily> families;
  FamilyWriter out(families);
  std::vector<std::string> problems = merge.Problems();
  merge.Write(out, problems);
  out.Finish();
  std::string page = Encode(families, TextFormat::kPrometheus);
  for (const std::string& problem : problems) page += problem + "\n";
  return page;
}

std::size_t LinesOfSamples(std::string_view page) {
  std::size_t lines = 0;
  while (!page.empty()) lines += TakeUntil(page, '\n').starts_with('#') ? 0 : 1;
  return lines;
}

TEST(PromMerge, NamesThreeOfManyFiles) {
  EXPECT_EQ(Merge({"x{a=\"1\"} 1\n", "x{a=\"2\"} 1\n", "x{a=\"3\"} 1\n"}),
            "# HELP x Read from 1.prom, 2.prom, 3.prom.\n# TYPE x untyped\n"
            "x{a=\"1\"} 1\nx{a=\"2\"} 1\nx{a=\"3\"} 1\n");
  EXPECT_EQ(Merge({"x 1\n", "x{a=\"2\"} 1\n", "x{a=\"3\"} 1\n", "x{a=\"4\"} 1\n", "x{a=\"5\"} 1\n",
                   "# TYPE x gauge\nx{a=\"6\"} 1\n"}),
            "# HELP x Read from 1.prom, 2.prom, 3.prom and 2 more.\n# TYPE x untyped\n"
            "x 1\nx{a=\"2\"} 1\nx{a=\"3\"} 1\nx{a=\"4\"} 1\nx{a=\"5\"} 1\n"
            "6.prom: \"x\" left out: its type is not that of 1.prom, 2.prom, 3.prom and 2 more\n");
}

TEST(PromMerge, CutsLongNames) {
  const std::string name(1024, 'n');
  const std::string page = Merge({name + " 1\n", "# TYPE " + name + " gauge\n" + name + " 2\n"});
  EXPECT_EQ(
      page.substr(page.find("2.prom")),
      "2.prom: \"" + std::string(80, 'n') + "...\" left out: its type is not that of 1.prom\n");
}

TEST(PromMerge, JoinsHistograms) {
  const std::string type = "# HELP h H.\n# TYPE h histogram\n";
  EXPECT_EQ(Merge({type + "h_bucket{a=\"1\",le=\"+Inf\"} 2\nh_sum{a=\"1\"} 1\n",
                   type + "h_bucket{a=\"2\",le=\"+Inf\"} 3\nh_sum{a=\"2\"} 1\n",
                   type + "h_bucket{a=\"1\",le=\"5\"} 4\n"}),
            type +
                "h_count{a=\"1\"} 2\nh_sum{a=\"1\"} 1\nh_bucket{a=\"1\",le=\"+Inf\"} 2\n"
                "h_count{a=\"2\"} 3\nh_sum{a=\"2\"} 1\nh_bucket{a=\"2\",le=\"+Inf\"} 3\n"
                "3.prom: 1 series of \"h\" left out: they are there already\n");
}

TEST(SizeOf, CountsTheLinesOfThePage) {
  for (const std::string_view text :
       {"", "a 1\na{b=\"c\"} 2\n# TYPE g gauge\ng 1\n", "# TYPE s summary\ns_sum 1\n",
        "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_count{a=\"b\"} 1\n",
        "# TYPE h histogram\nh_sum 1\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n",
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n"}) {
    const auto families = Families(text);
    EXPECT_EQ(SizeOf(families).lines, LinesOfSamples(Encode(families, TextFormat::kPrometheus)))
        << text;
  }
}

TEST(SizeOf, CountsMetricsAndLabels) {
  const PageSize size = SizeOf(Families("a 1\na{b=\"\",c=\"d\"} 2\nb{c=\"\"} 1\n"));
  EXPECT_EQ(size.metrics, 2);
  EXPECT_EQ(size.labels, 3);
}

}  // namespace
}  // namespace procmarshal::testing
