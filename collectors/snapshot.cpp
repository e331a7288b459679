#include "collectors/snapshot.h"

#include <utility>

namespace procmarshal {
namespace {

// While one is the latest, another is filled. A third is needed only while a reader holds an older
// one: not worth keeping.
constexpr std::size_t kMostFree = 1;

}  // namespace

std::unique_ptr<Snapshot> SnapshotPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      auto snapshot = std::move(free_.back());
      free_.pop_back();
      return snapshot;
    }
  }
  return std::make_unique<Snapshot>();
}

SnapshotPtr SnapshotPool::Publish(std::unique_ptr<Snapshot> snapshot) {
  return {snapshot.release(), [pool = shared_from_this()](Snapshot* ended) {
            pool->Return(std::unique_ptr<Snapshot>(ended));
          }};
}

void SnapshotPool::Return(std::unique_ptr<Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  if (free_.size() < kMostFree) free_.push_back(std::move(snapshot));
}

}  // namespace procmarshal
