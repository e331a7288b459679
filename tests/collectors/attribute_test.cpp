#include "collectors/attribute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace procmarshal::testing {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

TEST(Attribute, IsTheTextWithoutBlanksAround) {
  const ProcTree tree;
  tree.Write("vendor", " ATA     \n");
  EXPECT_EQ(ReadAttribute(tree.Fs(), "vendor"), "ATA");
}

TEST(Attribute, IsNothingWhereTheDriverGivesNone) {
  const ProcTree tree;
  tree.Write("folder/file", "");
  EXPECT_EQ(ReadAttribute(tree.Fs(), "nonesuch"), std::nullopt);
  EXPECT_EQ(ReadAttribute(tree.Fs(), "folder"), std::nullopt);  // EISDIR
  EXPECT_EQ(ReadAttribute(tree.Fs(), "folder/file"), "");
}

TEST(Attribute, MayBeANumber) {
  const ProcTree tree;
  tree.Write("temp", "-12500\n");
  EXPECT_EQ(ReadNumber(tree.Fs(), "temp").value(), -12500);
  EXPECT_EQ(ReadNumber(tree.Fs(), "nonesuch").value(), std::nullopt);
}

TEST(ReadLine, GivesTheFirstOfAFile) {
  const ProcTree tree;
  tree.Write("slaves", " eth0 eth1 \nmore\n");
  tree.Write("empty", "");
  EXPECT_EQ(ReadLine(tree.Fs(), "slaves"), "eth0 eth1");
  EXPECT_EQ(ReadLine(tree.Fs(), "empty"), "");
  EXPECT_EQ(ReadLine(tree.Fs(), "nonesuch"), std::nullopt);
}

TEST(ReadLine, ReadsTheFileThatHasTheNameNow) {
  const ProcTree tree;
  const PseudoFs fs = tree.Fs();
  tree.Write("file", "old");
  EXPECT_EQ(ReadLine(fs, "file"), "old");
  tree.Remove("file");
  tree.Write("file", "new");
  EXPECT_EQ(ReadLine(fs, "file"), "new");
}

TEST(ReadCount, IsANumberInAFileThatMayBeRead) {
  const ProcTree tree;
  tree.Write("folder/count", "18446744073709551615\n");
  EXPECT_EQ(ReadCount(tree.Fs(), "folder/count").value(), 18446744073709551615.0);
  EXPECT_EQ(ReadCount(tree.Fs(), "nonesuch").error().code, ErrorCode::kNotFound);
  tree.Forbid("folder/count");
  const AsNobody nobody;
  EXPECT_EQ(ReadCount(tree.Fs(), "folder/count").error().code, ErrorCode::kDenied);
}

TEST(ReadCount, RefusesWhatIsNoCount) {
  const ProcTree tree;
  for (const char* text : {"many\n", "", "-1\n", "1.5\n", "1 2\n", "18446744073709551616\n"}) {
    tree.Write("folder/count", text);
    const auto count = ReadCount(tree.Fs(), "folder/count");
    ASSERT_FALSE(count) << text;
    EXPECT_THAT(count.error().message, StartsWith("count: expected a number, found \""));
  }
}

TEST(ReadCount, RefusesANumberThatWasCutOff) {
  const ProcTree tree;
  tree.Write("folder/count", "17");
  EXPECT_EQ(ReadCount(tree.Fs(), "folder/count").error().message,
            "folder/count: the file ends within a line");
}

TEST(Attribute, RefusesWhatIsNoNumber) {
  const ProcTree tree;
  for (const char* text : {"hot\n", "", "1 2", "0x10"}) {
    tree.Write("temp", text);
    EXPECT_EQ(ReadNumber(tree.Fs(), "temp").error().code, ErrorCode::kInvalid) << text;
  }
  tree.Write("temp", std::string(1000, 'x'));
  EXPECT_THAT(ReadNumber(tree.Fs(), "temp").error().message,
              EndsWith("/temp: expected a number, found \"" + std::string(80, 'x') + "\""));
}

}  // namespace
}  // namespace procmarshal::testing
