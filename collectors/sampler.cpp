#include "collectors/sampler.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "collectors/group_families.h"
#include "collectors/process_columns.h"

namespace procmarshal {
namespace {

// Not "processes": that is a collector of node_exporter.
constexpr const char* kProcesses = "namedprocess";

auto& Gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

// Runs somebody else's code, whose exceptions must not leave a sample half taken.
template <typename Function>
Status Guard(Function&& function) {
  try {
    return function();
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, std::string("exception: ") + error.what());
  }
}

prometheus::Family<prometheus::Counter>& Samples(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("procmarshal_samples_total")
      .Help("Samples taken, by the timetable or because a reader wanted a newer one.")
      .Register(registry);
}

prometheus::Family<prometheus::Counter>& ReadFailures(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("procmarshal_process_read_failures_total")
      .Help("Processes that could not be read: ended meanwhile, hidden, or unreadable.")
      .Register(registry);
}

prometheus::Family<prometheus::Gauge>& Unreadable(prometheus::Registry& registry) {
  return prometheus::BuildGauge()
      .Name("procmarshal_processes_unreadable")
      .Help("Processes of the last sample of which a file may not be read, for lack of rights.")
      .Register(registry);
}

prometheus::Family<prometheus::Counter>& Dropped(prometheus::Registry& registry) {
  return prometheus::BuildCounter()
      .Name("procmarshal_series_dropped_total")
      .Help("Series that samples lack because of the budget, budget.series.")
      .Register(registry);
}

auto& Counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

// Series that are kept free for processes: as many as the wanted ones may have, but half at most.
std::size_t SeriesForProcesses(const ProcessSettings& settings) {
  const std::size_t half = settings.series_budget / 2;
  if (settings.all) return half;
  return std::min(half, 2 * settings.top * ProcessColumns().size());
}

}  // namespace

Sampler::Metrics::Metrics(prometheus::Registry& registry)
    : duration(
          prometheus::BuildHistogram()
              .Name("procmarshal_sample_duration_seconds")
              .Help("Time that taking a sample took.")
              .Register(registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                               0.05, 0.1, 0.25, 0.5, 1, 2.5, 5})),
      scheduled(Samples(registry).Add({{"kind", "scheduled"}})),
      on_demand(Samples(registry).Add({{"kind", "on_demand"}})),
      processes(Gauge(registry, "procmarshal_processes", "Processes in the last sample.")),
      unchanged(Gauge(registry, "procmarshal_processes_unchanged",
                      "Processes of the last sample that had not run since the one before.")),
      without_io(Unreadable(registry).Add({{"what", "io"}})),
      without_fds(Unreadable(registry).Add({{"what", "fds"}})),
      without_memory(Unreadable(registry).Add({{"what", "memory"}})),
      dropped_groups(Dropped(registry).Add({{"of", "groups"}})),
      dropped_processes(Dropped(registry).Add({{"of", "processes"}})),
      scrape_errors(Counter(registry, "namedprocess_scrape_errors",
                            "Samples in which the processes could not be read.")),
      read_errors(Counter(registry, "namedprocess_scrape_procread_errors",
                          "Processes that could not be read, added up over the samples.")),
      partial_errors(
          Counter(registry, "namedprocess_scrape_partial_errors",
                  "Processes of which a file could not be read, added up over the samples.")),
      vanished(ReadFailures(registry).Add({{"reason", "vanished"}})),
      denied(ReadFailures(registry).Add({{"reason", "denied"}})),
      malformed(ReadFailures(registry).Add({{"reason", "malformed"}})) {}

Sampler::Sampler(Inputs inputs, const Clock& clock, prometheus::Registry& registry)
    : clock_(clock),
      metrics_(registry),
      source_(std::move(inputs.source)),
      table_(std::move(inputs.table)),
      memory_(std::move(inputs.memory)) {
  Adopt({});
}

void Sampler::Configure(Plan plan) {
  const std::lock_guard lock(mutex_);
  next_plan_ = std::move(plan);
}

void Sampler::Add(std::shared_ptr<prometheus::Collectable> collectable) {
  collectables_.push_back(std::move(collectable));
}

SnapshotPtr Sampler::Sample(SampleKind kind) {
  std::unique_lock lock(mutex_);
  turn_ended_.wait(lock, [this] { return !is_sampling_; });
  return TakeTurn(lock, kind);
}

SnapshotPtr Sampler::Get(std::chrono::milliseconds max_age, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto is_young = [&] { return latest_ && clock_.Boot() - latest_->taken < max_age; };
  if (is_young()) return latest_;
  if (!turn_ended_.wait_for(lock, patience, [this] { return !is_sampling_; })) return nullptr;
  if (is_young()) return latest_;  // another caller was first
  return TakeTurn(lock, SampleKind::kOnDemand);
}

SnapshotPtr Sampler::Latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

// Called with the lock, and returns without it.
SnapshotPtr Sampler::TakeTurn(std::unique_lock<std::mutex>& lock, SampleKind kind) {
  is_sampling_ = true;
  std::optional<Plan> plan = std::exchange(next_plan_, std::nullopt);
  lock.unlock();
  if (plan) Adopt(*std::move(plan));
  SnapshotPtr snapshot = Take(kind);
  const auto notices = std::exchange(notices_, {});

  lock.lock();
  const SnapshotPtr former = std::exchange(latest_, snapshot);  // goes back to the pool unlocked
  is_sampling_ = false;
  lock.unlock();
  turn_ended_.notify_all();
  for (const Notice& notice : notices) spdlog::log(notice.level, "{}", notice.text);
  return snapshot;
}

void Sampler::Adopt(Plan plan) {
  plan_ = std::move(plan);
  ProcessSettings groups = plan_.processes;
  groups.series_budget -= SeriesForProcesses(plan_.processes);
  table_.Configure(groups, plan_.matcher);
  source_->ReadThreads(plan_.processes.threads);
  if (memory_) memory_->Configure({.smaps = plan_.processes.smaps});
}

SnapshotPtr Sampler::Take(SampleKind kind) {
  (kind == SampleKind::kScheduled ? metrics_.scheduled : metrics_.on_demand).Increment();
  auto snapshot = pool_->Take();
  snapshot->sequence = ++sequence_;
  snapshot->taken = clock_.Boot();
  snapshot->wall = clock_.Wall();
  Collect(*snapshot, kind);
  metrics_.duration.Observe(Seconds(clock_.Boot() - snapshot->taken));

  return pool_->Publish(std::move(snapshot));
}

void Sampler::Collect(Snapshot& snapshot, SampleKind kind) {
  FamilyWriter out(snapshot.families);
  auto success = out.Gauge("node_scrape_collector_success",
                           "Whether the collector succeeded in the last sample.");
  auto duration = out.Gauge("node_scrape_collector_duration_seconds",
                            "Time the collector took in the last sample.");
  snapshot.parts.clear();
  const auto run = [&](const std::string& name, auto&& collect) {
    const BootTime begin = clock_.Boot();
    const std::size_t first = out.Size();
    Status status = Guard(collect);
    if (const auto conflict = out.TakeConflict(); status && !conflict.empty()) {
      status = Fail(ErrorCode::kInvalid, conflict);
    }
    Report(name, status);
    snapshot.parts.push_back({.collector = name, .first = first, .last = out.Size()});
    success.Add(status ? 1 : 0, {{"collector", name}});
    duration.Add(Seconds(clock_.Boot() - begin), {{"collector", name}});
  };

  for (const NamedCollector& entry : plan_.collectors) {
    if (entry.collector->RunsLast()) continue;
    run(entry.name, [&] { return entry.collector->Collect(out); });
  }
  run(kProcesses, [&]() -> Status {
    auto read = ReadProcesses(kind, snapshot);
    if (read) Show(snapshot, out);
    return read;
  });
  run("registry", [&] { return CollectPlugged(out); });
  for (const NamedCollector& entry : plan_.collectors) {
    if (!entry.collector->RunsLast()) continue;
    run(entry.name, [&] { return entry.collector->Collect(out); });
  }
  out.Finish();
}

// One that fails hides none of the others.
Status Sampler::CollectPlugged(FamilyWriter& out) {
  Status status;
  for (const auto& collectable : collectables_) {
    const Status collected = Guard([&]() -> Status {
      out.Append(collectable->Collect());
      return {};
    });
    if (status) status = collected;
  }
  return status;
}

// When processes can't be read, there are none in the snapshot and no groups either: a group
// without processes would read as their death.
Status Sampler::ReadProcesses(SampleKind kind, Snapshot& snapshot) {
  auto report = source_->Read(snapshot.processes);
  if (report && memory_) memory_->Update(snapshot.processes);
  Status status = report ? table_.Update(snapshot.taken, kind, snapshot.processes)
                         : Status(tl::unexpected(report.error()));
  if (!status) {
    metrics_.scrape_errors.Increment();
    snapshot.processes.clear();
    snapshot.shown.clear();
    snapshot.groups.clear();
    return status;
  }
  const auto shown = table_.Groups().Shown();
  snapshot.groups.resize(shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) snapshot.groups[i] = *shown[i];
  Count(*report, snapshot.processes.size());
  return {};
}

void Sampler::Show(Snapshot& snapshot, FamilyWriter& out) {
  WriteGroups(snapshot.groups, snapshot.wall,
              {.smaps = plan_.processes.smaps, .threads = plan_.processes.threads}, out);
  const std::size_t each = ProcessColumns().size();
  const std::size_t left = plan_.processes.series_budget - table_.Groups().Series();
  DeclareProcessFamilies(out);
  snapshot.shown = selection_.Choose(snapshot.processes, plan_.processes, left / each);
  metrics_.dropped_groups.Increment(static_cast<double>(table_.Groups().Dropped()));
  metrics_.dropped_processes.Increment(static_cast<double>(selection_.LeftOut() * each));
}

void Sampler::Count(const ReadReport& report, std::size_t processes) {
  metrics_.processes.Set(static_cast<double>(processes));
  metrics_.unchanged.Set(static_cast<double>(report.unchanged));
  if (report.without_io > 0 && !std::exchange(has_warned_, true)) {
    notices_.push_back(
        {spdlog::level::warn,
         fmt::format("the I/O of {} of {} processes may not be read: this needs CAP_SYS_PTRACE and "
                     "CAP_DAC_READ_SEARCH",
                     report.without_io, processes)});
  }
  metrics_.without_io.Set(static_cast<double>(report.without_io));
  metrics_.without_fds.Set(static_cast<double>(report.without_fds));
  if (memory_) metrics_.without_memory.Set(static_cast<double>(memory_->Denied()));
  metrics_.read_errors.Increment(static_cast<double>(report.denied + report.malformed));
  metrics_.partial_errors.Increment(static_cast<double>(report.without_io + report.without_fds));
  metrics_.vanished.Increment(static_cast<double>(report.vanished));
  metrics_.denied.Increment(static_cast<double>(report.denied));
  metrics_.malformed.Increment(static_cast<double>(report.malformed));
}

// One line when a collector starts to fail, one when it is well again, and in between one a minute
// if it fails in another way. That a host lacks what a collector reads is no failure, and said to
// those who debug.
void Sampler::Report(const std::string& collector, const Status& status) {
  const bool is_idle = !status && status.error().code == ErrorCode::kNotFound;
  if (!is_idle) idle_.erase(collector);
  if (is_idle && idle_.insert(collector).second) {
    notices_.push_back({spdlog::level::debug, fmt::format("collector {} finds nothing here: {}",
                                                          collector, status.error().message)});
  }
  if (status || is_idle) {
    if (failing_.erase(collector) == 0) return;
    notices_.push_back(
        {spdlog::level::info, fmt::format("collector {} {}", collector,
                                          is_idle ? "finds nothing any more" : "works again")});
    return;
  }
  constexpr std::chrono::minutes kBetweenLines{1};
  const std::string& message = status.error().message;
  const BootTime now = clock_.Boot();
  const auto [entry, is_new] = failing_.try_emplace(collector);
  Failure& failure = entry->second;
  if (!is_new && (failure.message == message || now - failure.said < kBetweenLines)) return;
  failure = {.message = message, .said = now};
  notices_.push_back(
      {spdlog::level::warn, fmt::format("collector {} failed: {}", collector, message)});
}

}  // namespace procmarshal
