#include "exporter/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "exporter/config.h"
#include "tests/support/source_tree.h"
#include "tests/support/temporary_folder.h"

namespace procmarshal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Migration Migrated(std::string_view yaml, const ProcessExporterFlags& flags = {}) {
  auto migration = Migrate(yaml, "all.yml", flags);
  EXPECT_TRUE(migration) << migration.error().message;
  return migration.value_or(Migration{});
}

// What is behind the settings.
std::string Groups(std::string_view yaml) {
  const std::string toml = Migrated(yaml).toml;
  constexpr std::string_view kEndOfSettings = "no single processes\n";
  return toml.substr(toml.find(kEndOfSettings) + kEndOfSettings.size());
}

// A rule of one line, such as `comm: [bash]`, in the words of the TOML.
std::string Rule(const std::string& yaml) {
  const std::string groups = Groups("process_names:\n- {" + yaml + "}\n");
  constexpr std::string_view kEnd = "children = true\n";
  EXPECT_THAT(groups, ::testing::EndsWith(kEnd));
  return groups.substr(0, groups.size() - kEnd.size());
}

std::string Mistake(std::string_view yaml) {
  const auto migration = Migrate(yaml, "all.yml", {});
  return migration ? "none" : migration.error().message;
}

std::string Fixture(const std::string& name) {
  std::ifstream file(SourceTree() / "tests/fixtures/process_exporter" / name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Migrate, TranslatesAFile) {
  const Migration migration = Migrated(Fixture("services.yml"));
  EXPECT_EQ(migration.toml, R"(# What all.yml tells process-exporter, for procmarshal.

[processes]
threads = true  # process-exporter's -threads
smaps = true  # its -gather-smaps
group_ttl = "0s"  # groups without processes stay
top = 0  # it shows no single processes

[[group]]
name = "{{.ExeBase}}"
comm = ["bash"]
children = true

[[group]]
name = "{{.ExeBase}}"
exe = ["postgres", "/usr/local/bin/process-exporter"]
children = true

[[group]]
name = "{{.ExeFull}}:{{.Matches.Cfgfile}}"
exe = ["/usr/sbin/nginx"]
cmdline = ['-c (?P<Cfgfile>\S+)']
children = true

[[group]]
name = "java {{.Matches.Jar}} of {{ .Username }}"
comm = ["java"]
cmdline = ['-jar\s+(?:\S*/)?(?P<Jar>[^/\s]+)\.jar', "-D"]
children = true
)");
  EXPECT_THAT(migration.losses, IsEmpty());
}

TEST(Migrate, HeedsTheFlags) {
  const std::string toml =
      Migrated(
          "process_names: [{name: '{{.Comm}}', comm: [a]}]",
          {.children = false, .threads = false, .gather_smaps = false, .remove_empty_groups = true})
          .toml;
  EXPECT_THAT(toml, HasSubstr("\nthreads = false "));
  EXPECT_THAT(toml, HasSubstr("\nsmaps = false "));
  EXPECT_THAT(toml, HasSubstr("\ngroup_ttl = \"1s\" "));
  EXPECT_THAT(toml, ::testing::Not(HasSubstr("children")));
}

TEST(Migrate, SaysThatANamedGroupStaysThoughItIsEmpty) {
  EXPECT_THAT(
      Migrated("process_names:\n- {name: a, comm: [a]}\n", {.remove_empty_groups = true}).losses,
      ElementsAre("all.yml:2: a name without a template stays when its processes are gone"));
}

TEST(Migrate, AnEmptyListOfExpressionsFitsEveryProcess) {
  EXPECT_EQ(Rule("name: all, cmdline: []"), "\n[[group]]\nname = \"all\"\n");
}

TEST(Migrate, AnEmptyListOfNamesFitsNone) {
  for (const std::string rule : {"comm: []", "exe: []", "comm: [], cmdline: [a]"}) {
    const Migration migration = Migrated("process_names:\n- {" + rule + "}\n- {comm: [b]}\n");
    EXPECT_THAT(
        migration.losses,
        ElementsAre("all.yml:2: an empty comm or exe fits no process: the rule is left out"));
    EXPECT_THAT(migration.toml, ::testing::EndsWith("\n[[group]]\nname = \"{{.ExeBase}}\"\n"
                                                    "comm = [\"b\"]\nchildren = true\n"));
  }
}

TEST(Migrate, LeavesOutNamesThatAGroupCannotHave) {
  const Migration migration = Migrated(R"(process_names:
- {name: a, comm: ['', sh], exe: ["b\tc", /d]}
- {name: e, comm: ['']}
)");
  EXPECT_THAT(migration.losses,
              ElementsAre(R"(all.yml:2: "" is empty or has control characters: it is left out)",
                          R"(all.yml:2: "b\tc" is empty or has control characters: it is left out)",
                          R"(all.yml:3: "" is empty or has control characters: it is left out)",
                          "all.yml:3: an empty comm or exe fits no process: the rule is left out"));
  EXPECT_THAT(migration.toml, HasSubstr("\nname = \"a\"\ncomm = [\"sh\"]\nexe = [\"/d\"]\n"));
  EXPECT_TRUE(ParseConfig(migration.toml, "migrated.toml", {}));
}

TEST(Migrate, KeepsTheNameOfARuleThatIsLeftOut) {
  const Migration migration = Migrated(
      "process_names: [{name: 'a {{.Matches.x}}', cmdline: ['(?P<x>\\pL{1000}){1000}']}]\n");
  EXPECT_THAT(migration.toml, HasSubstr("# name = \"a {{.Matches.x}}\"\n"));
}

TEST(Migrate, OfProgramsInFoldersTheBaseNameIsThatOfTheFolder) {
  const Migration migration = Migrated("process_names:\n- exe: [zz, /x/zz/]\n");
  EXPECT_THAT(migration.toml, HasSubstr("\nexe = [\"/x/zz/\"]\n"));
}

TEST(Migrate, WithoutRulesNoProcessIsInAGroup) {
  for (const std::string_view yaml :
       {"process_names: []", "process_names:", "process_names: [{comm: []}]"}) {
    EXPECT_THAT(Groups(yaml), ::testing::EndsWith("[[group]]\nname = \"{{.Comm}}\"\n"
                                                  "cmdline = ['[^\\x00-\\x{10FFFF}]']\n"));
  }
}

TEST(Migrate, OfProgramsWithTheSameBaseNameTheLastCounts) {
  const Migration migration = Migrated("process_names:\n- exe: [/bin/sh, ash, /usr/bin/sh]\n");
  EXPECT_THAT(migration.toml, HasSubstr("\nexe = [\"ash\", \"/usr/bin/sh\"]\n"));
  EXPECT_THAT(migration.losses,
              ElementsAre(R"(all.yml:2: "/bin/sh" has no effect in process-exporter, which heeds )"
                          R"(the last with this base name, "/usr/bin/sh": it is left out)"));
}

TEST(Migrate, WritesTextsSoThatTheyStayReadable) {
  const auto text = [](const std::string& yaml) {
    const std::string rule = Rule("cmdline: [" + yaml + "]");
    constexpr std::string_view kKey = "cmdline = [";
    const std::size_t begin = rule.find(kKey) + kKey.size();
    return rule.substr(begin, rule.rfind(']') - begin);
  };
  EXPECT_EQ(text("a"), R"("a")");
  EXPECT_EQ(text(R"('\d+"')"), R"('\d+"')");
  EXPECT_EQ(text(R"("it's")"), R"("it's")");
  EXPECT_EQ(text(R"("it's \\d")"), R"("it's \\d")");
  EXPECT_EQ(text(R"("\\d\n\x01")"), R"("\\d\n\u0001")");
  EXPECT_EQ(text("größe"), R"("größe")");
}

TEST(Migrate, WritesLongListsInLines) {
  const std::string a(50, 'a');
  const std::string b(50, 'b');
  EXPECT_THAT(Rule("comm: [" + a + ", " + b + "]"),
              HasSubstr("comm = [\n  \"" + a + "\",\n  \"" + b + "\",\n]\n"));
}

TEST(Migrate, ReadsYamlAsProcessExporterDoes) {
  const Migration migration = Migrated(Fixture("yaml_features.yml"));
  EXPECT_THAT(migration.toml, HasSubstr(R"(
[[group]]
name = "shells"
comm = ["bash", "zsh", "fish"]
children = true

[[group]]
name = "8080"
comm = ["1.10", "true", "0x10"]
children = true

# all.yml:13: "owner" is no key of process-exporter
[[group]]
name = "folded name"
exe = ["bash", "zsh", "fish"]
children = true
)"));
  EXPECT_THAT(migration.losses,
              ElementsAre("all.yml:3: \"shells\" is no key of process-exporter",
                          "all.yml:4: \"defaults\" is no key of process-exporter",
                          "all.yml:14: process-exporter reads nothing behind the first document",
                          "all.yml:13: \"owner\" is no key of process-exporter"));
}

TEST(Migrate, TheLastOfTheSameKeysCounts) {
  const Migration migration = Migrated("process_names:\n- comm: [a]\n  comm: [b]\n");
  EXPECT_THAT(migration.toml, HasSubstr("comm = [\"b\"]\n"));
  EXPECT_THAT(migration.losses,
              ElementsAre("all.yml:3: \"comm\" stands here twice: the last one counts"));
}

TEST(Migrate, WhatIsMergedCountsWhereItStands) {
  const std::string base = "base: &b {name: base}\nother: &o {name: other}\nprocess_names:\n";
  EXPECT_THAT(Groups(base + "- {comm: [a], name: own, <<: *b}"), HasSubstr("name = \"base\""));
  EXPECT_THAT(Groups(base + "- {comm: [a], <<: *b, name: own}"), HasSubstr("name = \"own\""));
  EXPECT_THAT(Groups(base + "- {comm: [a], <<: [*b, *o]}"), HasSubstr("name = \"base\""));
}

TEST(Migrate, RefusesWhatIsNoFileOfProcessExporter) {
  const std::string none =
      "all.yml:1: has no process_names, so it is no configuration of process-exporter";
  for (const std::string_view yaml : {"", "\n", "just a text", "- a", "global: {}", "---\n---\n"}) {
    EXPECT_EQ(Mistake(yaml), none) << yaml;
  }
}

TEST(Migrate, RefusesWhatProcessExporterRefuses) {
  const auto refuses = [](const std::string& yaml, const std::string& expected) {
    EXPECT_EQ(Mistake("process_names:\n" + yaml), "all.yml:" + expected) << yaml;
  };
  const std::string nothing = "2: a rule takes at least one of comm, exe and cmdline";
  refuses("- name: a", nothing);
  refuses("- {name: a, comm: }", nothing);
  refuses("- {comm: [a], comm: ~}", nothing);
  refuses("-", nothing);
  refuses("- a", "2: a rule is expected, with name, comm, exe or cmdline");
  refuses("  comm: [a]", "2: process_names takes a list of rules");
  refuses("- comm: bash", "2: comm takes a list, such as [a, b]");
  refuses("- comm:\n  - [bash]", "3: comm: a text is expected");
  refuses("- name: [a]\n  comm: [bash]", "2: name: a text is expected");
  refuses("- exe: [!!binary YmFzaA==]", "2: exe: !!binary has no equivalent");
  refuses("- {comm: [a], <<: b}", "2: << takes a map or a list of maps");
  refuses("- comm: [a]\n  name: 'x{{.Comm'", "3: \"{{.Comm\" has {{ without }}");
}

TEST(Migrate, RefusesWhatIsNoYaml) {
  EXPECT_THAT(Mistake("process_names:\n\t- comm: [a]\n"), HasSubstr("all.yml:2: "));
  EXPECT_THAT(Mistake("process_names: [{comm: [a"), HasSubstr("all.yml:1: "));
  EXPECT_THAT(Mistake("process_names: *nobody"), HasSubstr("all.yml:1: "));
  EXPECT_EQ(Mistake("process_names:\n- comm: [\xFF]\n"), "all.yml:2: is not UTF-8");
}

TEST(Migrate, RefusesWhatNestsTooDeeply) {
  EXPECT_EQ(Mistake("process_names: " + std::string(100'000, '[')), "all.yml:1: nests too deeply");
}

TEST(Migrate, RefusesAliasesThatUnfoldWithoutEnd) {
  std::string yaml = "t: &t [" + std::string(2000, 'a') + "]\nr: &r {comm: *t}\nprocess_names: [";
  for (int i = 0; i < 10'000; ++i) yaml += "*r, ";
  EXPECT_EQ(Mistake(yaml + "]"), "all.yml:1: the file unfolds to more than 4 MiB");
  EXPECT_EQ(Mistake("process_names: [&r {comm: [a], <<: *r}]"),
            "all.yml:1: maps merge each other too deeply");
  EXPECT_EQ(Mistake("process_names: &p [{comm: *p}]"), "all.yml:1: comm: a text is expected");
}

TEST(Migrate, RefusesAFileThatLaughs) {
  EXPECT_EQ(Mistake(Fixture("laughs.yml")), "all.yml:1: the file unfolds to more than 4 MiB");
}

TEST(Migrate, ALossStandsWhereItConcerns) {
  EXPECT_THAT(Migrated(Fixture("no_equivalent.yml")).toml,
              HasSubstr(R"(
# all.yml:4: "user" is no key of process-exporter
# all.yml:2: "{{.Comm | printf \"%q\"}}" of "{{.Comm | printf \"%q\"}}" has no equivalent: the )"
                        R"(group's name is "{{.ExeBase}}"
[[group]]
name = "{{.ExeBase}}"
comm = ["bash"]
)"));
}

TEST(Migrate, StopsAtExpressionsThatAreTooLargeTogether) {
  std::string yaml = "process_names: [{cmdline: [";
  for (int i = 0; i < 600; ++i) yaml += "'(\\pL{1000}){2}" + std::to_string(i) + "', ";
  EXPECT_THAT(Migrated(yaml + "]}]").losses,
              ::testing::Contains(HasSubstr("with those before it, it takes too much memory")));
}

TEST(Migrate, ReadsAFile) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("a.yml", "process_names: [{comm: [a]}]\n");
  EXPECT_THAT(MigrateFile(path, {}).value().toml, HasSubstr("comm = [\"a\"]"));
  EXPECT_EQ(MigrateFile(folder.Path("b.yml"), {}).error().message,
            "open " + folder.Path("b.yml") + ": No such file or directory");
}

TEST(Migrate, RefusesAFileThatIsTooLarge) {
  const TemporaryFolder folder;
  std::string comments;
  comments.resize(10'000'000, '#');
  const std::string path = folder.Write("a.yml", comments);
  EXPECT_EQ(MigrateFile(path, {}).error().message, "read " + path + ": larger than 1 MiB");
}

}  // namespace
}  // namespace procmarshal::testing
