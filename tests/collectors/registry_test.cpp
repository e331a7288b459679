#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "collectors/collector.h"
#include "tests/support/source_tree.h"

namespace procmarshal::testing {
namespace {

// A file that the build does not link would be a collector that silently is not there.
TEST(Registry, HasEveryCollectorOfTheSourceTree) {
  std::set<std::string> in_source;
  for (const auto& file : std::filesystem::directory_iterator(SourceTree() / "collectors")) {
    if (file.path().extension() != ".cpp") continue;
    std::ifstream stream(file.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.find("const Registration kRegistration(") != std::string::npos) {
      in_source.insert(file.path().stem());
    }
  }
  std::set<std::string> registered;
  for (const Registration* entry : Registration::All()) registered.emplace(entry->Name());
  EXPECT_EQ(registered, in_source);
  EXPECT_GE(registered.size(), 6U);
}

}  // namespace
}  // namespace procmarshal::testing
