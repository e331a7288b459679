#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace procmarshal {

// Calls a function at once and then every interval, on a thread of its own, until it is destroyed.
// A call that takes longer than the interval makes it skip, not pile up.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick);

  // Takes effect at once, counted from now. From any thread.
  void SetInterval(std::chrono::milliseconds interval);

 private:
  void Run(const std::stop_token& stop);

  std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::chrono::milliseconds interval_;  // guarded by mutex_
  bool is_changed_ = false;             // guarded by mutex_
  std::jthread thread_;                 // last: stops before the rest goes
};

}  // namespace procmarshal
