#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace procmarshal::testing {

// A temporary folder, removed again with what is in it.
class TemporaryFolder final {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  TemporaryFolder(TemporaryFolder&&) = delete;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] std::string Path(const std::filesystem::path& name) const { return root_ / name; }

  // Puts `text` into the file, which only its owner may read, and returns its path. Replaces what
  // was there in one step, as programs that renew certificates do.
  std::string Write(const std::filesystem::path& name, std::string_view text) const;

 private:
  std::filesystem::path root_;
};

}  // namespace procmarshal::testing
