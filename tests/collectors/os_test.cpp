#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string CollectOs(const std::string& text) {
  return CollectHost("os", {{"etc/os-release", text}});
}

TEST(Os, TellsNamesAndVersions) {
  EXPECT_EQ(CollectOs("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
                      "NAME=\"Debian GNU/Linux\"\n"
                      "VERSION_ID=\"12\"\n"
                      "VERSION=\"12 (bookworm)\"\n"
                      "VERSION_CODENAME=bookworm\n"
                      "ID=debian\n"
                      "HOME_URL=\"https://www.debian.org/\"\n"),
            "node_os_info{build_id=\"\",id=\"debian\",id_like=\"\",image_id=\"\","
            "image_version=\"\",name=\"Debian GNU/Linux\","
            "pretty_name=\"Debian GNU/Linux 12 (bookworm)\",variant=\"\",variant_id=\"\","
            "version=\"12 (bookworm)\",version_codename=\"bookworm\",version_id=\"12\"} 1\n"
            "node_os_version{id=\"debian\",id_like=\"\",name=\"Debian GNU/Linux\"} 12\n");
}

TEST(Os, TellsWhenSupportEnds) {
  EXPECT_THAT(CollectOs("NAME=Fedora\nSUPPORT_END=2026-05-13\n"),
              HasSubstr("node_os_support_end_timestamp_seconds 1778630400\n"));
}

TEST(Os, CutsTheVersionAfterTheMinorOne) {
  EXPECT_THAT(CollectOs("ID=ubuntu\nVERSION_ID=\"22.04.3\"\n"),
              HasSubstr("node_os_version{id=\"ubuntu\",id_like=\"\",name=\"\"} 22.04\n"));
}

TEST(Os, HasNoVersionOfARollingDistribution) {
  EXPECT_THAT(CollectOs("ID=arch\n"), Not(HasSubstr("node_os_version")));
  EXPECT_THAT(CollectOs("ID=x\nVERSION_ID=rolling\n"), Not(HasSubstr("node_os_version")));
}

TEST(Os, LooksInUsrLibToo) {
  EXPECT_THAT(CollectHost("os", {{"usr/lib/os-release", "ID=nixos\n"}}), HasSubstr("id=\"nixos\""));
}

TEST(Os, SaysThatThereIsNoFile) {
  EXPECT_THAT(CollectHost("os", {}), HasSubstr("usr/lib/os-release: No such file"));
}

TEST(Os, UnderstandsComments) {
  EXPECT_THAT(CollectOs("# ID=no\n\n  ID=yes\n"), HasSubstr("id=\"yes\""));
}

TEST(Os, UnderstandsEscapesBetweenDoubleQuotesAlone) {
  EXPECT_THAT(CollectOs(R"(NAME="\"a\" \$b \\ \`c\` \d")"),
              HasSubstr(R"(name=""a" $b \ `c` \d",)"));
  EXPECT_THAT(CollectOs(R"(NAME='a\$"b')"), HasSubstr(R"(,name="a\$"b",)"));
}

TEST(Os, TakesTheLastOfTwoValues) {
  EXPECT_THAT(CollectOs("ID=a\nID=b\n"), HasSubstr("id=\"b\""));
}

TEST(Os, RefusesAnOpenQuote) {
  EXPECT_EQ(CollectOs("NAME=\"Debian\\\"\n"),
            "error: os-release: expected NAME=\"VALUE\", found \"NAME=\"Debian\\\"\"");
  EXPECT_THAT(CollectOs("NAME='Debian\n"), StartsWith("error: "));
  EXPECT_THAT(CollectOs("NAME='\n"), StartsWith("error: "));
}

TEST(Os, RefusesWhatIsNoAssignment) {
  EXPECT_THAT(CollectOs("<html>\n"), StartsWith("error: "));
  EXPECT_THAT(CollectOs("=x\n"), StartsWith("error: "));
}

TEST(Os, RefusesADateThatIsNone) {
  EXPECT_EQ(CollectOs("SUPPORT_END=2026-02-30\n"),
            "error: os-release: expected SUPPORT_END=YEAR-MONTH-DAY, found \"2026-02-30\"");
  EXPECT_THAT(CollectOs("SUPPORT_END=soon\n"), StartsWith("error: "));
  EXPECT_THAT(CollectOs("SUPPORT_END=67562-05-13\n"), StartsWith("error: "));
}

}  // namespace
}  // namespace procmarshal::testing
