#include "exporter/ticker.h"

#include <utility>

namespace procmarshal {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
    : tick_(std::move(tick)),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Ticker::SetInterval(std::chrono::milliseconds interval) {
  const std::lock_guard lock(mutex_);
  is_changed_ = is_changed_ || interval != interval_;
  interval_ = interval;
  changed_.notify_all();
}

void Ticker::Run(const std::stop_token& stop) {
  using WaitClock = std::chrono::steady_clock;  // what condition variables wait by
  auto next = WaitClock::now();
  while (!stop.stop_requested()) {
    tick_();
    std::unique_lock lock(mutex_);
    next += interval_;
    if (const auto now = WaitClock::now(); next < now) next = now;
    while (changed_.wait_until(lock, stop, next, [this] { return is_changed_; })) {
      is_changed_ = false;
      next = WaitClock::now() + interval_;
    }
  }
}

}  // namespace procmarshal
