#include "exporter/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Config Defaults() {
  Config config;
  config.collectors = {{"arp", false}, {"loadavg", true}};
  return config;
}

Config Parsed(std::string_view text) {
  auto config = ParseConfig(text, "procmarshal.toml", Defaults());
  EXPECT_TRUE(config) << config.error().message;
  return config.value_or(Config{});
}

std::string Mistakes(std::string_view text) {
  const auto config = ParseConfig(text, "procmarshal.toml", Defaults());
  return config ? "none" : config.error().message;
}

TEST(Config, EmptyFileMeansTheDefaults) {
  EXPECT_EQ(Parsed(""), Defaults());
}

TEST(Config, ReadsEveryKey) {
  const Config config = Parsed(R"(
[sampling]
interval = "1500ms"
[web]
listen = ["127.0.0.1:9256", "[::1]:9100"]
[log]
level = "debug"
format = "json"
[processes]
top = 0
all = true
users = "www-*"
names = ["nginx", "php*"]
min_cpu = "0.5%"
min_memory = "1MiB"
threads = true
smaps = true
group_ttl = "0s"
[textfile]
directories = ["/var/lib/a", "/srv/*/b"]
[budget]
series = 1000
[collectors]
arp = true
loadavg = false
)");
  EXPECT_EQ(config.sampling_interval, std::chrono::milliseconds(1500));
  EXPECT_THAT(config.web.listen, testing::ElementsAre("127.0.0.1:9256", "[::1]:9100"));
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.log_format, Config::LogFormat::kJson);
  const ProcessSettings processes = {.top = 0,
                                     .all = true,
                                     .threads = true,
                                     .smaps = true,
                                     .users = {"www-*"},
                                     .names = {"nginx", "php*"},
                                     .min_cpu_ratio = 0.005,
                                     .min_memory_bytes = 1 << 20U,
                                     .group_ttl = std::chrono::milliseconds(0),
                                     .series_budget = 1000};
  EXPECT_EQ(config.processes, processes);
  EXPECT_THAT(config.textfile_directories, testing::ElementsAre("/var/lib/a", "/srv/*/b"));
  EXPECT_EQ(config.collectors, (decltype(config.collectors){{"arp", true}, {"loadavg", false}}));
}

TEST(Config, TakesOneAddressWithoutAList) {
  EXPECT_THAT(Parsed(R"(web.listen = ":9100")").web.listen, testing::ElementsAre(":9100"));
}

TEST(Config, PrintsWhatItReadsBack) {
  Config config = Defaults();
  EXPECT_EQ(Parsed(ToToml(config)), config);

  config.sampling_interval = std::chrono::milliseconds(90'500);
  config.web.listen = {":1", "[::1]:2", "localhost:3"};
  config.log_level = "error";
  config.log_format = Config::LogFormat::kJson;
  config.processes = {.top = 10'000,
                      .all = true,
                      .threads = true,
                      .smaps = true,
                      .users = {"a", "b*"},
                      .names = {"[a-z]?\\"},
                      .min_cpu_ratio = 0.0123,
                      .min_memory_bytes = 12'345,
                      .group_ttl = std::chrono::hours(8760),
                      .series_budget = 1'000'000};
  config.textfile_directories = {"/a b", "/c*"};
  config.collectors = {{"arp", true}, {"loadavg", false}};
  EXPECT_EQ(Parsed(ToToml(config)), config);
}

TEST(Config, PrintsSectionsWithWhatTheirKeysMean) {
  EXPECT_THAT(ToToml(Defaults()), StartsWith("[sampling]\n"
                                             "# How often every process is read.\n"
                                             "interval = \"5s\"\n"
                                             "\n"
                                             "[web]\n"));
}

TEST(Config, RefusesRelativeTextfileDirectories) {
  EXPECT_EQ(
      Mistakes("textfile.directories = [\"/a\", \"b\"]\n"),
      "procmarshal.toml:1: textfile.directories: \"b\" is not an absolute path, expected one");
  EXPECT_THAT(Mistakes("textfile.directories = \"\"\n"), HasSubstr("is not an absolute path"));
}

TEST(Config, RefusesAnUnknownKeyWithASuggestion) {
  EXPECT_EQ(
      Mistakes("\n\nsamplign.interval = \"5s\"\n"),
      R"(procmarshal.toml:3: unknown key "samplign.interval", did you mean "sampling.interval"?)");
  EXPECT_EQ(
      Mistakes("[samplign]\n\ninterval = \"5s\"\n"),
      R"(procmarshal.toml:3: unknown key "samplign.interval", did you mean "sampling.interval"?)");
  EXPECT_EQ(Mistakes("[log]\nlevle = \"info\"\n"),
            R"(procmarshal.toml:2: unknown key "log.levle", did you mean "log.level"?)");
  EXPECT_EQ(
      Mistakes("[collectors]\nloadagv = true\n"),
      R"(procmarshal.toml:2: unknown key "collectors.loadagv", did you mean "collectors.loadavg"?)");
  EXPECT_EQ(Mistakes("[samplign]\n"),
            R"(procmarshal.toml:1: unknown key "samplign", did you mean "sampling"?)");
}

TEST(Config, RefusesAnUnknownKeyThatIsLikeNoOther) {
  EXPECT_EQ(Mistakes("volume = 11\n"), R"(procmarshal.toml:1: unknown key "volume")");
  EXPECT_EQ(Mistakes("[[thing]]\nx = 1\n"), R"(procmarshal.toml:1: unknown key "thing")");
}

TEST(Config, QuotedDotIsNotASection) {
  EXPECT_EQ(Mistakes("\"log.level\" = \"info\"\n"),
            R"(procmarshal.toml:1: unknown key "\"log.level\"", did you mean "log.level"?)");
}

TEST(Config, RefusesAValueOfAnotherKind) {
  const auto refuses = [](std::string_view text, std::string_view expected) {
    EXPECT_EQ(Mistakes(text), "procmarshal.toml:1: " + std::string(expected));
  };
  refuses("sampling = 5", "sampling: expected a table, written [sampling]");
  refuses("sampling.interval = 5",
          R"(sampling.interval: 5 is not a duration, expected a string such as "5s" or "500ms")");
  refuses("[[log]]", "log: expected a table, written [log]");
  refuses("processes.top = \"50\"",
          R"(processes.top: "50" does not fit, expected a whole number from 0 to 10000)");
  refuses("processes.top = 1.5",
          "processes.top: a fraction does not fit, expected a whole number from 0 to 10000");
  refuses("web.listen = [9256]",
          "web.listen: a list of something else than strings does not fit, expected a list such as "
          R"(["0.0.0.0:9256"])");
  refuses("log.format = true", R"(log.format: true does not fit, expected "logfmt" or "json")");
  refuses("collectors.arp = 2026-11-22",
          "collectors.arp: a date or time does not fit, expected true or false");
  refuses("processes.all = 1", "processes.all: 1 does not fit, expected true or false");
  refuses("processes.min_cpu = 0.5",
          "processes.min_cpu: a fraction is not a percentage, expected a string such as \"80%\"");
  refuses("log.level = {}",
          "log.level: a table does not fit, expected "
          R"("trace", "debug", "info", "warn" or "error")");
}

TEST(Config, RefusesAValueThatIsOutOfRange) {
  const auto refuses = [](std::string_view text, std::string_view expected) {
    EXPECT_EQ(Mistakes(text), "procmarshal.toml:1: " + std::string(expected));
  };
  refuses(R"(sampling.interval = "5 parsecs")",
          R"(sampling.interval: "5 parsecs" is not a duration, expected a number with a unit )"
          R"(such as "5s" or "500ms")");
  refuses(R"(sampling.interval = "99ms")",
          R"(sampling.interval: "99ms" is out of range, expected "100ms" to "1h")");
  refuses(R"(sampling.interval = "2h")",
          R"(sampling.interval: "2h" is out of range, expected "100ms" to "1h")");
  refuses("processes.top = -1",
          "processes.top: -1 is out of range, expected a whole number from 0 to 10000");
  refuses(R"(processes.min_cpu = "0.5")",
          R"(processes.min_cpu: "0.5" is not a percentage, expected a number such as "80%" or )"
          R"("2.5%")");
  refuses(R"(processes.min_cpu = "100000.01%")",
          R"(processes.min_cpu: "100000.01%" is out of range, expected "0%" to "100000%")");
  refuses(R"(processes.min_memory = "2PB")",
          R"(processes.min_memory: "2PB" is not a size, expected a number with a unit such as )"
          R"("64KiB" or "512B")");
  refuses(R"(processes.group_ttl = "366d")",
          R"(processes.group_ttl: "366d" is out of range, expected "0s" to "365d")");
  refuses(R"(processes.names = ["a", ""])",
          R"(processes.names: "" does not fit anything, expected text without control characters)");
  refuses("budget.series = 999",
          "budget.series: 999 is out of range, expected a whole number from 1000 to 1000000");
  refuses("processes.top = 10001",
          "processes.top: 10001 is out of range, expected a whole number from 0 to 10000");
  refuses(R"(log.level = "inof")",
          R"(log.level: "inof" does not fit, expected "trace", "debug", "info", "warn" or "error")"
          R"(, did you mean "info"?)");
  refuses("web.listen = []",
          R"(web.listen: a list does not fit, expected a list such as ["0.0.0.0:9256"])");
  refuses(R"(web.listen = [":1", ":99999"])",
          R"(web.listen: ":99999" is not a listen address, expected a port from 0 to 65535 after )"
          "the last colon");
}

TEST(Config, ReportsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(Mistakes("[web]\nlisen = 1\n[log]\nlevel = 2\nformat = \"json\"\n[a]\nb = 3\n"),
            "procmarshal.toml:2: unknown key \"web.lisen\", did you mean \"web.listen\"?\n"
            "procmarshal.toml:4: log.level: 2 does not fit, expected \"trace\", \"debug\", "
            "\"info\", \"warn\" or \"error\"\n"
            "procmarshal.toml:7: unknown key \"a.b\"");
}

TEST(Config, SaysWhereTheSyntaxIsWrong) {
  EXPECT_THAT(Mistakes("[log]\nlevel = \n"), StartsWith("procmarshal.toml:2:9: "));
  EXPECT_THAT(Mistakes("[log]\nlevel = \"a\"\nlevel = \"b\"\n"), StartsWith("procmarshal.toml:3:"));
  EXPECT_THAT(Mistakes("x = \"\xFF\"\n"), StartsWith("procmarshal.toml:1:"));
}

TEST(Config, HostileTextStaysOnOneLine) {
  const auto shows = [](std::string_view text, std::string_view expected) {
    EXPECT_EQ(Mistakes(text), "procmarshal.toml:1: " + std::string(expected));
  };
  shows(R"(log.format = "a\nb\u001b[2J")",
        R"(log.format: "a\nb\u001b[2J" does not fit, expected "logfmt" or "json")");
  shows(R"("a\nb" = 1)", R"(unknown key "\"a\\nb\"")");
  EXPECT_THAT(ParseConfig("x = 1", "a\nb.toml", {}).error().message,
              StartsWith(R"(a\nb.toml:1: )"));
}

TEST(Config, CutsALongValue) {
  EXPECT_LT(Mistakes("log.format = \"" + std::string(100'000, 'x') + "\"").size(), 300U);
  EXPECT_LT(Mistakes(std::string(100'000, 'x') + " = 1").size(), 300U);
}

TEST(Config, StandsDeepNesting) {
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_EQ(Mistakes("\n" + dotted + " = 1\n"),
            "procmarshal.toml:2: more than 1024 dots in one line");
  EXPECT_THAT(Mistakes(dotted.substr(0, 2001) + " = 1\n"), HasSubstr("unknown key \"a.a.a."));
}

}  // namespace
}  // namespace procmarshal
