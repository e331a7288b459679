// What it costs to read the threads of a process, this one: µs of CPU per thread that is idle, and
// per thread that has run since the last pass. One of them is the reader itself, never idle.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "collectors/thread_reader.h"

namespace procmarshal {
namespace {

// Threads that sleep until they are woken, all at once, to run for a moment.
class Pool {
 public:
  explicit Pool(std::int64_t count) : count_(count) {
    for (std::int64_t i = 0; i < count; ++i) threads_.emplace_back([this] { Run(); });
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    is_over_ = true;
    Wake();
  }
  // Returns when each of them has run.
  void Wake() {
    std::unique_lock lock(mutex_);
    have_run_ = 0;
    ++round_;
    woken_.notify_all();
    all_have_run_.wait(lock, [this] { return have_run_ == count_; });
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    std::int64_t round = 0;
    do {
      woken_.wait(lock, [&] { return round_ != round; });
      round = round_;
      if (++have_run_ == count_) all_have_run_.notify_one();
    } while (!is_over_);
  }

  std::int64_t count_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::condition_variable all_have_run_;
  std::int64_t round_ = 0;     // guarded by mutex_
  std::int64_t have_run_ = 0;  // guarded by mutex_
  std::atomic<bool> is_over_ = false;
  std::vector<std::jthread> threads_;
};

// Of this thread, not of those that are read.
double CpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + (static_cast<double>(used.tv_nsec) * 1e-9);
}

void ReadThreads(benchmark::State& state, bool busy) {
  auto reader = ThreadReader::Open(PseudoFs("/proc"));
  if (!reader) {
    state.SkipWithError("no /proc");
    return;
  }
  Pool pool(state.range(0));
  pool.Wake();
  const SystemClock clock;
  std::shared_ptr<const ProcessThreads> threads;
  const auto read = [&] { (void)reader->Read(::getpid(), clock.Boot(), false, threads); };
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until all of them sleep
    read();
  }
  double used = 0;
  for ([[maybe_unused]] auto _ : state) {
    if (busy) pool.Wake();
    const double begin = CpuSeconds();
    read();
    const double seconds = CpuSeconds() - begin;
    state.SetIterationTime(seconds);
    used += seconds;
  }
  state.counters["threads"] = static_cast<double>(threads->threads.size());
  state.counters["us_per_thread"] = used / 1e-6 / static_cast<double>(state.iterations()) /
                                    static_cast<double>(threads->threads.size());
}
BENCHMARK_CAPTURE(ReadThreads, idle, false)
    ->Arg(3)
    ->Arg(100)
    ->Arg(10000)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(ReadThreads, busy, true)
    ->Arg(3)
    ->Arg(100)
    ->Arg(10000)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace procmarshal
