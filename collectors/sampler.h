#pragma once

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <spdlog/common.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collectors/collector.h"
#include "collectors/group_matcher.h"
#include "collectors/memory_reader.h"
#include "collectors/process_selection.h"
#include "collectors/process_settings.h"
#include "collectors/process_table.h"
#include "collectors/snapshot.h"

namespace procmarshal {

struct NamedCollector {
  std::string name;
  std::shared_ptr<Collector> collector;  // shared with later plans, so that it keeps what it knows
};

// Turns what collectors and the process source read into snapshots, on the thread of whoever asks
// for one. Safe to call from any thread: callers that arrive while a sample is taken wait for it
// and share it.
class Sampler {
 public:
  // What can change while it runs.
  struct Plan {
    std::vector<NamedCollector> collectors;
    ProcessSettings processes;
    // Never null. Processes are matched anew when it is another object than in the plan before.
    std::shared_ptr<const GroupMatcher> matcher = std::make_shared<const GroupMatcher>();
  };

  // Where what it knows of processes comes from.
  struct Inputs {
    std::unique_ptr<ProcessSource> source;
    ProcessTable table;
    std::unique_ptr<MemoryReader> memory;  // null: costly memory numbers are not read
  };

  // `clock` must outlive the sampler. Its own metrics are made in `registry`, which it does not
  // read: Add() it, as any other prometheus::Collectable, to have it in the snapshots.
  Sampler(Inputs inputs, const Clock& clock, prometheus::Registry& registry);

  // In force from the next sample on. Never waits for a sample.
  void Configure(Plan plan);

  // Before the first sample.
  void Add(std::shared_ptr<prometheus::Collectable> collectable);

  // Takes a sample. A scheduled one is what rates are taken between.
  SnapshotPtr Sample(SampleKind kind);

  // The latest snapshot if it is younger than `max_age`, else a new one. Null if one that is under
  // way is not there within `patience`: a collector hangs.
  [[nodiscard]] SnapshotPtr Get(std::chrono::milliseconds max_age,
                                std::chrono::milliseconds patience = std::chrono::seconds(5));

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
    prometheus::Gauge& without_memory;
    prometheus::Counter& dropped_groups;
    prometheus::Counter& dropped_processes;
    // process-exporter's own.
    prometheus::Counter& scrape_errors;
    prometheus::Counter& read_errors;
    prometheus::Counter& partial_errors;
    prometheus::Counter& vanished;
    prometheus::Counter& denied;
    prometheus::Counter& malformed;
  };

  // A line for the log, written when the sample is done.
  struct Notice {
    spdlog::level::level_enum level;
    std::string text;
  };

  // What was last said of a collector that fails.
  struct Failure {
    std::string message;
    BootTime said;
  };

  SnapshotPtr TakeTurn(std::unique_lock<std::mutex>& lock, SampleKind kind);

  // Only whoever has the turn calls these.
  SnapshotPtr Take(SampleKind kind);
  void Adopt(Plan plan);
  Status ReadProcesses(SampleKind kind, Snapshot& snapshot);
  void Show(Snapshot& snapshot, FamilyWriter& out);
  void Collect(Snapshot& snapshot, SampleKind kind);
  Status CollectPlugged(FamilyWriter& out);
  void Report(const std::string& collector, const Status& status);
  void Count(const ReadReport& report, std::size_t processes);

  const Clock& clock_;
  std::shared_ptr<SnapshotPool> pool_ = std::make_shared<SnapshotPool>();
  Metrics metrics_;

  // Of whoever has the turn: is_sampling_ says that somebody has.
  std::unique_ptr<ProcessSource> source_;
  ProcessTable table_;
  std::unique_ptr<MemoryReader> memory_;
  ProcessSelection selection_;
  Plan plan_;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_;
  std::map<std::string, Failure> failing_;  // by collector
  std::set<std::string> idle_;              // collectors that find nothing on this host
  bool has_warned_ = false;                 // that processes may not be read
  std::vector<Notice> notices_;
  std::uint64_t sequence_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable turn_ended_;
  bool is_sampling_ = false;       // guarded by mutex_
  std::optional<Plan> next_plan_;  // guarded by mutex_
  SnapshotPtr latest_;             // guarded by mutex_
};

}  // namespace procmarshal
