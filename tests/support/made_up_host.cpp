#include "tests/support/made_up_host.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/parse.h"
#include "tests/support/source_tree.h"

namespace procmarshal::testing {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// What stands behind `sign` in "PATH SIGN VALUE", and cuts it off; nullopt without the sign.
std::optional<std::string> CutValue(std::string_view& head, std::string_view sign) {
  const auto at = head.find(sign);
  if (at == std::string_view::npos) return std::nullopt;
  std::string value(head.substr(at + sign.size()));
  head = head.substr(0, at);
  return value;
}

void Link(const ProcTree& tree, std::string_view path, const std::string& target) {
  const auto link = tree.Fs().Root() / path;
  std::filesystem::create_directories(link.parent_path());
  std::filesystem::create_symlink(target, link);
}

}  // namespace

std::vector<File> WriteHost(const ProcTree& tree, std::string_view name) {
  constexpr std::string_view kMark = "\n== ";
  const std::string text =
      ReadFile(SourceTree() / "tests/fixtures/hosts" / (std::string(name) + ".txt"));
  std::vector<File> files;
  for (auto at = text.find(kMark); at != std::string::npos;) {
    const auto next = text.find(kMark, at + 1);
    std::string_view content = std::string_view(text).substr(at + kMark.size());
    if (next != std::string::npos) content = content.substr(0, next + 1 - at - kMark.size());
    at = next;
    std::string_view head = TakeUntil(content, '\n');
    if (const auto target = CutValue(head, " -> ")) {
      Link(tree, head, *target);
      continue;
    }
    const auto line = CutValue(head, " = ");
    files.push_back({std::string(head), line ? *line + "\n" : std::string(content)});
    tree.Write(files.back().path, files.back().content);
  }
  return files;
}

}  // namespace procmarshal::testing
