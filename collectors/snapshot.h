#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collectors/group.h"
#include "collectors/process.h"

namespace procmarshal {

// The families [first, last) of a snapshot are what a collector added to it. One that a former
// collector had declared already stays with that one, samples of both in it.
struct CollectorPart {
  std::string collector;
  std::size_t first = 0;
  std::size_t last = 0;
};

// Everything read at one moment. Never changes once published.
struct Snapshot {
  std::uint64_t sequence = 0;  // 1, 2, 3, ...
  BootTime taken;
  WallTime wall;
  std::vector<Process> processes;     // ascending by pid
  std::vector<const Process*> shown;  // those that /metrics shows one by one, ascending by pid
  std::vector<Group> groups;
  // System metrics, groups and this program's own metrics, each name once. Those of linux_process_*
  // hold no samples: EncodeSnapshot() makes them, line by line, of the rows.
  std::vector<prometheus::MetricFamily> families;
  // Of which collector they are, in their order. Before the first part stand
  // node_scrape_collector_*, with the label `collector`.
  std::vector<CollectorPart> parts;
};

// Hold one only while answering: a snapshot is megabytes, and its storage is used again.
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Snapshots that nobody reads any more, with their storage, for the next samples. Thread-safe; the
// last snapshot may outlive the owner of the pool.
class SnapshotPool : public std::enable_shared_from_this<SnapshotPool> {
 public:
  // An old snapshot with whatever it holds, or a new one.
  [[nodiscard]] std::unique_ptr<Snapshot> Take();

  // Makes it immutable; its storage comes back here when the last reader lets go.
  [[nodiscard]] SnapshotPtr Publish(std::unique_ptr<Snapshot> snapshot);

 private:
  void Return(std::unique_ptr<Snapshot> snapshot);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Snapshot>> free_;  // guarded by mutex_
};

}  // namespace procmarshal
