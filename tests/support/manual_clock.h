#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace procmarshal::testing {

// Stands still until it is moved.
class ManualClock final : public Clock {
 public:
  // Two hours after boot.
  [[nodiscard]] BootTime Boot() const override { return BootTime(boot_.load()); }
  [[nodiscard]] WallTime Wall() const override {
    return WallTime(std::chrono::seconds(1'700'000'000)) +
           std::chrono::duration_cast<WallTime::duration>(boot_.load());
  }
  void Advance(std::chrono::nanoseconds by) { boot_ = boot_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> boot_{std::chrono::hours(2)};
};

}  // namespace procmarshal::testing
