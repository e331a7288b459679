// What it costs to add up the processes of a host on which each has a group of its own, far more
// than the default budget has series for: µs of CPU per process.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "collectors/group_table.h"
#include "collectors/process.h"

namespace procmarshal {
namespace {

std::vector<Process> MakeRows(std::size_t count) {
  ProcessInfo info;
  info.unit = "batch.service";
  const auto shared = std::make_shared<const ProcessInfo>(std::move(info));
  std::vector<Process> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    ProcessReading reading;
    reading.key = {static_cast<pid_t>(1000 + i), i};
    reading.state = 'S';
    rows[i].reading = std::make_shared<const ProcessReading>(std::move(reading));
    rows[i].info = shared;
    rows[i].cpu_ratio = static_cast<double>(i * 7919 % 1000) / 1000;
  }
  return rows;
}

double CpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + (static_cast<double>(used.tv_nsec) * 1e-9);
}

class Host {
 public:
  explicit Host(std::size_t count) : rows_(MakeRows(count)), ids_(count) { Rename(); }

  // Each process gets a name that was never there before.
  void Rename() {
    names_.clear();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      names_.push_back(fmt::format("job-{}-{}", i, renamed_));
    }
    ++renamed_;
    is_new_ = true;
  }
  void Sample() {
    table_.Begin(now_ += std::chrono::seconds(1), true);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (is_new_) ids_[i] = table_.Find(names_[i]);
      table_.Add(ids_[i], rows_[i], {}, {.cpu_user_seconds = rows_[i].cpu_ratio});
    }
    is_new_ = false;
    benchmark::DoNotOptimize(table_.Shown().data());
  }

 private:
  std::vector<Process> rows_;
  std::vector<std::string> names_;
  std::vector<GroupId> ids_;
  GroupTable table_;
  BootTime now_{std::chrono::hours(1)};
  int renamed_ = 0;
  bool is_new_ = true;
};

void UniqueGroups(benchmark::State& state, bool new_names) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Host host(count);
  for (int i = 0; i < 3; ++i) host.Sample();
  double used = 0;
  for ([[maybe_unused]] auto _ : state) {
    if (new_names) host.Rename();
    const double begin = CpuSeconds();
    host.Sample();
    const double seconds = CpuSeconds() - begin;
    state.SetIterationTime(seconds);
    used += seconds;
  }
  state.counters["us_per_process"] =
      used / 1e-6 / static_cast<double>(state.iterations()) / static_cast<double>(count);
}
BENCHMARK_CAPTURE(UniqueGroups, steady, false)
    ->Arg(1000)
    ->Arg(50'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(UniqueGroups, new_names, true)
    ->Arg(1000)
    ->Arg(50'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace procmarshal
