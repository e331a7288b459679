#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "collectors/memory_files.h"
#include "collectors/proc_directory.h"
#include "collectors/process.h"

namespace procmarshal {

// What came of reading the memory of one process.
struct MemoryResult {
  ReadOutcome outcome = ReadOutcome::kFailed;
  MemoryReading reading;             // if kOk
  std::chrono::nanoseconds cost{0};  // CPU time
};

// Knows the processes that there are and what was read of the memory of each, and chooses whose to
// read next. One thread at a time.
class MemoryPlan {
 public:
  // A process is not read before this age: most end sooner.
  static constexpr std::chrono::seconds kYoung{10};
  // Nor again before this time has passed: the first if PSS is wanted and its resident size has
  // changed, the last if the last reading cost over kCostly.
  static constexpr std::chrono::seconds kRest{30};
  static constexpr std::chrono::minutes kQuietRest{5};
  static constexpr std::chrono::seconds kCostly{1};
  static constexpr std::chrono::minutes kCostlyRest{10};

  // Whether PSS is read too. When that is turned on, each process counts as never read.
  void UseSmaps(bool smaps);

  // Takes note of the processes that there are, and fills in what was read of them so far. `rows`
  // ascend by pid.
  void Update(std::vector<Process>& rows);

  // Up to `most` processes to read now, in this order: by turns one of those whose resident size
  // has changed most since their last reading, and one of those read longest ago or never. None of
  // those that have no memory or may not be read.
  [[nodiscard]] std::vector<ProcessKey> Choose(BootTime now, std::size_t most) const;

  // Takes in what came of reading a process at `now`. If it may not be read, it is not tried again.
  // If it could not be read, what was read before stands.
  void Record(ProcessKey key, BootTime now, const MemoryResult& result);

  // How many of the processes may not be read.
  [[nodiscard]] std::size_t Denied() const;

 private:
  struct Entry {
    ProcessKey key;
    std::uint64_t resident_bytes = 0;
    std::uint64_t read_resident_bytes = 0;  // at the last reading
    bool has_memory = false;
    bool is_denied = false;
    std::optional<BootTime> read_at;
    std::chrono::nanoseconds cost{0};
    MemoryReading reading;
  };
  [[nodiscard]] bool IsDue(const Entry& entry, BootTime now) const;
  [[nodiscard]] static std::uint64_t Change(const Entry& entry);
  [[nodiscard]] static bool WasReadBefore(const Entry* a, const Entry* b);

  std::vector<Entry> entries_;  // ascending by pid
  bool smaps_ = false;
};

// Keeps CPU time within a share of one core over time. What was used above that is a debt, which
// time pays off; when it has grown to kBurst, it has to be paid in full. Time that nothing was used
// in is not saved up.
class CpuBudget {
 public:
  static constexpr std::chrono::milliseconds kBurst{10};

  // How long to rest at `now`: 0 to go on. `used` is the CPU time used since the beginning.
  [[nodiscard]] std::chrono::duration<double> Rest(BootTime now, std::chrono::nanoseconds used,
                                                   double share);

 private:
  std::chrono::duration<double> debt_{0};
  std::chrono::nanoseconds used_{0};
  BootTime paid_at_;
  bool is_resting_ = false;
};

}  // namespace procmarshal
