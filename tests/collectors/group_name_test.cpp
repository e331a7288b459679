#include "collectors/group_name.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

// What a test does not say is empty.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace procmarshal::testing {
namespace {

constexpr std::array<std::string_view, 2> kCgroups = {"/a", "/b.slice/c"};

MatchSubject Nginx() {
  return {.comm = "nginx",
          .executable = "/usr/sbin/nginx",
          .command_line = "/usr/sbin/nginx -g daemon",
          .user = "www-data",
          .unit = "nginx.service",
          .slice = "system.slice",
          .container = "c0ffee",
          .pod = "web-1",
          .cgroups = kCgroups,
          .pid = 42,
          .start_time_seconds = 1136214245.99};
}

// The name that `text` gives `subject`, or what is wrong with it.
std::string NameOf(std::string_view text, const MatchSubject& subject) {
  const auto name = GroupName::Parse(text, {});
  return name ? name->Of(subject, {}) : "error: " + name.error().message;
}

std::string Started(double seconds) {
  return NameOf("{{.StartTime}}", {.comm = "x", .start_time_seconds = seconds});
}

TEST(GroupName, IsTheTextWithItsFields) {
  EXPECT_EQ(NameOf("web", Nginx()), "web");
  EXPECT_EQ(NameOf("{{.Comm}}", Nginx()), "nginx");
  EXPECT_EQ(NameOf("{{.ExeBase}} of {{.ExeFull}}", Nginx()), "nginx of /usr/sbin/nginx");
  EXPECT_EQ(NameOf("<{{.Username}}{{.PID}}>", Nginx()), "<www-data42>");
  EXPECT_EQ(NameOf("{{.Unit}} {{.Slice}} {{.Container}} {{.Pod}}", Nginx()),
            "nginx.service system.slice c0ffee web-1");
}

TEST(GroupName, BlanksInTheBracesDoNotMatter) {
  EXPECT_EQ(NameOf("{{ .Comm }}{{\t.PID\n}}", Nginx()), "nginx42");
}

TEST(GroupName, ClosingBracesAloneAreText) {
  EXPECT_EQ(NameOf("a}}{b", Nginx()), "a}}{b");
}

TEST(GroupName, PrintsListsAndTimesAsGoDoes) {
  EXPECT_EQ(NameOf("{{.Cgroups}}", Nginx()), "[/a /b.slice/c]");
  EXPECT_EQ(NameOf("{{.Cgroups}}", {.comm = "x"}), "[]");
  EXPECT_EQ(NameOf("{{.StartTime}}", Nginx()), "2006-01-02 15:04:05.99 +0000 UTC");
  EXPECT_EQ(Started(1136214245.5), "2006-01-02 15:04:05.5 +0000 UTC");
  EXPECT_EQ(Started(1136214245.0), "2006-01-02 15:04:05 +0000 UTC");
  EXPECT_EQ(Started(1136214205.04), "2006-01-02 15:03:25.04 +0000 UTC");
}

TEST(GroupName, LeavesOutATimeThatIsNone) {
  EXPECT_EQ(Started(-1), "x");
  EXPECT_EQ(Started(9e16), "x");
}

TEST(GroupName, AProcessWithoutArgumentsGoesByItsComm) {
  EXPECT_EQ(NameOf("{{.ExeBase}} {{.ExeFull}}", {.comm = "kswapd0"}), "kswapd0 kswapd0");
}

TEST(GroupName, TheBaseNameIsBehindTheLastSlash) {
  EXPECT_EQ(BaseName("/usr/bin/python3"), "python3");
  EXPECT_EQ(BaseName("python3"), "python3");
  EXPECT_EQ(BaseName("/x/y//"), "y");
  EXPECT_EQ(BaseName("//"), "/");
  EXPECT_EQ(BaseName(""), "");
}

TEST(GroupName, LeavesOutWhatAKernelWorkerIsWorkingOn) {
  EXPECT_EQ(GroupOfComm("kworker/0:1-events"), "kworker/0:1");
  EXPECT_EQ(GroupOfComm("kworker/u8:2+flush"), "kworker/u8:2");
  EXPECT_EQ(GroupOfComm("kworker/1:1"), "kworker/1:1");
  EXPECT_EQ(GroupOfComm("a-b+c"), "a-b+c");
  EXPECT_EQ(NameOf("{{.Comm}} {{.ExeBase}}", {.comm = "kworker/0:1-mm"}),
            "kworker/0:1 kworker/0:1");
}

TEST(GroupName, TakesWhatWasCaptured) {
  const std::vector<std::string> captures = {"a", "b"};
  const auto name = GroupName::Parse("{{.Matches.b}}-{{ .Matches.a }}", captures).value();
  const std::vector<std::string_view> captured = {"first", "second"};
  EXPECT_EQ(name.Of(Nginx(), captured), "second-first");
}

TEST(GroupName, AnEmptyNameIsTheComm) {
  EXPECT_EQ(NameOf("", Nginx()), "nginx");
  EXPECT_EQ(NameOf("{{.Pod}}", {.comm = "kworker/0:1-events"}), "kworker/0:1");
  EXPECT_EQ(GroupName().Of(Nginx(), {}), "nginx");
}

TEST(GroupName, KnowsWhetherItIsFixed) {
  EXPECT_TRUE(GroupName::Parse("web", {}).value().IsFixed());
  EXPECT_FALSE(GroupName::Parse("web {{.PID}}", {}).value().IsFixed());
}

TEST(GroupName, IsCutInFrontOfACharacterThatDoesNotFit) {
  EXPECT_EQ(NameOf(std::string(256, 'x'), Nginx()), std::string(256, 'x'));
  EXPECT_EQ(NameOf(std::string(257, 'x'), Nginx()), std::string(256, 'x'));
  const std::string eyes(254, '0');
  EXPECT_EQ(NameOf(eyes + "\xE2\x82\xAC", Nginx()), eyes);
  EXPECT_EQ(NameOf("{{.ExeFull}}", {.comm = "x", .executable = eyes + "\xF0\x9F\x91\x80" + "yz"}),
            eyes);
}

TEST(GroupName, IsCutAfterManyLongFields) {
  const std::string large(2U << 20U, 'y');
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "{{.ExeFull}}";
  EXPECT_EQ(NameOf(text, {.comm = "x", .executable = large}), std::string(256, 'y'));
}

TEST(GroupName, RepairsWhatIsNotUtf8) {
  EXPECT_EQ(NameOf("a\xFF", Nginx()), "a\xEF\xBF\xBD");
}

TEST(GroupName, RefusesAnUnknownField) {
  EXPECT_EQ(NameOf("x {{.Com}}", Nginx()),
            R"(error: "{{.Com}}" is not known in a name, expected {{.Comm}}, {{.ExeBase}}, )"
            "{{.ExeFull}}, {{.Username}}, {{.PID}}, {{.StartTime}}, {{.Cgroups}}, {{.Unit}}, "
            "{{.Slice}}, {{.Container}}, {{.Pod}}, or {{.Matches.NAME}} with the NAME of a capture"
            R"(, did you mean "{{.Comm}}"?)");
  EXPECT_TRUE(NameOf("{{}}", Nginx()).starts_with(R"(error: "{{}}" is not known)"));
  EXPECT_TRUE(NameOf("{{/* x */}}", Nginx()).starts_with(R"(error: "{{/* x */}}" is not known)"));
  EXPECT_TRUE(NameOf("{{.Matches}}", Nginx()).starts_with(R"(error: "{{.Matches}}" is not known)"));
}

TEST(GroupName, RefusesABraceThatIsNotClosed) {
  EXPECT_EQ(NameOf("x {{.Comm}", Nginx()), R"(error: "x {{.Comm}" has {{ without }} behind it)");
}

TEST(GroupName, RefusesACaptureThatThereIsNot) {
  const auto refuses = [](const std::vector<std::string>& captures, std::string_view expected) {
    EXPECT_EQ(GroupName::Parse("{{.Matches.prot}}", captures).error().message, expected);
  };
  refuses({"host", "port"},
          R"("{{.Matches.prot}}" is not a capture of this rule, which has "host", "port", )"
          R"(did you mean "port"?)");
  refuses({}, R"("{{.Matches.prot}}" is not a capture of this rule, which has none, which in )"
              "cmdline are written (?P<NAME>...)");
}

TEST(GroupName, CutsAHostileTextInTheMessage) {
  const std::string error = NameOf("{{\n" + std::string(100'000, 'x') + "}}", Nginx());
  EXPECT_LT(error.size(), 500U);
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace procmarshal::testing
