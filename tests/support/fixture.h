#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "collectors/pseudo_fs.h"

namespace procmarshal::testing {

// A /proc tree in a temporary folder, removed with this object: a copy of tests/fixtures/NAME with
// what its tree.txt says put back, to be changed at will.
class ProcTree {
 public:
  explicit ProcTree(std::string_view name);
  ProcTree();  // an empty one
  ProcTree(const ProcTree&) = delete;
  ProcTree& operator=(const ProcTree&) = delete;
  ~ProcTree();

  [[nodiscard]] PseudoFs Fs() const { return PseudoFs(root_); }
  void Write(const std::string& path, std::string_view content) const;
  void Remove(const std::string& path) const;
  void Forbid(const std::string& path) const;  // to all but root

  // Puts `to` in the place of the first `from` in a file, which must be there.
  void Edit(const std::string& path, std::string_view from, std::string_view to) const;

  // Gives a process of the tree another pid; its files still tell the old one, which nobody reads.
  void Renumber(pid_t from, pid_t to) const;

 private:
  void PutBack(const std::string& note) const;
  std::filesystem::path root_;
};

// While it lives, this thread opens files as an unprivileged user if it was root.
class AsNobody {
 public:
  AsNobody();
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody();

 private:
  uid_t uid_;
};

}  // namespace procmarshal::testing
