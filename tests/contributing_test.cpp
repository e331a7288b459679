// CONTRIBUTING.md shows a whole collector and its test. They are files of this tree, and short.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/source_tree.h"

namespace procmarshal::testing {
namespace {

std::string ReadSource(const std::filesystem::path& path) {
  std::ifstream file(SourceTree() / path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What stands between "   ```cpp" and "   ```", without the list's indentation of three blanks.
std::vector<std::string> ShownCode() {
  std::vector<std::string> blocks;
  bool is_code = false;
  std::ifstream file(SourceTree() / "CONTRIBUTING.md");
  for (std::string line; std::getline(file, line);) {
    const bool is_begin = line == "   ```cpp";
    if (is_begin) blocks.emplace_back();
    const bool is_end = line == "   ```";
    if (is_code && !is_end) blocks.back() += (line.empty() ? line : line.substr(3)) + "\n";
    is_code = is_begin || (is_code && !is_end);
  }
  return blocks;
}

TEST(Contributing, ShowsTheCollectorAndItsTestAsTheyAre) {
  EXPECT_EQ(ShownCode(), (std::vector{ReadSource("collectors/filefd.cpp"),
                                      ReadSource("tests/collectors/filefd_test.cpp")}));
}

TEST(Contributing, ShowsFilesOfLessThanSixtyLines) {
  for (const std::string& code : ShownCode()) EXPECT_LT(std::ranges::count(code, '\n'), 60) << code;
}

}  // namespace
}  // namespace procmarshal::testing
