#include "collectors/text_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/encode.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What was read, written again; or the mistake.
std::string Again(std::string_view text) {
  const auto families = ParseText(text);
  return families ? Encode(*families, TextFormat::kPrometheus) : families.error().message;
}

// The value of a text's only sample.
double Value(const std::string& number) {
  const auto families = ParseText("a " + number + "\n");
  EXPECT_TRUE(families) << families.error().message;
  return families ? families->at(0).metric.at(0).untyped.value : -1;
}

TEST(TextParser, ReadsSimpleFamilies) {
  const std::string text =
      "# HELP a_total How many.\n# TYPE a_total counter\na_total{b=\"c\",d=\"e\"} 1\na_total 2\n"
      "# TYPE g gauge\ng 0.5\n"
      "# TYPE u untyped\nu -1\n";
  EXPECT_EQ(Again(text), text);
}

TEST(TextParser, ReadsNothing) {
  EXPECT_EQ(Again(""), "");
  EXPECT_EQ(Again("\n \t\n# a comment\n#\n# HELP\n# TYPE \n# HELP a\n# TYPE a gauge\n"), "");
}

TEST(TextParser, ReadsHistogramsAndSummaries) {
  const std::string text =
      "# TYPE h histogram\n"
      "h_count{a=\"1\"} 3\nh_sum{a=\"1\"} 0.5\n"
      "h_bucket{a=\"1\",le=\"0.1\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 3\n"
      "# TYPE s summary\n"
      "s_count 7\ns_sum NaN\ns{quantile=\"0.5\"} 1\ns{quantile=\"0.9\"} 2\n";
  EXPECT_EQ(Again(text), text);
}

TEST(TextParser, SortsBucketsAndLabels) {
  EXPECT_EQ(Again("# TYPE h histogram\n"
                  "h_bucket{le=\"+Inf\",z=\"1\",a=\"2\"} 3\nh_bucket{a=\"2\",z=\"1\",le=\"1\"} 2\n"
                  "h_sum{z=\"1\",a=\"2\"} 0\n"),
            "# TYPE h histogram\n"
            "h_count{a=\"2\",z=\"1\"} 3\nh_sum{a=\"2\",z=\"1\"} 0\n"
            "h_bucket{a=\"2\",z=\"1\",le=\"1\"} 2\nh_bucket{a=\"2\",z=\"1\",le=\"+Inf\"} 3\n");
}

TEST(TextParser, TakesAFamilyInPieces) {
  EXPECT_EQ(Again("a 1\nb 2\na{c=\"d\"} 3\n"),
            "# TYPE a untyped\na 1\na{c=\"d\"} 3\n# TYPE b untyped\nb 2\n");
}

TEST(TextParser, TakesNamesEndingInCountOfNoHistogram) {
  EXPECT_EQ(Again("# TYPE a gauge\na 1\na_count 2\n"),
            "# TYPE a gauge\na 1\n# TYPE a_count untyped\na_count 2\n");
}

TEST(TextParser, TakesBlanksWhereTheFormatHasThem) {
  EXPECT_EQ(Again(" \ta\t{ b = \"c\" , d=\"\" , } \t 1 \n#  TYPE \t e  gauge \ne 1\n"),
            "# TYPE a untyped\na{b=\"c\",d=\"\"} 1\n# TYPE e gauge\ne 1\n");
}

TEST(TextParser, ReadsNumbersAsGoDoes) {
  EXPECT_EQ(Value("1e9"), 1e9);
  EXPECT_EQ(Value("+.5"), 0.5);
  EXPECT_EQ(Value("-3."), -3);
  EXPECT_EQ(Value("+Inf"), kInfinity);
  EXPECT_EQ(Value("-inf"), -kInfinity);
  EXPECT_TRUE(std::isnan(Value("NaN")));
}

TEST(TextParser, TakesForZeroWhatIsCloserToItThanADoubleCanBe) {
  const std::string zeros(400, '0');
  for (const std::string& number :
       {std::string("1e-400"), std::string("2e-324"), std::string("123456e-400"),
        std::string("0.1e-399"), std::string("1.e-999"), std::string("+1E-400"),
        std::string("1e-99999999999999999999"), "0." + zeros + "1", "1" + zeros + "e-800"}) {
    EXPECT_EQ(Value(number), 0) << number;
    EXPECT_FALSE(std::signbit(Value(number))) << number;
  }
  EXPECT_EQ(Value("3e-324"), 5e-324);
  EXPECT_TRUE(std::signbit(Value("-1e-400")));
}

TEST(TextParser, RefusesWhatIsTooLargeForADouble) {
  const std::string zeros(400, '0');
  for (const std::string& number :
       {std::string("1e400"), std::string("-1e400"), std::string("1e99999999999999999999"),
        "1" + zeros, "0." + zeros + "1e+800"}) {
    EXPECT_THAT(Again("a " + number + "\n"), HasSubstr("line 1: expected a number")) << number;
  }
}

TEST(TextParser, RefusesWhatIsNoNumber) {
  for (const char* text : {"x", "0x10", "1_000", "+-1", "1,5", "nan(1)", "1e999", "1\r"}) {
    EXPECT_THAT(Again(std::string("a ") + text + "\n"), HasSubstr("line 1: expected a number"));
  }
  EXPECT_EQ(Again("a\n"), "line 1: expected a number, found the end of the line");
}

TEST(TextParser, TakesEscapesBack) {
  EXPECT_EQ(Again("# HELP a b\\\\c\\nd\\\"e\na{f=\"\\\\ \\n \\\" {},= #\"} 1\n"),
            "# HELP a b\\\\c\\nd\"e\n# TYPE a untyped\na{f=\"\\\\ \\n \\\" {},= #\"} 1\n");
  EXPECT_EQ(Again("a{b=\"\\t\"} 1\n"), R"(line 1: expected \\, \n or \", found "\\t")");
  EXPECT_EQ(Again("# HELP a b\\\n"), R"(line 1: expected \\, \n or \", found "\\")");
}

TEST(TextParser, NamesTheLine) {
  EXPECT_EQ(Again("a 1\n\n# HELP b c\nb two\n"), "line 4: expected a number, found \"two\"");
}

TEST(TextParser, RefusesALineWithoutEnd) {
  EXPECT_EQ(Again("a 1\nb 1"), "line 2: the file ends within this line; it may be being written");
  EXPECT_THAT(Again("# a comment"), HasSubstr("line 1: the file ends within this line"));
  EXPECT_THAT(Again("a{b=\"c\\"), HasSubstr("line 1: the file ends within this line"));
}

TEST(TextParser, RefusesTimestampsAndExemplars) {
  EXPECT_EQ(Again("a 1 1395066363000\n"),
            "line 1: expected nothing behind the value (timestamps and exemplars are not taken), "
            "found \"1395066363000\"");
  EXPECT_THAT(Again("a 1 # {b=\"c\"} 1\n"), HasSubstr("exemplars are not taken"));
}

TEST(TextParser, RefusesKindsOfOpenMetrics) {
  EXPECT_EQ(Again("# TYPE a unknown\na 1\n# EOF\n"),
            "line 1: expected counter, gauge, histogram, summary or untyped, found \"unknown\"");
}

TEST(TextParser, RefusesNamesThatAreNone) {
  EXPECT_EQ(Again("a-b 1\n"), "line 1: expected a metric's name, found \"a-b 1\"");
  EXPECT_EQ(Again("1a 1\n"), "line 1: expected a metric's name, found \"1a 1\"");
  EXPECT_EQ(Again("{\"a.b\"} 1\n"), "line 1: expected a metric's name, found \"{\\\"a.b\\\"} 1\"");
  EXPECT_EQ(Again("# TYPE a-b gauge\n"), "line 1: expected a metric's name, found \"a-b gauge\"");
  EXPECT_THAT(Again(std::string_view("a\0 1\n", 5)), HasSubstr("expected a metric's name"));
}

TEST(TextParser, RefusesLabelsThatAreNone) {
  EXPECT_EQ(Again("a{b} 1\n"), "line 1: expected a label's name and =, found \"b} 1\"");
  EXPECT_EQ(Again("a{b:c=\"d\"} 1\n"),
            "line 1: expected a label's name and =, found \"b:c=\\\"d\\\"} 1\"");
  EXPECT_EQ(Again("a{b=c} 1\n"),
            "line 1: expected a label's value in double quotes, found \"c} 1\"");
  EXPECT_EQ(Again("a{b=\"c} 1\n"),
            "line 1: expected a quote behind the label's value, found \"\\\"c} 1\"");
  EXPECT_EQ(Again("a{b=\"c\" d=\"e\"} 1\n"),
            "line 1: expected a comma or }, found \"d=\\\"e\\\"} 1\"");
  EXPECT_EQ(Again("a{b=\"c\",b=\"d\"} 1\n"), "line 1: the label \"b\" twice");
  EXPECT_EQ(Again("a{__name__=\"c\"} 1\n"), "line 1: the label \"__name__\" is not allowed");
}

TEST(TextParser, RefusesValuesThatAreNotUtf8) {
  EXPECT_EQ(Again("a{b=\"\xFF\"} 1\n"),
            "line 1: expected a label's value in UTF-8, found \"\uFFFD\"");
}

TEST(TextParser, RefusesTypeAndHelpASecondTime) {
  EXPECT_EQ(Again("# TYPE a gauge\n# TYPE a gauge\n"),
            "line 2: a second TYPE of \"a\", or one behind its samples");
  EXPECT_EQ(Again("a 1\n# TYPE a gauge\n"),
            "line 2: a second TYPE of \"a\", or one behind its samples");
  EXPECT_EQ(Again("# HELP a b\n# HELP a b\n"), "line 2: a second HELP of \"a\"");
}

TEST(TextParser, RefusesPartsThatDoNotBelong) {
  const auto histogram = [](const std::string& lines) {
    return Again("# TYPE h histogram\n" + lines);
  };
  EXPECT_EQ(histogram("h 1\n"),
            "line 2: expected the _bucket, _sum or _count of a histogram, found \"h\"");
  EXPECT_EQ(histogram("h_bucket 1\n"), "line 2: expected a label \"le\" of \"h_bucket\"");
  EXPECT_EQ(histogram("h_sum{le=\"1\"} 1\n"), "line 2: expected no label \"le\" of \"h_sum\"");
  EXPECT_EQ(histogram("h_sum 1\nh_sum 1\n"), "line 3: \"h_sum\" twice with these labels");
  EXPECT_EQ(histogram("h_count 1.5\n"), "line 2: expected a whole number, found \"1.5\"");
  EXPECT_EQ(histogram("h_bucket{le=\"x\"} 1\n"),
            "line 2: expected a number as \"le\", found \"x\"");
  EXPECT_EQ(histogram("h_bucket{le=\"\"} 1\n"), "line 2: expected a number as \"le\", found \"\"");
  EXPECT_EQ(histogram("h_bucket{le=\"1\"} -1\n"), "line 2: expected a whole number, found \"-1\"");
  EXPECT_EQ(histogram("h_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 1\n"),
            "\"h\" has one value of \"le\" twice");
  EXPECT_EQ(Again("s_count 1\n# TYPE s summary\ns_sum 1\n"),
            "\"s_count\" is a metric of its own and a part of \"s\"");
  EXPECT_EQ(Again("# TYPE s summary\ns 1\n"), "line 2: expected a label \"quantile\" of \"s\"");
}

TEST(TextParser, TakesLargeCountsExactly) {
  EXPECT_THAT(Again("# TYPE h histogram\nh_sum 1\nh_count 18446744073709551615\n"),
              HasSubstr("h_count 18446744073709551615\n"));
  EXPECT_THAT(Again("# TYPE h histogram\nh_count 1e3\n"), HasSubstr("h_count 1000\n"));
  EXPECT_THAT(Again("# TYPE h histogram\nh_count 1e20\n"), HasSubstr("expected a whole number"));
}

TEST(TextParser, TakesALineOfAMegabyte) {
  std::string labels;
  for (int i = 0; i < 100'000; ++i) labels += "l" + std::to_string(i) + "=\"\",";
  const auto families = ParseText("a{" + labels + "} 1\n");
  ASSERT_TRUE(families);
  EXPECT_EQ(families->at(0).metric.at(0).label.size(), 100'000);
}

TEST(TextParser, StopsAtTooManySamples) {
  std::string text;
  for (std::size_t i = 0; i <= kMostTextSamples; ++i) text += "a 1\n";
  EXPECT_EQ(Again(text), "line 100001: more than 100000 samples");
}

TEST(TextParser, StopsAtTooManyLabels) {
  std::string line = "a{";
  for (int i = 0; i < 100; ++i) line += "l" + std::to_string(i) + "=\"\",";
  line += "} 1\n";
  std::string text;
  for (std::size_t i = 0; i < kMostTextLabels / 100; ++i) text += line;
  EXPECT_TRUE(ParseText(text));
  EXPECT_EQ(Again(text + "a{b=\"\"} 1\n"), "line 10001: more than 1000000 labels");
}

TEST(TextParser, StopsAtTooManyMetricsThoughTheyHaveNoSamples) {
  for (const std::string_view begin : {"# TYPE m", "# HELP m", "m"}) {
    std::string text;
    for (std::size_t i = 0; i < kMostTextFamilies; ++i) {
      text.append(begin).append(std::to_string(i)) += begin == "m" ? " 1\n" : " gauge\n";
    }
    EXPECT_TRUE(ParseText(text));
    EXPECT_EQ(Again(text + "# TYPE n gauge\n"), "line 5001: more than 5000 metrics");
    EXPECT_EQ(Again(text + "n 1\n"), "line 5001: more than 5000 metrics");
  }
}

TEST(TextParser, RefusesNamesAndValuesWithoutEnd) {
  const std::string name(1024, 'n');
  const std::string value(8192, 'v');
  EXPECT_TRUE(ParseText("# TYPE " + name + " gauge\n"));
  EXPECT_TRUE(ParseText(name + "{" + name + "=\"" + value + "\"} 1\n"));
  const std::string cut = ": \"" + std::string(80, 'n') + "...\"";
  EXPECT_EQ(Again(name + "n 1\n"), "line 1: a name of more than 1024 bytes" + cut);
  EXPECT_EQ(Again("# HELP " + name + "n h\n"), "line 1: a name of more than 1024 bytes" + cut);
  EXPECT_EQ(Again("a{" + name + "n=\"\"} 1\n"), "line 1: a name of more than 1024 bytes" + cut);
  EXPECT_THAT(Again("a{b=\"v" + value + "\"} 1\n"),
              HasSubstr("line 1: a label's value of more than 8192 bytes: \"vvv"));
}

// Each mistake whose message quotes something, with names of the utmost length in the place of "@".
TEST(TextParser, HasShortMessages) {
  for (const std::string_view text : {
           "# TYPE @ gauge\n# TYPE @ gauge\n",
           "# HELP @ h\n# HELP @ h\n",
           "# TYPE @ histogram\n@ 1\n",
           "# TYPE @ histogram\n@_bucket{le=\"1\"} 1\n@_bucket{le=\"1\"} 1\n",
           "# TYPE a @\n",
           "@ @\n",
           "@{@}\n",
           "@{a=\"@\n",
           "@{@=\"\",@=\"\"} 1\n",
           "@ 1 @\n",
           "@_count 1\n# TYPE @ summary\n@_sum 1\n",
           "# TYPE @ summary\n@_sum 1\n@_sum 1\n",
           "# TYPE @ summary\n@ 1\n",
           "# TYPE @ summary\n@{quantile=\"@\"} 1\n",
       }) {
    std::string long_text;
    for (const char c : text) long_text += c == '@' ? std::string(1017, 'n') : std::string(1, c);
    const auto families = ParseText(long_text);
    ASSERT_FALSE(families) << text;
    EXPECT_LT(families.error().message.size(), 250) << text;
  }
}

TEST(SeriesKey, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(SeriesKey(std::vector<prometheus::ClientMetric::Label>{{"a", "1"}, {"b", ""}}),
            SeriesKey(std::vector<prometheus::ClientMetric::Label>{{"a", "1"}}));
  EXPECT_EQ(SeriesKey({}), "");
}

}  // namespace
}  // namespace procmarshal::testing
