#include "collectors/group_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a test does not say is empty.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

MatchSubject Python() {
  return {.comm = "python3",
          .executable = "/usr/bin/python3",
          .command_line = "/usr/bin/python3 -m http.server --port 8000",
          .user = "www-data",
          .unit = "web@1.service",
          .container = "c0ffee"};
}

constexpr MatchSubject kKernelThread = {.comm = "kswapd0", .user = "root"};

// The group of `subject`, or "no group".
std::string FoundBy(const GroupMatcher& matcher, const MatchSubject& subject) {
  const auto match = matcher.Find(subject);
  return match ? match->group : "no group";
}

// The same, or what is wrong with the rules.
std::string GroupOf(const std::vector<GroupRule>& rules, const MatchSubject& subject) {
  const auto matcher = GroupMatcher::Make(rules);
  return matcher ? FoundBy(*matcher, subject) : "error: " + matcher.error().message;
}

bool ChildrenFollow(const GroupRule& rule) {
  const auto match = GroupMatcher::Make({rule}).value().Find(Python());
  return match && match->children;
}

bool Fits(const GroupConditions& conditions, const MatchSubject& subject) {
  return GroupOf({{.name = "yes", .match = conditions}}, subject) == "yes";
}

TEST(GroupMatcher, WithoutRulesAProcessGoesByItsComm) {
  EXPECT_EQ(GroupOf({}, Python()), "python3");
  EXPECT_EQ(GroupOf({}, {.comm = "kworker/0:1-events"}), "kworker/0:1");
  EXPECT_EQ(FoundBy(GroupMatcher(), Python()), "python3");
}

TEST(GroupMatcher, TheFirstRuleThatFitsCounts) {
  const std::vector<GroupRule> rules = {{.name = "a", .match = {.comm = {"nginx"}}},
                                        {.name = "b", .match = {.comm = {"python3"}}},
                                        {.name = "c"}};
  EXPECT_EQ(GroupOf(rules, Python()), "b");
  EXPECT_EQ(GroupOf(rules, kKernelThread), "c");
}

TEST(GroupMatcher, WhatNoRuleFitsIsInNoGroup) {
  EXPECT_EQ(GroupOf({{.match = {.comm = {"nginx"}}}}, Python()), "no group");
}

TEST(GroupMatcher, TheNameIsThatOfTheExecutableUnlessSaidOtherwise) {
  EXPECT_EQ(GroupOf({{.match = {.user = {"www-data"}}}}, Python()), "python3");
}

TEST(GroupMatcher, TellsWhetherChildrenFollow) {
  EXPECT_TRUE(ChildrenFollow({.children = true}));
  EXPECT_FALSE(ChildrenFollow({.children = false}));
}

TEST(GroupMatcher, CommIsMatchedExactly) {
  EXPECT_TRUE(Fits({.comm = {"nginx", "python3"}}, Python()));
  EXPECT_FALSE(Fits({.comm = {"python"}}, Python()));
  EXPECT_FALSE(Fits({.comm = {"python*"}}, Python()));
}

TEST(GroupMatcher, ExeIsTheFirstArgumentOrItsBaseName) {
  EXPECT_TRUE(Fits({.exe = {"python3"}}, Python()));
  EXPECT_TRUE(Fits({.exe = {"/usr/bin/python3"}}, Python()));
  EXPECT_TRUE(Fits({.exe = {"/usr/bin/python3", "/opt/bin/python3"}}, Python()));
  EXPECT_FALSE(Fits({.exe = {"bin/python3"}}, Python()));
  EXPECT_FALSE(Fits({.exe = {"/bin/python3"}}, Python()));
  EXPECT_FALSE(Fits({.exe = {"/usr/bin/python3"}}, {.comm = "python3", .executable = "python3"}));
}

TEST(GroupMatcher, EveryExpressionIsFoundInTheArguments) {
  EXPECT_TRUE(Fits({.cmdline = {"http[.]server", "--port [0-9]+$"}}, Python()));
  EXPECT_FALSE(Fits({.cmdline = {"http[.]server", "--port [a-z]"}}, Python()));
  EXPECT_FALSE(Fits({.cmdline = {"^python3"}}, Python()));
}

TEST(GroupMatcher, UserUnitAndContainerAreShellPatterns) {
  EXPECT_TRUE(Fits({.user = {"root", "www-*"}}, Python()));
  EXPECT_FALSE(Fits({.user = {"www"}}, Python()));
  EXPECT_TRUE(Fits({.unit = {"web@?.service"}}, Python()));
  EXPECT_FALSE(Fits({.unit = {"web@[2-9].service"}}, Python()));
  EXPECT_TRUE(Fits({.container = {"*"}}, Python()));
  EXPECT_FALSE(Fits({.container = {"dec*"}}, Python()));
}

TEST(GroupMatcher, ABackslashInAPatternIsItself) {
  const MatchSubject subject = {.comm = "x", .unit = R"(dev-disk-by\x2duuid.device)"};
  EXPECT_TRUE(Fits({.unit = {R"(dev-disk-by\x2duuid.device)"}}, subject));
  EXPECT_TRUE(Fits({.unit = {R"(dev-*\x2d*)"}}, subject));
}

TEST(GroupMatcher, APatternNeedsSomethingToFit) {
  EXPECT_FALSE(Fits({.user = {"*"}}, {.comm = "x"}));
  EXPECT_FALSE(Fits({.unit = {"*"}}, {.comm = "x"}));
  EXPECT_FALSE(Fits({.container = {"*", ""}}, {.comm = "x"}));
}

TEST(GroupMatcher, AllConditionsHaveToFit) {
  const GroupConditions all = {.comm = {"python3"},
                               .exe = {"python3"},
                               .cmdline = {"http"},
                               .user = {"www-data"},
                               .unit = {"web*"},
                               .container = {"*"}};
  EXPECT_TRUE(Fits(all, Python()));
  for (auto list : {&GroupConditions::comm, &GroupConditions::exe, &GroupConditions::cmdline,
                    &GroupConditions::user, &GroupConditions::unit, &GroupConditions::container}) {
    auto other = all;
    other.*list = {"no such thing"};
    EXPECT_FALSE(Fits(other, Python()));
  }
}

TEST(GroupMatcher, AKernelThreadHasNoArguments) {
  EXPECT_TRUE(Fits({.comm = {"kswapd0"}}, kKernelThread));
  EXPECT_FALSE(Fits({.exe = {"kswapd0"}}, kKernelThread));
  EXPECT_FALSE(Fits({.cmdline = {".+"}}, kKernelThread));
  EXPECT_TRUE(Fits({.cmdline = {".*"}}, kKernelThread)) << "what takes nothing finds it";
}

TEST(GroupMatcher, WhatIsExcludedGoesOnToTheNextRule) {
  const std::vector<GroupRule> rules = {
      {.name = "web", .match = {.unit = {"web*"}}, .exclude = {.user = {"root"}}},
      {.name = "rest"}};
  EXPECT_EQ(GroupOf(rules, Python()), "web");
  auto of_root = Python();
  of_root.user = "root";
  EXPECT_EQ(GroupOf(rules, of_root), "rest");
}

TEST(GroupMatcher, ExcludesOnlyWhatFitsAllOfItsConditions) {
  const std::vector<GroupRule> rules = {
      {.name = "web", .exclude = {.cmdline = {"--port 8000"}, .user = {"root"}}}};
  EXPECT_EQ(GroupOf(rules, Python()), "web");
}

TEST(GroupMatcher, CapturesGoIntoTheName) {
  EXPECT_EQ(GroupOf({{.name = "{{.ExeBase}}:{{.Matches.port}}",
                      .match = {.cmdline = {"--port (?P<port>[0-9]+)"}}}},
                    Python()),
            "python3:8000");
}

TEST(GroupMatcher, CapturesOfAllExpressionsGoIntoTheName) {
  EXPECT_EQ(GroupOf({{.name = "{{.Matches.module}}:{{.Matches.port}}",
                      .match = {.cmdline = {"-m (?P<module>[^ ]+)", "(--port) (?P<port>[0-9]+)"}}}},
                    Python()),
            "http.server:8000");
}

TEST(GroupMatcher, OfCapturesWithTheSameNameTheLastCounts) {
  EXPECT_EQ(GroupOf({{.name = "{{.Matches.x}}", .match = {.cmdline = {"(?P<x>8)", "(?P<x>http)"}}}},
                    Python()),
            "http");
  EXPECT_EQ(
      GroupOf({{.name = "{{.Matches.x}}", .match = {.cmdline = {"(?P<x>h)(?P<x>t)"}}}}, Python()),
      "t");
}

TEST(GroupMatcher, ACaptureThatTookNoPartIsEmpty) {
  const GroupConditions match = {.cmdline = {"--port 8(?P<x>9)?"}};
  EXPECT_EQ(GroupOf({{.name = "<{{.Matches.x}}>", .match = match}}, Python()), "<>");
  EXPECT_EQ(GroupOf({{.name = "{{.Matches.x}}", .match = match}}, Python()), "python3");
}

TEST(GroupMatcher, ACaptureOfHalfACharacterIsRepaired) {
  const MatchSubject subject = {.comm = "x", .executable = "a", .command_line = "a \xE2\x82\xAC"};
  EXPECT_EQ(GroupOf({{.name = "{{.Matches.x}}", .match = {.cmdline = {R"( (?P<x>\C))"}}}}, subject),
            "\xEF\xBF\xBD");
}

TEST(GroupMatcher, DeclaresTheGroupsWithoutATemplate) {
  const auto matcher = GroupMatcher::Make(
      {{.name = "b"}, {.name = "{{.Comm}}"}, {.name = "a"}, {.name = "b"}, {.name = ""}});
  EXPECT_THAT(matcher.value().Declared(), ElementsAre("b", "a"));
  EXPECT_THAT(GroupMatcher().Declared(), IsEmpty());
}

TEST(GroupMatcher, StaysWhatItWasWhenMoved) {
  auto matcher = GroupMatcher::Make({{.name = "a"}}).value();
  const GroupMatcher moved = std::move(matcher);
  EXPECT_EQ(FoundBy(moved, Python()), "a");
  EXPECT_THAT(moved.Declared(), ElementsAre("a"));
}

TEST(GroupMatcher, RefusesAnExpressionThatIsNone) {
  EXPECT_EQ(GroupOf({{.match = {.cmdline = {"--port (["}}}}, Python()),
            R"(error: "--port ([" is not a regular expression: missing ]: [)");
  EXPECT_EQ(GroupOf({{.exclude = {.cmdline = {"x**"}}}}, Python()),
            R"(error: "x**" is not a regular expression: bad repetition operator: **)");
}

TEST(GroupMatcher, RefusesAnExpressionThatIsTooLarge) {
  EXPECT_THAT(GroupOf({{.match = {.cmdline = {"((((x{100}){100}){100}){100})"}}}}, Python()),
              StartsWith("error: \"((((x{100}){100}){100}){100})\" is not a regular expression"));
}

TEST(GroupMatcher, RefusesACaptureThatOnlyTheExcludedHave) {
  EXPECT_THAT(GroupOf({{.name = "{{.Matches.x}}", .exclude = {.cmdline = {"(?P<x>y)"}}}}, Python()),
              StartsWith("error: \"{{.Matches.x}}\" is not a capture of this rule"));
}

TEST(GroupMatcher, CutsAHostileExpressionInTheMessage) {
  const auto checked = CheckGroupExpression("(\n" + std::string(100'000, 'x'));
  ASSERT_FALSE(checked);
  EXPECT_LT(checked.error().message.size(), 400U);
  EXPECT_EQ(checked.error().message.find('\n'), std::string::npos);
}

// A search that goes back would take years for each of these.
TEST(GroupMatcher, AHostileCommandLineTakesLinearTime) {
  const std::string line(2U << 20U, 'a');
  const MatchSubject subject = {.comm = "x", .executable = "a", .command_line = line};
  EXPECT_FALSE(Fits({.cmdline = {"(a*)*(a|aa)*(a?){20}b$"}}, subject));
  EXPECT_EQ(
      GroupOf({{.name = "{{.Matches.x}}", .match = {.cmdline = {"(?P<x>(a|aa)*)"}}}}, subject),
      std::string(256, 'a'));
}

TEST(GroupMatcher, AHostilePatternTakesLittleTime) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  const std::string unit(255, 'a');
  EXPECT_FALSE(Fits({.unit = {pattern + "*b"}}, {.comm = "x", .unit = unit}));
}

}  // namespace
}  // namespace procmarshal::testing
