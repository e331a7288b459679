// What it costs to sample real processes, to make the metric families of them, and the whole way to
// the compressed page: µs of CPU per process.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "collectors/group_families.h"
#include "collectors/group_table.h"
#include "collectors/memory_reader.h"
#include "collectors/process_columns.h"
#include "collectors/procfs_source.h"
#include "collectors/sampler.h"
#include "collectors/snapshot_text.h"
#include "exporter/web/gzip.h"

namespace procmarshal {
namespace {

// `count` idle processes, until it is destroyed.
class Sleepers {
 public:
  explicit Sleepers(std::int64_t count) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0) return;
    const std::string number = std::to_string(count);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::dup2(output[1], STDOUT_FILENO);
      ::execl(SLEEPERS, SLEEPERS, number.c_str(), nullptr);
      ::_exit(127);
    }
    input_ = UniqueFd(input[1]);
    ::close(input[0]);
    ::close(output[1]);
    const UniqueFd ready(output[0]);
    char byte = 0;
    is_ready_ = ::read(ready.Get(), &byte, 1) == 1;
  }
  Sleepers(const Sleepers&) = delete;
  Sleepers& operator=(const Sleepers&) = delete;
  ~Sleepers() {
    input_ = UniqueFd();
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] bool IsReady() const { return is_ready_; }

 private:
  pid_t pid_ = -1;
  UniqueFd input_;
  bool is_ready_ = false;
};

// The system's clock, that can be put forward.
class JumpingClock final : public Clock {
 public:
  [[nodiscard]] BootTime Boot() const override { return clock_.Boot() + ahead_; }
  [[nodiscard]] WallTime Wall() const override { return clock_.Wall(); }
  void Jump(std::chrono::seconds by) { ahead_ += by; }

 private:
  SystemClock clock_;
  std::chrono::seconds ahead_{0};
};

// Our own limit is the daemon's: see main.cpp.
void RaiseFileLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// CPU time of this process since it was made, in seconds.
class CpuTime {
 public:
  // Shares it out over all iterations and what each of them handled, in units of `unit` seconds.
  void Report(benchmark::State& state, const char* name, std::size_t handled, double unit) const {
    const double used = static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC;
    state.counters[name] =
        used / unit / static_cast<double>(state.iterations()) / static_cast<double>(handled);
  }

 private:
  std::clock_t begin_ = std::clock();
};

// One pass over all processes and what follows from it, of which `every_process_read` says whether
// the idle ones are read in full too.
void Sample(benchmark::State& state, bool every_process_read) {
  RaiseFileLimit();
  const Sleepers sleepers(state.range(0));
  if (!sleepers.IsReady()) {
    state.SkipWithError("could not make the processes");
    return;
  }
  JumpingClock source_clock;
  const SystemClock clock;
  auto source = OpenProcfsSource(PseudoFs("/proc"), DefaultKeptFiles(), source_clock);
  auto table = ProcessTable::Open({});
  if (!source || !table) {
    state.SkipWithError("no /proc");
    return;
  }
  std::vector<Process> rows;
  const auto sample = [&] {
    (void)(*source)->Read(rows);
    (void)table->Update(clock.Boot(), SampleKind::kScheduled, rows);
  };
  const auto age = [&] {
    if (every_process_read) source_clock.Jump(kFullReadInterval);
  };
  for (int i = 0; i < 4; ++i) {
    age();
    sample();
  }
  const CpuTime time;
  for ([[maybe_unused]] auto _ : state) {
    age();
    sample();
  }
  state.counters["processes"] = static_cast<double>(rows.size());
  time.Report(state, "us_per_process", rows.size(), 1e-6);
}
BENCHMARK_CAPTURE(Sample, idle, false)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Sample, every_process_read, true)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond);

std::vector<Process> MakeRows(std::size_t count) {
  ProcessInfo info;
  info.user = "www-data";
  const auto shared = std::make_shared<const ProcessInfo>(std::move(info));
  std::vector<Process> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    ProcessReading reading;
    reading.key = {static_cast<pid_t>(1000 + i), i};
    reading.name = "sleeper-" + std::to_string(i % 50);
    rows[i].reading = std::make_shared<const ProcessReading>(std::move(reading));
    rows[i].info = shared;
  }
  return rows;
}

// Families of groups, from rows that are there.
void Families(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<Process> rows = MakeRows(count);
  GroupTable table;
  table.Begin(BootTime(std::chrono::hours(1)), true);
  for (const Process& row : rows) table.Add(table.Find(row->name), row, {}, {});
  const auto shown = table.Shown();
  std::vector<Group> groups;
  groups.reserve(shown.size());
  for (const Group* group : shown) groups.push_back(*group);
  std::vector<prometheus::MetricFamily> families;
  std::size_t series = 0;
  const CpuTime time;
  for ([[maybe_unused]] auto _ : state) {
    FamilyWriter out(families);
    WriteGroups(groups, WallTime{}, {}, out);
    out.Finish();
    benchmark::DoNotOptimize(families.data());
  }
  for (const auto& family : families) series += family.metric.size();
  state.counters["series"] = static_cast<double>(series);
  time.Report(state, "ns_per_series", series, 1e-9);
}
BENCHMARK(Families)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// The lines of every process, from rows that are there.
void Lines(benchmark::State& state) {
  Snapshot snapshot;
  snapshot.processes = MakeRows(static_cast<std::size_t>(state.range(0)));
  for (const Process& row : snapshot.processes) snapshot.shown.push_back(&row);
  FamilyWriter out(snapshot.families);
  DeclareProcessFamilies(out);
  out.Finish();
  std::string page;
  const CpuTime time;
  for ([[maybe_unused]] auto _ : state) {
    page.clear();
    EncodeSnapshot(snapshot, TextFormat::kOpenMetrics, page);
    benchmark::DoNotOptimize(page.data());
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(page, '\n'));
  const std::size_t series = lines - 1 - (2 * snapshot.families.size());
  state.counters["series"] = static_cast<double>(series);
  time.Report(state, "ns_per_series", series, 1e-9);
}
BENCHMARK(Lines)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// What a scrape costs in all: sample, families, text and gzip, with the built-in settings.
void Scrape(benchmark::State& state) {
  RaiseFileLimit();
  spdlog::set_level(spdlog::level::off);
  const Sleepers sleepers(state.range(0));
  if (!sleepers.IsReady()) {
    state.SkipWithError("could not make the processes");
    return;
  }
  const SystemClock clock;
  prometheus::Registry registry;
  const PseudoFs proc("/proc");
  Sampler sampler({.source = OpenProcfsSource(proc, DefaultKeptFiles(), clock).value(),
                   .table = ProcessTable::Open({}).value(),
                   .memory = MemoryReader::Start(proc, clock).value()},
                  clock, registry);
  Sampler::Plan plan;
  for (const Registration* entry : Registration::All()) {
    plan.collectors.push_back({std::string(entry->Name()), entry->Make({})});
  }
  sampler.Configure(std::move(plan));
  std::string page;
  std::size_t processes = 0;
  for (int i = 0; i < 3; ++i) (void)sampler.Sample(SampleKind::kScheduled);
  const CpuTime time;
  for ([[maybe_unused]] auto _ : state) {
    const auto snapshot = sampler.Sample(SampleKind::kScheduled);
    page.clear();
    EncodeSnapshot(*snapshot, TextFormat::kOpenMetrics, page);
    benchmark::DoNotOptimize(Gzip(page));
    processes = snapshot->processes.size();
  }
  state.counters["page_bytes"] = static_cast<double>(page.size());
  state.counters["processes"] = static_cast<double>(processes);
  time.Report(state, "us_per_process", processes, 1e-6);
}
BENCHMARK(Scrape)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace procmarshal
