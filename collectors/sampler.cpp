#include "collectors/sampler.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "collectors/process_families.h"

namespace procmarshal {
namespace {

constexpr const char* kProcesses = "processes";

auto& Gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
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
      vanished(ReadFailures(registry).Add({{"reason", "vanished"}})),
      denied(ReadFailures(registry).Add({{"reason", "denied"}})),
      malformed(ReadFailures(registry).Add({{"reason", "malformed"}})) {}

Sampler::Sampler(std::unique_ptr<ProcessSource> source, ProcessTable table, const Clock& clock,
                 prometheus::Registry& registry)
    : clock_(clock), metrics_(registry), source_(std::move(source)), table_(std::move(table)) {}

void Sampler::Configure(Plan plan) {
  const std::lock_guard lock(sampling_mutex_);
  plan_ = std::move(plan);
}

void Sampler::Add(std::shared_ptr<prometheus::Collectable> collectable) {
  const std::lock_guard lock(sampling_mutex_);
  collectables_.push_back(std::move(collectable));
}

SnapshotPtr Sampler::Sample(SampleKind kind) {
  const std::lock_guard lock(sampling_mutex_);
  return Take(kind);
}

SnapshotPtr Sampler::Get(std::chrono::milliseconds max_age) {
  const auto is_young = [&](const SnapshotPtr& snapshot) {
    return snapshot && clock_.Boot() - snapshot->taken < max_age;
  };
  if (auto latest = Latest(); is_young(latest)) return latest;
  const std::lock_guard lock(sampling_mutex_);
  if (auto latest = Latest(); is_young(latest)) return latest;  // another caller was first
  return Take(SampleKind::kOnDemand);
}

SnapshotPtr Sampler::Latest() const {
  const std::lock_guard lock(latest_mutex_);
  return latest_;
}

SnapshotPtr Sampler::Take(SampleKind kind) {
  (kind == SampleKind::kScheduled ? metrics_.scheduled : metrics_.on_demand).Increment();
  auto snapshot = pool_->Take();
  snapshot->sequence = ++sequence_;
  snapshot->taken = clock_.Boot();
  snapshot->wall = clock_.Wall();
  Collect(*snapshot, kind);
  metrics_.duration.Observe(Seconds(clock_.Boot() - snapshot->taken));

  SnapshotPtr published = pool_->Publish(std::move(snapshot));
  SnapshotPtr former = published;
  {
    const std::lock_guard lock(latest_mutex_);
    latest_.swap(former);
  }
  return published;  // `former` may go back to the pool here, outside the lock
}

void Sampler::Collect(Snapshot& snapshot, SampleKind kind) {
  FamilyWriter out(snapshot.families);
  auto success = out.Gauge("node_scrape_collector_success",
                           "Whether the collector succeeded in the last sample.");
  auto duration = out.Gauge("node_scrape_collector_duration_seconds",
                            "Time the collector took in the last sample.");
  const auto run = [&](const std::string& name, auto&& collect) {
    const BootTime begin = clock_.Boot();
    Status status = collect();
    if (const auto conflict = out.TakeConflict(); status && !conflict.empty()) {
      status = Fail(ErrorCode::kInvalid, conflict);
    }
    Report(name, status);
    success.Add(status ? 1 : 0, {{"collector", name}});
    duration.Add(Seconds(clock_.Boot() - begin), {{"collector", name}});
  };

  for (const NamedCollector& entry : plan_.collectors) {
    run(entry.name, [&] { return entry.collector->Collect(out); });
  }
  run(kProcesses, [&]() -> Status {
    if (auto read = ReadProcesses(kind, snapshot); !read) return read;
    WriteGroups(snapshot.groups, out);
    WriteProcesses(TopProcesses(snapshot.processes, plan_.top), out);
    return {};
  });
  run("registry", [&] { return CollectPlugged(out); });
  out.Finish();
}

Status Sampler::CollectPlugged(FamilyWriter& out) {
  for (const auto& collectable : collectables_) {
    try {
      out.Append(collectable->Collect());
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kInternal,
                  std::string("collect a prometheus::Collectable: ") + error.what());
    }
  }
  return {};
}

// When processes can't be read, there are none in the snapshot and no groups either: a group
// without processes would read as their death.
Status Sampler::ReadProcesses(SampleKind kind, Snapshot& snapshot) {
  auto report = source_->Read(snapshot.processes);
  Status status = report ? table_.Update(snapshot.taken, kind, snapshot.processes)
                         : Status(tl::unexpected(report.error()));
  if (!status) {
    snapshot.processes.clear();
    snapshot.groups.clear();
    return status;
  }
  snapshot.groups = table_.Groups();
  Count(*report, snapshot.processes.size());
  return {};
}

void Sampler::Count(const ReadReport& report, std::size_t processes) {
  metrics_.processes.Set(static_cast<double>(processes));
  metrics_.unchanged.Set(static_cast<double>(report.unchanged));
  if (report.without_io > 0 && metrics_.without_io.Value() == 0) {
    spdlog::warn(
        "the I/O of {} of {} processes may not be read: this needs CAP_SYS_PTRACE and "
        "CAP_DAC_READ_SEARCH",
        report.without_io, processes);
  }
  metrics_.without_io.Set(static_cast<double>(report.without_io));
  metrics_.without_fds.Set(static_cast<double>(report.without_fds));
  metrics_.vanished.Increment(static_cast<double>(report.vanished));
  metrics_.denied.Increment(static_cast<double>(report.denied));
  metrics_.malformed.Increment(static_cast<double>(report.malformed));
}

// One line when a collector starts to fail, or fails for another reason, and one when it is well
// again.
void Sampler::Report(const std::string& collector, const Status& status) {
  if (status) {
    if (failing_.erase(collector) > 0) spdlog::info("collector {} works again", collector);
    return;
  }
  std::string& known = failing_[collector];
  if (known == status.error().message) return;
  known = status.error().message;
  spdlog::warn("collector {} failed: {}", collector, known);
}

}  // namespace procmarshal
