#include "exporter/go_syntax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "exporter/migrate.h"

namespace procmarshal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Carried(std::string_view expression) {
  const auto carried = Re2Expression(expression);
  return carried ? carried->text : "error: " + carried.error().message;
}

std::string Name(std::string_view name) {
  const auto carried = GroupNameOfTemplate(name, {"x", "Long_1"});
  return carried ? *carried : "error: " + carried.error().message;
}

TEST(GoSyntax, ExpressionsStayAsTheyAre) {
  for (const std::string_view text :
       {"", ".+", R"(-jar\s+(?P<x>\S+)\.jar)", R"((?i)größe\pL\x{41})", R"([[:alpha:]\]^])",
        R"(\Q[(\E)", "a{1000}"}) {
    EXPECT_EQ(Carried(text), text);
  }
}

TEST(GoSyntax, NamesOfCapturesGetTheirOldForm) {
  EXPECT_EQ(Carried("(?<x>a)(?<_y>b(?<z>c))"), "(?P<x>a)(?P<_y>b(?P<z>c))");
}

TEST(GoSyntax, WhatLooksLikeACaptureStays) {
  for (const std::string_view text :
       {R"(\(?<x>)", R"([(?<x>])", R"([](?<x>])", R"([^](?<x>])", R"([\](?<x>])",
        R"([[:alpha:](?<x>])", R"(\Q(?<x>\E)", R"(\Q(?<x>)", R"(\\[(?<x>])"}) {
    EXPECT_EQ(Carried(text), text);
  }
  EXPECT_EQ(Carried(R"(\\(?<x>a))"), R"(\\(?P<x>a))");
  EXPECT_EQ(Carried(R"(\Q(?<x>\E(?<y>a))"), R"(\Q(?<x>\E(?P<y>a))");
  EXPECT_EQ(Carried(R"([a](?<y>a))"), R"([a](?P<y>a))");
}

TEST(GoSyntax, SaysWhatIsCaptured) {
  EXPECT_THAT(Re2Expression("(?P<b>a)(?<a>b)(c)").value().captures, ElementsAre("a", "b"));
}

TEST(GoSyntax, SaysWhyRe2RefusesAnExpression) {
  EXPECT_EQ(Carried("[a"), "error: missing ]: [a");
  EXPECT_EQ(Carried("(?<=a)b"), "error: invalid perl operator: (?<");
  EXPECT_EQ(Carried("(?<"), "error: invalid perl operator: (?<");
  EXPECT_EQ(Carried("\\"), "error: trailing \\");
  EXPECT_EQ(Carried(R"(\pL{1000}{2}\n)"), "error: bad repetition operator: {1000}{2}");
}

TEST(GoSyntax, FieldsOfNamesStayAsTheyAre) {
  for (const std::string_view name :
       {"", "text", "a}}b", "{{.Comm}}", "{{ .ExeBase }}:{{.ExeFull}}", "{{.Username}} {{.PID}}",
        "{{.StartTime}}{{.Cgroups}}", "{{.Matches.x}}-{{ .Matches.Long_1 }}", "{{\t.Comm\n}}"}) {
    EXPECT_EQ(Name(name), name);
  }
}

TEST(GoSyntax, ACaptureThatThereIsNotIsNoValue) {
  EXPECT_EQ(Name("a{{.Matches.y}}b"), "a<no value>b");
}

TEST(GoSyntax, OtherActionsHaveNoEquivalent) {
  for (const std::string_view action :
       {"{{}}", "{{.}}", "{{.Nope}}", "{{.Cwd}}", "{{.comm}}", "{{- .Comm}}", "{{.Comm -}}",
        "{{.Comm | print}}", "{{if .Comm}}", "{{/* no */}}", "{{.Matches}}", "{{.Matches.}}",
        "{{.Matches.x.y}}", "{{.Unit}}", "{{{.Comm}}"}) {
    const auto carried = GroupNameOfTemplate("a" + std::string(action) + "b", {"x"});
    ASSERT_FALSE(carried) << action;
    EXPECT_EQ(carried.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(carried.error().message, '"' + std::string(action) + '"');
  }
}

TEST(GoSyntax, RefusesAnActionWithoutEnd) {
  EXPECT_EQ(GroupNameOfTemplate("{{.Comm}}{{.Comm}", {}).error().code, ErrorCode::kInvalid);
}

// What of it is in the file that is written.
std::vector<std::string> Losses(const std::string& rule, std::string& toml) {
  const auto migration = Migrate("process_names:\n- " + rule + "\n", "a.yml", {});
  toml = migration.value().toml;
  return migration->losses;
}

TEST(MigrateLosses, ANameWithoutEquivalentBecomesTheDefaultOne) {
  std::string toml;
  EXPECT_THAT(Losses("{name: 'a {{.Comm | x}}', comm: [bash]}", toml),
              ElementsAre(R"(a.yml:2: "{{.Comm | x}}" of "a {{.Comm | x}}" has no equivalent: the )"
                          R"(group's name is "{{.ExeBase}}")"));
  EXPECT_THAT(toml, HasSubstr("the group's name is \"{{.ExeBase}}\"\n[[group]]\n"
                              "name = \"{{.ExeBase}}\"\ncomm = [\"bash\"]\n"));
}

TEST(MigrateLosses, ARuleWithoutOneOfItsExpressionsWouldTakeMore) {
  std::string toml;
  EXPECT_THAT(Losses("{name: n, cmdline: [a, '[b']}", toml),
              ElementsAre("a.yml:2: RE2 cannot take \"[b\": missing ]: [b",
                          "a.yml:2: without it the rule would take more: it is left out"));
  EXPECT_THAT(toml, HasSubstr("\n# [[group]]\n# name = \"n\"\n# cmdline = [\"a\", \"[b\"]\n"));
}

TEST(MigrateLosses, StayInTheirLine) {
  std::string toml;
  EXPECT_THAT(Losses("{name: \"{{a\\n\\x1b}}\", comm: [a], \"k\\n[x]\": 1}", toml),
              ElementsAre("a.yml:2: \"k\\n[x]\" is no key of process-exporter",
                          R"(a.yml:2: "{{a\n\u001b}}" of "{{a\n\u001b}}" has no equivalent: the )"
                          R"(group's name is "{{.ExeBase}}")"));
}

}  // namespace
}  // namespace procmarshal
