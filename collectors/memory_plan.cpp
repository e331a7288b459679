#include "collectors/memory_plan.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace procmarshal {
namespace {

constexpr double kNotRead = std::numeric_limits<double>::quiet_NaN();

// Sorts the first `most` of `entries`, in which `is_before` says who comes first.
template <typename Entry, typename Order>
void SortFirst(std::vector<const Entry*>& entries, std::size_t most, Order is_before) {
  const auto sorted = std::min(most, entries.size());
  std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(sorted),
                    entries.end(), is_before);
  entries.resize(sorted);
}

}  // namespace

void MemoryPlan::UseSmaps(bool smaps) {
  if (smaps == smaps_) return;
  smaps_ = smaps;
  for (Entry& entry : entries_) {
    if (smaps) entry.read_at.reset();
    entry.reading.pss_bytes = kNotRead;
    entry.reading.swap_pss_bytes = kNotRead;
  }
}

// Makes entries_ follow the rows: both ascend.
void MemoryPlan::Update(std::vector<Process>& rows) {
  std::vector<Entry> next;
  next.reserve(rows.size());
  auto known = entries_.begin();
  for (Process& row : rows) {
    while (known != entries_.end() && known->key < row->key) ++known;
    const bool found = known != entries_.end() && known->key == row->key;
    Entry& entry = found ? next.emplace_back(*known) : next.emplace_back();
    entry.key = row->key;
    entry.resident_bytes = row->resident_bytes;
    entry.has_memory = row->virtual_bytes > 0;
    if (!entry.has_memory) entry.reading = {};  // a zombie gave it back
    row.memory = entry.reading;
  }
  entries_ = std::move(next);
}

bool MemoryPlan::IsDue(const Entry& entry, BootTime now) const {
  if (entry.is_denied || !entry.has_memory) return false;
  if (!entry.read_at) return now - StartOf(entry.key) >= kYoung;
  std::chrono::seconds rest = smaps_ && Change(entry) > 0 ? kRest : kQuietRest;
  if (entry.cost > kCostly) rest = kCostlyRest;
  return now - *entry.read_at >= rest;
}

std::uint64_t MemoryPlan::Change(const Entry& entry) {
  if (!entry.read_at) return 0;
  return std::max(entry.resident_bytes, entry.read_resident_bytes) -
         std::min(entry.resident_bytes, entry.read_resident_bytes);
}

bool MemoryPlan::WasReadBefore(const Entry* a, const Entry* b) {
  return std::pair(a->read_at, a->key) < std::pair(b->read_at, b->key);  // no time is before any
}

std::vector<ProcessKey> MemoryPlan::Choose(BootTime now, std::size_t most) const {
  std::vector<const Entry*> oldest;
  std::vector<const Entry*> changed;
  for (const Entry& entry : entries_) {
    if (!IsDue(entry, now)) continue;
    oldest.push_back(&entry);
    if (Change(entry) > 0) changed.push_back(&entry);
  }
  SortFirst(oldest, most, WasReadBefore);
  SortFirst(changed, most, [](const Entry* a, const Entry* b) {
    return std::pair(Change(*b), a->key) < std::pair(Change(*a), b->key);
  });

  std::vector<ProcessKey> chosen;
  const auto take = [&](const std::vector<const Entry*>& from, std::size_t i) {
    if (i >= from.size() || chosen.size() == most) return;
    if (std::ranges::find(chosen, from[i]->key) == chosen.end()) chosen.push_back(from[i]->key);
  };
  for (std::size_t i = 0; i < most; ++i) {
    take(changed, i);
    take(oldest, i);
  }
  return chosen;
}

void MemoryPlan::Record(ProcessKey key, BootTime now, const MemoryResult& result) {
  const auto entry = std::ranges::lower_bound(entries_, key, {}, &Entry::key);
  if (entry == entries_.end() || entry->key != key) return;  // it has ended meanwhile
  entry->read_at = now;
  entry->read_resident_bytes = entry->resident_bytes;
  entry->cost = result.cost;
  if (result.outcome == ReadOutcome::kDenied) {
    entry->is_denied = true;
    entry->reading = {};
  }
  if (result.outcome != ReadOutcome::kOk) return;
  entry->reading = result.reading;
  if (smaps_) return;
  entry->reading.pss_bytes = kNotRead;  // turned off while it was read
  entry->reading.swap_pss_bytes = kNotRead;
}

std::size_t MemoryPlan::Denied() const {
  return static_cast<std::size_t>(std::ranges::count(entries_, true, &Entry::is_denied));
}

std::chrono::duration<double> CpuBudget::Rest(BootTime now, std::chrono::nanoseconds used,
                                              double share) {
  debt_ += used - std::exchange(used_, used);
  debt_ -= (now - std::exchange(paid_at_, now)) * share;
  debt_ = std::max(debt_, std::chrono::duration<double>(0));
  if (debt_ >= kBurst) is_resting_ = true;
  if (debt_.count() <= 0) is_resting_ = false;
  return is_resting_ ? debt_ / share : std::chrono::duration<double>(0);
}

}  // namespace procmarshal
