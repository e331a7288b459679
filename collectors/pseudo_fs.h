#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace procmarshal {

// A mounted pseudo-filesystem: /proc, /sys, or a fixture tree that looks like one.
class PseudoFs {
 public:
  explicit PseudoFs(std::filesystem::path root) : root_(std::move(root)) {}

  // Reads a whole file, up to 16 MiB, without stat(2): the kernel reports sizes of 0 or 4096.
  [[nodiscard]] Result<std::string> Read(std::string_view relative) const;

  [[nodiscard]] const std::filesystem::path& Root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace procmarshal
