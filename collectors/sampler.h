#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collectors/collector.h"
#include "collectors/process_table.h"
#include "collectors/snapshot.h"

namespace procmarshal {

struct NamedCollector {
  std::string name;
  std::unique_ptr<Collector> collector;
};

// Turns what collectors and the process source read into snapshots. Safe to call from any thread:
// callers that arrive while a sample is taken wait for it and share it.
class Sampler {
 public:
  // What can change while it runs.
  struct Plan {
    std::vector<NamedCollector> collectors;
    std::size_t top = 50;  // processes with series of their own, by CPU and as many by memory
  };

  // `clock` must outlive the sampler. Its own metrics are made in `registry`, which it does not
  // read: Add() it, as any other prometheus::Collectable, to have it in the snapshots.
  Sampler(std::unique_ptr<ProcessSource> source, ProcessTable table, const Clock& clock,
          prometheus::Registry& registry);

  void Configure(Plan plan);
  void Add(std::shared_ptr<prometheus::Collectable> collectable);

  // Takes a sample. A scheduled one is what rates are taken between.
  SnapshotPtr Sample(SampleKind kind);

  // The latest snapshot if it is younger than `max_age`, else a new one.
  [[nodiscard]] SnapshotPtr Get(std::chrono::milliseconds max_age);

  // The latest snapshot, null before the first. Never waits for a sample.
  [[nodiscard]] SnapshotPtr Latest() const;

 private:
  // The sampler's own metrics.
  struct Metrics {
    explicit Metrics(prometheus::Registry& registry);
    prometheus::Histogram& duration;
    prometheus::Counter& scheduled;
    prometheus::Counter& on_demand;
    prometheus::Gauge& processes;
    prometheus::Gauge& unchanged;
    prometheus::Gauge& without_io;
    prometheus::Gauge& without_fds;
    prometheus::Counter& vanished;
    prometheus::Counter& denied;
    prometheus::Counter& malformed;
  };

  // These hold sampling_mutex_.
  SnapshotPtr Take(SampleKind kind);
  Status ReadProcesses(SampleKind kind, Snapshot& snapshot);
  void Collect(Snapshot& snapshot, SampleKind kind);
  Status CollectPlugged(FamilyWriter& out);
  void Report(const std::string& collector, const Status& status);
  void Count(const ReadReport& report, std::size_t processes);

  const Clock& clock_;
  std::shared_ptr<SnapshotPool> pool_ = std::make_shared<SnapshotPool>();
  Metrics metrics_;

  std::mutex sampling_mutex_;  // held while a sample is taken; guards the next six
  std::unique_ptr<ProcessSource> source_;
  ProcessTable table_;
  Plan plan_;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_;
  std::map<std::string, std::string>
      failing_;  // collector -> its last error, logged when it changes
  std::uint64_t sequence_ = 0;

  mutable std::mutex latest_mutex_;
  SnapshotPtr latest_;  // guarded by latest_mutex_
};

}  // namespace procmarshal
