#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace procmarshal {

// A mounted pseudo-filesystem: /proc, /sys, or a fixture tree that looks like one. Copies share the
// files that are kept open.
class PseudoFs {
 public:
  explicit PseudoFs(std::filesystem::path root);

  // Reads a whole file, up to 16 MiB, without stat(2): the kernel reports sizes of 0 or 4096.
  [[nodiscard]] Result<std::string> Read(std::string_view relative) const;

  // The same for a file that is read again and again, on the sampling thread only: it stays open,
  // and the kernel makes its content anew for a read from the start. The file of a device that has
  // gone fails with ENODEV, and is looked for again. At most 1024 files are kept, and no more than
  // an eighth of what the program may have open: the others are opened each time.
  [[nodiscard]] Result<std::string> Reread(std::string_view relative) const;

  // The same of a table: kInvalid if its last line has no end. The kernel writes whole lines, and
  // the number in half a line is another one.
  [[nodiscard]] Result<std::string> RereadLines(std::string_view relative) const;

  // The names in a folder, sorted, without "." and "..".
  [[nodiscard]] Result<std::vector<std::string>> List(std::string_view relative) const;

  [[nodiscard]] const std::filesystem::path& Root() const { return root_; }

 private:
  class KeptFiles;
  std::filesystem::path root_;
  std::shared_ptr<KeptFiles> kept_;
};

}  // namespace procmarshal
