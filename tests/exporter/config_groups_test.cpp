#include "exporter/config_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "exporter/config.h"

// What a test does not say is empty.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace procmarshal {
namespace {

using testing::ElementsAre;

std::vector<GroupRule> Groups(std::string_view text) {
  const auto config = ParseConfig(text, "p.toml", {});
  EXPECT_TRUE(config) << config.error().message;
  return config ? config->groups : std::vector<GroupRule>{};
}

std::string Mistakes(std::string_view text) {
  const auto config = ParseConfig(text, "p.toml", {});
  return config ? "none" : config.error().message;
}

// What is wrong with a key of a [[group]], which stands in line 2.
std::string MistakesOf(std::string_view line) {
  const std::string prefix = "p.toml:2: [[group]] 1: ";
  std::string mistakes = Mistakes("[[group]]\n" + std::string(line));
  if (mistakes.starts_with(prefix)) mistakes.erase(0, prefix.size());
  return mistakes;
}

GroupRule Everything() {
  return {.name = "web {{.Matches.port}}",
          .match = {.comm = {"a", "\"b\\"},
                    .exe = {"/c"},
                    .cmdline = {R"(--port\s(?P<port>[0-9]+))", "d"},
                    .user = {"e*"},
                    .unit = {R"(f\x2dg.service)"},
                    .container = {"*"}},
          .exclude = {.cmdline = {"h.i"}, .user = {"root"}},
          .children = true};
}

TEST(ConfigGroups, ReadsEveryKey) {
  EXPECT_THAT(Groups(R"(
[[group]]
name = "web {{.Matches.port}}"
comm = ["a", "b"]
exe = "/c"
cmdline = ['--port (?P<port>[0-9]+)', 'd']
user = ["e*"]
unit = 'f\x2dg.service'
container = "*"
children = true
exclude = { user = "root", cmdline = ["h"] }
)"),
              ElementsAre(GroupRule{.name = "web {{.Matches.port}}",
                                    .match = {.comm = {"a", "b"},
                                              .exe = {"/c"},
                                              .cmdline = {"--port (?P<port>[0-9]+)", "d"},
                                              .user = {"e*"},
                                              .unit = {R"(f\x2dg.service)"},
                                              .container = {"*"}},
                                    .exclude = {.cmdline = {"h"}, .user = {"root"}},
                                    .children = true}));
}

TEST(ConfigGroups, KeepsTheirOrder) {
  EXPECT_THAT(Groups("[[group]]\nname = 'b'\n[[group]]\nname = 'a'\n[[group]]\n"),
              ElementsAre(GroupRule{.name = "b"}, GroupRule{.name = "a"}, GroupRule{}));
}

TEST(ConfigGroups, ExcludeMayBeATableOfItsOwn) {
  EXPECT_THAT(Groups("[[group]]\n[group.exclude]\nuser = 'root'\n[[group]]\nname = 'a'\n"),
              ElementsAre(GroupRule{.exclude = {.user = {"root"}}}, GroupRule{.name = "a"}));
}

TEST(ConfigGroups, MayStandInOneLine) {
  EXPECT_THAT(Groups("group = [{ name = 'b' }, {}]"),
              ElementsAre(GroupRule{.name = "b"}, GroupRule{}));
  EXPECT_THAT(Groups("group = []"), ElementsAre());
}

TEST(ConfigGroups, PrintsWhatItReadsBack) {
  Config config;
  config.groups = {Everything(), {}, {.name = "{{.Comm}}", .match = {.unit = {"*"}}}};
  EXPECT_EQ(Groups(ToToml(config)), config.groups);
}

TEST(ConfigGroups, PrintsOnlyTheConditionsThereAre) {
  EXPECT_EQ(PrintGroup({.name = "a", .match = {.exe = {"b", "c"}}, .exclude = {.user = {"d"}}}),
            "[[group]]\n"
            "name = \"a\"\n"
            "exe = [\"b\", \"c\"]\n"
            "children = false\n"
            "exclude = { user = [\"d\"] }\n");
}

TEST(ConfigGroups, RefusesAnUnknownKeyWithASuggestion) {
  EXPECT_EQ(MistakesOf("cmdlin = 'x'"), R"(unknown key "cmdlin", did you mean "cmdline"?)");
  EXPECT_EQ(MistakesOf("exlude = {}"), R"(unknown key "exlude", did you mean "exclude"?)");
  EXPECT_EQ(MistakesOf("volume = 11"), R"(unknown key "volume")");
  EXPECT_EQ(MistakesOf("exclude.usr = 'x'"),
            R"(unknown key "exclude.usr", did you mean "exclude.user"?)");
  EXPECT_EQ(MistakesOf("exclude.children = true"), R"(unknown key "exclude.children")");
  EXPECT_EQ(Mistakes("[[gruop]]\nname = 'x'\n"),
            R"(p.toml:1: unknown key "gruop", did you mean "group"?)");
}

TEST(ConfigGroups, RefusesAValueOfAnotherKind) {
  EXPECT_EQ(MistakesOf("name = ['x']"),
            R"(name: a list does not fit, expected a string such as "web")");
  EXPECT_EQ(MistakesOf("children = 'yes'"),
            R"(children: "yes" does not fit, expected true or false)");
  EXPECT_EQ(MistakesOf("comm = 5"), R"(comm: 5 does not fit, expected a list such as ["nginx"])");
  EXPECT_EQ(MistakesOf("user = [1]"),
            "user: a list of something else than strings does not fit, expected a list such as "
            R"(["www-*"])");
  EXPECT_EQ(MistakesOf("exclude.unit = true"),
            R"(exclude.unit: true does not fit, expected a list such as ["nginx*.service"])");
}

TEST(ConfigGroups, RefusesAGroupThatIsNoTable) {
  const std::string expected = "p.toml:1: group: expected tables, written [[group]]";
  EXPECT_EQ(Mistakes("group = 5"), expected);
  EXPECT_EQ(Mistakes("[group]\nname = 'x'"), expected);
  EXPECT_EQ(Mistakes("group = [{}, 'x']"), expected);
}

TEST(ConfigGroups, RefusesAConditionThatFitsNothing) {
  EXPECT_EQ(MistakesOf("exe = []"),
            R"(exe: a list does not fit, expected a list such as ["/usr/sbin/nginx"])");
  EXPECT_EQ(MistakesOf("unit = ''"),
            R"(unit: "" does not fit anything, expected text without control characters)");
}

TEST(ConfigGroups, RefusesToExcludeNothing) {
  const std::string expected = R"(exclude: expected a table such as { user = ["root"] })";
  EXPECT_EQ(MistakesOf("exclude = {}"), expected);
  EXPECT_EQ(MistakesOf("exclude = 'root'"), expected);
}

TEST(ConfigGroups, RefusesAnExpressionThatIsNone) {
  EXPECT_EQ(MistakesOf("cmdline = ['x', '(']"),
            R"(cmdline: "(" is not a regular expression: missing ): ()");
  EXPECT_EQ(MistakesOf("exclude.cmdline = '['"),
            R"(exclude.cmdline: "[" is not a regular expression: missing ]: [)");
}

TEST(ConfigGroups, RefusesANameThatIsNone) {
  EXPECT_EQ(MistakesOf("name = 'x {{.Comm}'"), R"(name: "x {{.Comm}" has {{ without }} behind it)");
  EXPECT_EQ(MistakesOf("name = '{{.Matches.prt}}'\ncmdline = '(?P<port>x)'"),
            R"(name: "{{.Matches.prt}}" is not a capture of this rule, which has "port")"
            R"(, did you mean "port"?)");
}

TEST(ConfigGroups, ReportsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(Mistakes("[[group]]\nname = '{{'\n[[group]]\nunit = 1\ncmdline = '('\n[log]\nlevl = 1"),
            "p.toml:2: [[group]] 1: name: \"{{\" has {{ without }} behind it\n"
            "p.toml:4: [[group]] 2: unit: 1 does not fit, expected a list such as "
            "[\"nginx*.service\"]\n"
            "p.toml:5: [[group]] 2: cmdline: \"(\" is not a regular expression: missing ): (\n"
            "p.toml:7: unknown key \"log.levl\", did you mean \"log.level\"?");
}

TEST(ConfigGroups, HostileTextStaysOnOneLine) {
  EXPECT_EQ(MistakesOf(R"("a\nb" = 1)"), R"(unknown key "\"a\\nb\"")");
  EXPECT_EQ(MistakesOf(R"(name = "{{\u001b}}\n")").find('\n'), std::string::npos);
}

}  // namespace
}  // namespace procmarshal
