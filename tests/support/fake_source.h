#pragma once

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "collectors/process.h"

namespace procmarshal::testing {

// Processes that are made up, and can be changed between samples from any thread.
class FakeSource final : public ProcessSource {
 public:
  Result<ReadReport> Read(std::vector<Process>& rows) override {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (!error_.empty()) return Fail(ErrorCode::kUnavailable, error_);
    rows.resize(readings_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].reading = std::make_shared<const ProcessReading>(readings_[i]);
    }
    return ReadReport{};
  }
  void ReadThreads(bool on) override { reads_threads_ = on; }

  void Set(std::vector<ProcessReading> readings) {
    const std::lock_guard lock(mutex_);
    readings_ = std::move(readings);
  }
  void Break(std::string error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  [[nodiscard]] bool ReadsThreads() const { return reads_threads_; }
  [[nodiscard]] int Reads() {
    const std::lock_guard lock(mutex_);
    return reads_;
  }

 private:
  std::mutex mutex_;
  std::vector<ProcessReading> readings_;  // guarded by mutex_
  std::string error_;                     // guarded by mutex_
  int reads_ = 0;                         // guarded by mutex_
  std::atomic<bool> reads_threads_ = false;
};

// `count` processes with pids from `first`, of a few names, users and sizes.
inline std::vector<ProcessReading> MakeReadings(pid_t first, std::size_t count) {
  std::vector<ProcessReading> readings(count);
  for (std::size_t i = 0; i < count; ++i) {
    ProcessReading& reading = readings[i];
    reading.key = {first + static_cast<pid_t>(i), 100 + i};
    reading.name = fmt::format("name{}", i % 7);
    reading.state = i % 3 == 0 ? 'R' : 'S';
    reading.threads = 1;
    reading.counters.cpu_user_seconds = static_cast<double>(i) / 4;
    reading.resident_bytes = 4096 * (i * 7919 % 1000);
    reading.has_io = i % 2 == 0;
    reading.counters.read_bytes = reading.has_io ? 512 * i : 0;
    reading.has_fds = true;
    reading.open_fds = i;
  }
  return readings;
}

}  // namespace procmarshal::testing
