#include "exporter/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.h"

namespace procmarshal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Command = CommandLine::Command;

Result<CommandLine> Parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> all = {"/usr/bin/procmarshal"};
  all.insert(all.end(), arguments);
  return ParseCommandLine(all);
}

CommandLine Parsed(std::initializer_list<const char*> arguments) {
  const auto line = Parse(arguments);
  EXPECT_TRUE(line) << line.error().message;
  return line.value_or(CommandLine{});
}

std::string Mistake(std::initializer_list<const char*> arguments) {
  const auto line = Parse(arguments);
  return line ? "none" : line.error().message;
}

TEST(CommandLine, ServesByDefault) {
  const CommandLine line = Parsed({});
  EXPECT_EQ(line.command, Command::kServe);
  EXPECT_EQ(line.config_file, "");
  EXPECT_EQ(line.overrides, Overrides{});
  EXPECT_EQ(line.procfs, "/proc");
  EXPECT_EQ(line.sysfs, "/sys");
  EXPECT_EQ(line.rootfs, "/");
}

TEST(CommandLine, ReadsFlagsWithoutBeforeAndAfterTheCommand) {
  for (const auto& line :
       {Parsed({"--log.level", "debug"}), Parsed({"--log.level=debug"}),
        Parsed({"serve", "--log.level", "debug"}), Parsed({"--log.level", "debug", "serve"})}) {
    EXPECT_EQ(line.command, Command::kServe);
    EXPECT_EQ(line.overrides.log_level, "debug");
  }
}

TEST(CommandLine, ReadsEveryFlag) {
  const CommandLine line =
      Parsed({"--config.file", "/etc/a b.toml", "--web.listen-address", ":1",
              "--web.listen-address=[::1]:2", "--log.level=warn", "--log.format", "json",
              "--path.procfs=/host/proc", "--path.sysfs", "/host/sys", "--path.rootfs=/host"});
  EXPECT_EQ(line.config_file, "/etc/a b.toml");
  EXPECT_THAT(line.overrides.web_listen, ElementsAre(":1", "[::1]:2"));
  EXPECT_EQ(line.overrides.log_level, "warn");
  EXPECT_EQ(line.overrides.log_format, "json");
  EXPECT_EQ(line.procfs, "/host/proc");
  EXPECT_EQ(line.sysfs, "/host/sys");
  EXPECT_EQ(line.rootfs, "/host");
}

TEST(CommandLine, LastOfARepeatedFlagWins) {
  EXPECT_EQ(Parsed({"--log.level=info", "--log.level=debug"}).overrides.log_level, "debug");
}

TEST(CommandLine, AnAddressTakesNoCommandAlong) {
  EXPECT_EQ(Parsed({"--web.listen-address", ":1", "version"}).command, Command::kVersion);
}

TEST(CommandLine, ChecksAFile) {
  const CommandLine line = Parsed({"check", "procmarshal.toml", "--log.level", "debug"});
  EXPECT_EQ(line.command, Command::kCheck);
  EXPECT_EQ(line.config_file, "procmarshal.toml");
  EXPECT_EQ(line.overrides.log_level, "debug");
  EXPECT_EQ(Mistake({"check"}), "FILE is required (see procmarshal --help)");
}

TEST(CommandLine, MigratesAFileWithTheDefaultsOfProcessExporter) {
  const CommandLine line = Parsed({"migrate", "process-exporter.yml"});
  EXPECT_EQ(line.command, Command::kMigrate);
  EXPECT_EQ(line.migrate_file, "process-exporter.yml");
  EXPECT_EQ(line.migrate_flags, ProcessExporterFlags{});
  EXPECT_EQ(Mistake({"migrate"}), "FILE is required (see procmarshal --help)");
}

TEST(CommandLine, MigrateTakesTheFlagsAsProcessExporterDoes) {
  const ProcessExporterFlags changed{
      .children = false, .threads = false, .gather_smaps = false, .remove_empty_groups = true};
  EXPECT_EQ(Parsed({"migrate", "a.yml", "-children=false", "-threads=0", "-gather-smaps=False",
                    "-remove-empty-groups"})
                .migrate_flags,
            changed);
  EXPECT_EQ(Parsed({"migrate", "--children=false", "--threads=f", "--gather-smaps=FALSE",
                    "--remove-empty-groups=true", "a.yml"})
                .migrate_flags,
            changed);
  EXPECT_EQ(
      Parsed({"migrate", "-children", "--threads", "-gather-smaps=true", "a.yml"}).migrate_flags,
      ProcessExporterFlags{});
}

TEST(CommandLine, PrintsTheVersion) {
  EXPECT_EQ(Parsed({"version"}).command, Command::kVersion);
  EXPECT_EQ(Parsed({"--version"}).command, Command::kVersion);
  EXPECT_THAT(Parsed({"version"}).text, testing::MatchesRegex("procmarshal [0-9.]+\n"));
}

TEST(CommandLine, HelpIsForANewcomer) {
  const CommandLine line = Parsed({"--help"});
  EXPECT_EQ(line.command, Command::kHelp);
  EXPECT_THAT(line.text, StartsWith("procmarshal watches every process"));
  EXPECT_THAT(line.text, HasSubstr("\nUsage: procmarshal [OPTIONS] [COMMAND]\n"));
  EXPECT_THAT(line.text, HasSubstr("/metrics"));
  EXPECT_THAT(line.text, HasSubstr("\n  check "));
  EXPECT_THAT(line.text, HasSubstr("\n  --web.listen-address "));
  EXPECT_EQ(Parsed({"-h"}).text, line.text);
  EXPECT_EQ(Parsed({"serve", "--help"}).text, line.text);
}

TEST(CommandLine, HelpFitsATerminal) {
  const std::string text = Parsed({"--help"}).text + Parsed({"migrate", "--help"}).text;
  for (std::string_view rest = text; !rest.empty();) {
    EXPECT_LE(TakeUntil(rest, '\n').size(), 100U) << rest;
  }
}

TEST(CommandLine, ACommandHasHelpOfItsOwn) {
  EXPECT_THAT(Parsed({"check", "--help"}).text,
              HasSubstr("Usage: procmarshal check [OPTIONS] FILE\n"));
  EXPECT_THAT(Parsed({"migrate", "--help"}).text,
              HasSubstr("Usage: procmarshal migrate [OPTIONS] FILE\n"));
}

TEST(CommandLine, RefusesWhatItDoesNotKnowWithASuggestion) {
  const auto refuses = [](std::initializer_list<const char*> arguments, std::string_view expected) {
    EXPECT_EQ(Mistake(arguments), std::string(expected) + " (see procmarshal --help)");
  };
  refuses({"--log.levle", "debug"}, R"(unknown flag "--log.levle", did you mean "--log.level"?)");
  refuses({"--log.levle=debug"}, R"(unknown flag "--log.levle", did you mean "--log.level"?)");
  refuses({"sevre"}, R"(unknown command "sevre", did you mean "serve"?)");
  refuses({"dance"}, R"(unknown command "dance")");
  refuses({"-x"}, R"(unknown flag "-x")");
  refuses({"serve", "check"}, R"(unexpected argument "check")");
  refuses({"check", "a", "b"}, R"(unexpected argument "b")");
  refuses({"migrate", "a", "-childen"}, R"(unknown flag "-childen", did you mean "--children"?)");
  refuses({"--threads"}, R"(unknown flag "--threads")");
  refuses({"--log.level"}, "--log.level: 1 required LEVEL missing");
  refuses({"a\nb\x1B"}, R"(unknown command "a\nb\u001b")");
}

TEST(CommandLine, FlagsWinOverTheFile) {
  Config file;
  file.log_level = "warn";
  file.processes.top = 7;
  EXPECT_EQ(Apply(file, {}).value(), file);

  Config expected = file;
  expected.web.listen = {":2", ":3"};
  expected.log_level = "debug";
  expected.log_format = Config::LogFormat::kJson;
  EXPECT_EQ(Apply(file, {{":2", ":3"}, "debug", "json"}).value(), expected);
}

TEST(CommandLine, FlagsAreCheckedAsTheFileIs) {
  const auto refuses = [](const Overrides& overrides, std::string_view expected) {
    EXPECT_EQ(Apply({}, overrides).error().message, expected);
  };
  refuses(
      {{}, "loud", {}},
      R"(--log.level: "loud" does not fit, expected "trace", "debug", "info", "warn" or "error")");
  refuses({{}, {}, "jsn"},
          R"(--log.format: "jsn" does not fit, expected "logfmt" or "json", did you mean "json"?)");
  refuses({{":1", "9256"}, {}, {}},
          R"(--web.listen-address: "9256" is not a listen address, expected HOST:PORT such as )"
          R"("0.0.0.0:9256", "[::1]:9256" or ":9256", or unix:PATH)");
}

}  // namespace
}  // namespace procmarshal
