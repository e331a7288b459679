#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace procmarshal::testing {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string path = ::testing::TempDir() + "procmarshal_XXXXXX";
  if (::mkdtemp(path.data()) != nullptr) root_ = path;
  EXPECT_FALSE(root_.empty());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string TemporaryFolder::Write(const fs::path& name, std::string_view text) const {
  std::string path = Path(name);
  const std::string draft = path + ".new";
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(draft, std::ios::trunc) << text;
  fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_write);
  fs::rename(draft, path);
  return path;
}

}  // namespace procmarshal::testing
