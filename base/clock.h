#pragma once

#include <chrono>
#include <ctime>

namespace procmarshal {

// CLOCK_BOOTTIME: counts on while the host is suspended and never jumps (clock_gettime(2)).
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  // The name is the standard's: [time.clock.req]. NOLINTNEXTLINE(readability-identifier-naming)
  static constexpr bool is_steady = true;
};

using BootTime = BootClock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// The only source of "now": durations from Boot(), timestamps from Wall(). Tests pass a clock that
// they move by hand. Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual BootTime Boot() const = 0;
  [[nodiscard]] virtual WallTime Wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] BootTime Boot() const override {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return BootTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  }
  [[nodiscard]] WallTime Wall() const override { return std::chrono::system_clock::now(); }
};

// A duration as seconds, the base unit of every metric.
template <typename Duration>
[[nodiscard]] double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace procmarshal
