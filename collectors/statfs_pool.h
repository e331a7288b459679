#pragma once

#include <sys/statfs.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"

namespace procmarshal {

// A mounted file system to be asked for its size.
struct MountQuestion {
  std::string path;
  bool is_local = false;  // a disk or memory of this host, which does not hang as servers do

  [[nodiscard]] bool operator==(const MountQuestion&) const = default;
};

struct MountAnswer {
  enum class Kind {
    kNotAsked,  // all threads that might have asked hang
    kHangs,     // no answer in time; it is not asked again before there is one
    kFailed,
    kAnswered,
  };
  Kind kind = Kind::kNotAsked;
  int error = 0;          // of kFailed: errno
  struct statfs stats{};  // of kAnswered
};

// Asks file systems by statfs(2), which on a dead server blocks for hours and can't be interrupted,
// so that nobody waits for it: the calls are made on threads, one as long as all answer, and more
// when it hangs, up to kMostThreads. The last of them asks local file systems only: these stay in
// sight however many servers are dead.
//
// To be used by one thread.
class StatfsPool {
 public:
  // Returns 0 or errno. Called on the pool's threads, and may block.
  using Call = std::function<int(const std::string& path, struct statfs& stats)>;
  using Questions = std::shared_ptr<const std::vector<MountQuestion>>;

  static constexpr std::size_t kMostThreads = 8;
  static constexpr std::chrono::milliseconds kPatience{500};  // with one call
  static constexpr std::chrono::milliseconds kLongest{2000};  // of Ask()

  // `clock` must outlive it.
  StatfsPool(const Clock& clock, Call call);

  // Threads that hang are left to themselves: they can't be ended, and end when their call does.
  ~StatfsPool();
  StatfsPool(const StatfsPool&) = delete;
  StatfsPool& operator=(const StatfsPool&) = delete;

  // The answers in the order of the questions. Takes kPatience longer when a file system begins to
  // hang, and no longer as long as it does.
  [[nodiscard]] std::vector<MountAnswer> Ask(Questions questions);

 private:
  class Shared;
  std::shared_ptr<Shared> shared_;  // with the threads
};

}  // namespace procmarshal
