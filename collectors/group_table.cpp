#include "collectors/group_table.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace procmarshal {
namespace {

constexpr GroupId kOtherId = 0;
// A group that is not shown takes the place of one that is when it weighs so many times more.
constexpr float kClearlyMore = 1.5F;
constexpr float kLeastScore = 0.0001F;
// Who has had no process for so long makes room for whoever has one.
constexpr std::chrono::minutes kAbandoned{1};
constexpr float kSmoothing = 0.3F;  // share of the newest sample in a group's weight
// How many groups may change places in one sample.
constexpr std::size_t kMostMoves = 64;

std::size_t SeriesOf(const Group& group) {
  return GroupTable::kGroupSeries + (GroupTable::kThreadSeries * group.thread_groups.size()) +
         group.wait_channels.size() + group.places.size();
}

ThreadGroup ThreadsNamed(std::string_view name) {
  ThreadGroup threads;
  threads.name = name;
  return threads;
}

}  // namespace

GroupTable::GroupTable() {
  Slot& other = slots_.emplace_back();
  other.name = std::make_shared<const std::string>(kOther);
  index_.emplace(*other.name, kOtherId);
  Show(other);
}

void GroupTable::Configure(const Settings& settings, const std::vector<std::string>& declared) {
  settings_ = settings;
  for (Slot& slot : slots_) slot.is_declared = false;
  for (const std::string& name : declared) {
    const GroupId id = Find(name);
    slots_[id].is_declared = true;
    if (id == kOtherId) other_used_ = true;
  }
}

GroupId GroupTable::Find(const std::string& name) {
  if (const auto found = index_.find(name); found != index_.end()) return found->second;
  const bool reuse = !free_.empty();
  const GroupId id = reuse ? free_.back() : static_cast<GroupId>(slots_.size());
  if (reuse) {
    free_.pop_back();
  } else {
    slots_.emplace_back();
  }
  Slot& slot = slots_[id];
  slot.name = std::make_shared<const std::string>(name);
  slot.last_alive = now_;
  index_.emplace(*slot.name, id);
  Show(slot);
  return id;
}

void GroupTable::Begin(BootTime now, bool scheduled) {
  now_ = now;
  if (scheduled) {
    for (Slot& slot : slots_) slot.score += kSmoothing * (slot.score_now - slot.score);
    Expire(now);
  }
  // Never both: who has just lost its series must be seen to have lost them.
  if (series_ > settings_.series) {
    FitBudget();
  } else if (scheduled) {
    Rebalance();
  }
  hidden_ = 0;
  refused_ = 0;
  for (Slot& slot : slots_) {
    slot.processes = 0;
    slot.score_now = 0;
    if (!slot.is_shown) {
      if (slot.is_declared) ++hidden_;
      continue;
    }
    if (scheduled && settings_.ttl.count() > 0) ForgetThreads(*slot.group);
    Clear(*slot.group);
  }
}

void GroupTable::Clear(Group& group) {
  series_ -= group.wait_channels.size() + group.places.size();
  ClearProcesses(group);
}

bool GroupTable::Claim(std::size_t series) {
  if (series_ + series > settings_.series) return false;
  series_ += series;
  return true;
}

Group& GroupTable::GroupOf(GroupId id) {
  Slot& slot = slots_[id];
  if (slot.is_shown) {
    if (id == kOtherId) other_used_ = true;
    return *slot.group;
  }
  other_used_ = true;
  return *slots_[kOtherId].group;
}

bool GroupTable::Show(Slot& slot) {
  if (!Claim(kGroupSeries)) return false;
  if (slot.group) {
    --retired_;
  } else {
    slot.group = std::make_unique<Group>();
    slot.group->name = slot.name;
  }
  slot.is_shown = true;
  ++shown_;
  return true;
}

void GroupTable::Hide(Slot& slot) {
  series_ -= SeriesOf(*slot.group);
  slot.is_shown = false;
  --shown_;
  ClearProcesses(*slot.group);
  // Whoever comes back needs as many series as whoever makes room for it has.
  slot.group->thread_groups.clear();
  // Counters that nobody sees are kept, but not of any number of groups.
  if (retired_ < std::max<std::size_t>(shown_, 1)) {
    ++retired_;
  } else {
    slot.group.reset();
  }
}

void GroupTable::Expire(BootTime now) {
  for (std::size_t id = kOtherId + 1; id < slots_.size(); ++id) {
    Slot& slot = slots_[id];
    if (!slot.name || slot.is_declared || slot.processes > 0) continue;
    // A group in "other" has no series that anybody could miss.
    const bool is_over = slot.group == nullptr ||
                         (settings_.ttl.count() > 0 && now - slot.last_alive >= settings_.ttl);
    if (!is_over) continue;
    if (slot.is_shown) Hide(slot);
    if (slot.group) --retired_;
    index_.erase(*slot.name);
    slot = Slot{};
    free_.push_back(static_cast<GroupId>(id));
  }
}

// The budget may have become smaller.
void GroupTable::FitBudget() {
  for (Slot& slot : slots_) {
    if (slot.is_shown) Clear(*slot.group);
  }
  std::vector<Slot*> shown = WeakestFirst();
  for (std::size_t id = slots_.size(); --id > kOtherId;) {
    if (slots_[id].is_shown && slots_[id].is_declared) shown.push_back(&slots_[id]);
  }
  for (Slot* slot : shown) {
    if (series_ <= settings_.series) return;
    Hide(*slot);
  }
  // "other" itself stays, but not the names of its threads.
  if (series_ > settings_.series) {
    series_ -= kThreadSeries *
               std::erase_if(slots_[kOtherId].group->thread_groups,
                             [](const ThreadGroup& threads) { return threads.name != kOther; });
  }
}

bool GroupTable::IsAbandoned(const Slot& slot) const {
  return slot.processes == 0 && now_ - slot.last_alive >= kAbandoned;
}

// What can lose its series.
std::vector<GroupTable::Slot*> GroupTable::WeakestFirst() {
  std::vector<Slot*> shown;
  for (std::size_t id = kOtherId + 1; id < slots_.size(); ++id) {
    if (slots_[id].is_shown && !slots_[id].is_declared) shown.push_back(&slots_[id]);
  }
  std::ranges::sort(
      shown, {}, [this](Slot* slot) { return std::tuple(!IsAbandoned(*slot), slot->score, slot); });
  return shown;
}

// What could use series, the most important first.
std::vector<GroupTable::Slot*> GroupTable::StrongestWaiting() {
  std::vector<Slot*> waiting;
  for (Slot& slot : slots_) {
    if (slot.name && !slot.is_shown && (slot.processes > 0 || slot.is_declared)) {
      waiting.push_back(&slot);
    }
  }
  const auto count = std::min(waiting.size(), kMostMoves);
  std::ranges::partial_sort(waiting, waiting.begin() + static_cast<std::ptrdiff_t>(count),
                            [](const Slot* a, const Slot* b) {
                              if (a->is_declared != b->is_declared) return a->is_declared;
                              return a->score > b->score;
                            });
  waiting.resize(count);
  return waiting;
}

void GroupTable::Rebalance() {
  const std::vector<Slot*> waiting = StrongestWaiting();
  if (waiting.empty()) return;
  const std::vector<Slot*> shown = WeakestFirst();
  auto weakest = shown.begin();
  for (Slot* slot : waiting) {
    if (Show(*slot)) continue;
    if (weakest == shown.end()) return;
    const float needed = (kClearlyMore * (*weakest)->score) + kLeastScore;
    const bool is_due = slot->is_declared || slot->score > needed ||
                        (slot->processes > 0 && IsAbandoned(**weakest));
    if (!is_due) return;
    Hide(**weakest++);
    Show(*slot);
  }
}

void GroupTable::ForgetThreads(Group& group) {
  const std::size_t forgotten = std::erase_if(group.thread_groups, [this](const ThreadGroup& each) {
    return each.threads == 0 && each.name != kOther && now_ - each.last_alive >= settings_.ttl;
  });
  series_ -= kThreadSeries * forgotten;
}

void GroupTable::Add(GroupId id, const Process& process, const LimitUse& limits,
                     const ProcessCounters& growth) {
  if (id == kNoGroup) return;
  Slot& slot = slots_[id];
  if (slot.processes++ == 0 && !slot.is_shown && !slot.is_declared) ++hidden_;
  slot.last_alive = now_;
  slot.score_now += static_cast<float>(std::fmax(process.cpu_ratio, 0) + process.memory_ratio);
  Group& group = GroupOf(id);
  Grow(growth, group.counters);
  AddProcess(process, limits, group);
  AddPlace(process, group);
}

void GroupTable::AddGrowth(GroupId id, const ProcessCounters& growth) {
  if (id != kNoGroup) Grow(growth, GroupOf(id).counters);
}

void GroupTable::AddPlace(const Process& process, Group& group) {
  const ProcessInfo& info = *process.info;
  if (info.unit.empty() && info.slice.empty() && info.container.empty() && info.pod.empty()) return;
  for (GroupPlace& place : group.places) {
    if (place.unit == info.unit && place.container == info.container && place.slice == info.slice &&
        place.pod == info.pod) {
      ++place.processes;
      return;
    }
  }
  if (group.places.size() == kMostPlaces || !Claim(1)) {
    ++refused_;
    return;
  }
  group.places.push_back({info.unit, info.slice, info.container, info.pod, 1});
}

// The threads of that name, or those of "other" when there is no room for more names; null when
// there is not even room for that.
ThreadGroup* GroupTable::ThreadGroupOf(Group& group, std::string_view name) {
  auto& all = group.thread_groups;
  if (all.empty()) {
    if (!Claim(kThreadSeries)) return nullptr;
    all.push_back(ThreadsNamed(kOther));
  }
  auto at = std::ranges::lower_bound(all, name, {}, &ThreadGroup::name);
  if (at != all.end() && at->name == name) return &*at;
  if (all.size() < kMostThreadNames && Claim(kThreadSeries)) {
    return &*all.insert(at, ThreadsNamed(name));
  }
  return &*std::ranges::lower_bound(all, kOther, {}, &ThreadGroup::name);
}

void GroupTable::AddThread(GroupId id, const ThreadReading& thread, const ProcessCounters& growth) {
  if (id == kNoGroup) return;
  const bool is_hidden = !slots_[id].is_shown;
  ThreadGroup* threads = ThreadGroupOf(GroupOf(id), is_hidden ? kOther : thread.name);
  if (threads == nullptr || (!is_hidden && threads->name != thread.name)) refused_ += kThreadSeries;
  if (threads == nullptr) return;
  ++threads->threads;
  threads->last_alive = now_;
  Grow(growth, threads->counters);
}

void GroupTable::AddWaiting(GroupId id, std::string_view function) {
  if (id == kNoGroup || function.empty()) return;
  Group& group = GroupOf(id);
  const auto known = std::ranges::find(group.wait_channels, function, &WaitChannel::function);
  if (known != group.wait_channels.end()) {
    ++known->threads;
  } else if (Claim(1)) {
    group.wait_channels.push_back({std::string(function), 1});
  } else {
    ++refused_;
  }
}

std::vector<const Group*> GroupTable::Shown() const {
  std::vector<const Group*> shown;
  shown.reserve(shown_);
  for (const Slot& slot : slots_) {
    if (slot.is_shown) shown.push_back(slot.group.get());
  }
  if (!other_used_) shown.erase(shown.begin());
  return shown;
}

}  // namespace procmarshal
