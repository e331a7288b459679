#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace procmarshal {

// Reads files for which the kernel asks the hardware, which takes milliseconds each, a minute, or
// has no end. A thread reads them one after the other; nobody waits for it longer than kPatience,
// and not at all if it took longer the last time: what it read before stands meanwhile.
//
// To be used by one thread.
class SlowFiles {
 public:
  // What a file holds, nullopt if that can't be told. Called on the thread, and may block.
  using Read = std::function<std::optional<std::string>(const std::string& path)>;
  using Contents = std::unordered_map<std::string, std::string>;  // by path

  static constexpr std::chrono::milliseconds kPatience{250};
  static constexpr std::chrono::seconds kLongest{60};  // what was read before is left out then

  // Files are read no more often than `every`. `clock` must outlive it.
  SlowFiles(const Clock& clock, std::chrono::seconds every, Read read);

  // A thread that hangs is left to itself.
  ~SlowFiles();
  SlowFiles(const SlowFiles&) = delete;
  SlowFiles& operator=(const SlowFiles&) = delete;

  // What `paths` held when they were read last, without those that were not, or can't be. Fails if
  // there may be no further thread.
  [[nodiscard]] Result<std::shared_ptr<const Contents>> Get(const std::vector<std::string>& paths);

 private:
  class Shared;
  std::shared_ptr<Shared> shared_;  // with the thread
};

}  // namespace procmarshal
