#include "tests/support/fixture.h"

#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/support/source_tree.h"

namespace procmarshal::testing {
namespace fs = std::filesystem;

ProcTree::ProcTree() {
  std::string pattern = ::testing::TempDir() + "procmarshal_XXXXXX";
  root_ = ::mkdtemp(pattern.data());
  // Others must get in, to be refused what they may not read.
  constexpr fs::perms kAll = fs::perms::group_read | fs::perms::group_exec |
                             fs::perms::others_read | fs::perms::others_exec;
  fs::permissions(root_, kAll, fs::perm_options::add);
}

ProcTree::ProcTree(std::string_view name) : ProcTree() {
  fs::copy(SourceTree() / "tests/fixtures" / name, root_,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks |
               fs::copy_options::overwrite_existing);
  std::ifstream notes(root_ / "tree.txt");
  for (std::string note; std::getline(notes, note);) PutBack(note);
}

ProcTree::~ProcTree() {
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry(root_, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    // What nobody may list can't be emptied either.
    if (entry->is_directory(ignored)) fs::permissions(*entry, fs::perms::owner_all, ignored);
  }
  fs::remove_all(root_, ignored);
}

void ProcTree::PutBack(const std::string& note) const {
  const std::string path = note.substr(note.find(' ') + 1);
  const bool is_denied = note.starts_with("denied ");
  if (!is_denied || path.ends_with('/')) {
    fs::create_directories(root_ / path);
  } else {
    Write(path, "secret");
  }
  if (is_denied) Forbid(path);
}

void ProcTree::Write(const std::string& path, std::string_view content) const {
  fs::create_directories((root_ / path).parent_path());
  std::ofstream(root_ / path, std::ios::binary) << content;
}

void ProcTree::Remove(const std::string& path) const {
  fs::remove_all(root_ / path);
}

void ProcTree::Forbid(const std::string& path) const {
  fs::permissions(root_ / path, fs::perms::none);
}

void ProcTree::Edit(const std::string& path, std::string_view from, std::string_view to) const {
  const std::ifstream file(root_ / path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << path << " holds no " << from;
  Write(path, text.replace(at, from.size(), to));
}

void ProcTree::Renumber(pid_t from, pid_t to) const {
  fs::rename(root_ / std::to_string(from), root_ / std::to_string(to));
}

AsNobody::AsNobody() : uid_(static_cast<uid_t>(::setfsuid(65534))) {}

AsNobody::~AsNobody() {
  ::setfsuid(uid_);
}

}  // namespace procmarshal::testing
