#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "collectors/group.h"
#include "collectors/thread_reader.h"

namespace procmarshal {

// A group's place in the table. Valid while the group has processes, and as long again as groups
// without processes are kept.
using GroupId = std::uint32_t;
inline constexpr GroupId kNoGroup = std::numeric_limits<GroupId>::max();

// All groups, and which of them have series of their own.
//
// There are never more series than the budget: groups beyond it are shown as one, "other". A group
// that gets series of its own leaves in "other" what it had counted there and starts at 0; one that
// loses them keeps what it had counted, unseen, and goes on from there when it comes back (or, if
// too many have lost theirs, from 0, as its threads always do). So no series ever falls, and what
// all series grow by is what the host does. Groups with CPU time and memory go first, and one that
// is shown has to be clearly outdone to lose its place, unless it has had no process for a minute.
class GroupTable {
 public:
  static constexpr std::string_view kOther = "other";
  // Series of a group besides those of its threads, wait channels and places; and of a thread name.
  static constexpr std::size_t kGroupSeries = 39;
  static constexpr std::size_t kThreadSeries = 9;
  // More thread names than this are one, "other", in a group: else one that makes up names takes
  // all series.
  static constexpr std::size_t kMostThreadNames = 64;
  static constexpr std::size_t kMostPlaces = 16;

  // The least that a budget can be: "other", and its threads.
  static constexpr std::size_t kLeastSeries = kGroupSeries + kThreadSeries;

  struct Settings {
    std::size_t series = 20'000;
    std::chrono::milliseconds ttl{0};  // how long a group stays without a process; 0: for ever
  };

  GroupTable();

  // `declared` groups exist without a process, and never expire.
  void Configure(const Settings& settings, const std::vector<std::string>& declared);

  // The group of that name, made if it is new. Between Begin() and the next.
  [[nodiscard]] GroupId Find(const std::string& name);
  [[nodiscard]] const std::shared_ptr<const std::string>& Name(GroupId id) const {
    return slots_[id].name;
  }
  [[nodiscard]] bool IsDeclared(GroupId id) const { return slots_[id].is_declared; }

  // Starts a sample: no group has a process. A scheduled one also lets groups expire, and decides
  // anew which have series.
  void Begin(BootTime now, bool scheduled);

  // Adds a process that is alive, and what its counters grew by.
  void Add(GroupId id, const Process& process, const LimitUse& limits,
           const ProcessCounters& growth);
  // Adds what was done by a process that is no longer there.
  void AddGrowth(GroupId id, const ProcessCounters& growth);
  // Adds a thread of a process with several, and what its counters grew by.
  void AddThread(GroupId id, const ThreadReading& thread, const ProcessCounters& growth);
  // Adds a thread that waits in `function`.
  void AddWaiting(GroupId id, std::string_view function);

  // Those that have series: "other" among them once there was something in it.
  [[nodiscard]] std::vector<const Group*> Shown() const;

  // The groups in "other": those that are alive or declared.
  [[nodiscard]] std::size_t Hidden() const { return hidden_; }
  // How many series this sample lacks at most: for want of budget, or over the caps above.
  [[nodiscard]] std::size_t Dropped() const { return (hidden_ * kGroupSeries) + refused_; }
  // How many series WriteGroups() makes of those shown, at most.
  [[nodiscard]] std::size_t Series() const { return series_; }

 private:
  struct Slot {
    std::shared_ptr<const std::string> name;  // null: free
    std::unique_ptr<Group> group;             // null unless it is shown, or was
    BootTime last_alive;
    float score = 0;  // how busy and large it is, smoothed
    float score_now = 0;
    std::uint32_t processes = 0;
    bool is_declared = false;
    bool is_shown = false;
  };

  bool Claim(std::size_t series);
  [[nodiscard]] Group& GroupOf(GroupId id);
  bool Show(Slot& slot);
  void Hide(Slot& slot);
  void Clear(Group& group);
  void Expire(BootTime now);
  void Rebalance();
  [[nodiscard]] bool IsAbandoned(const Slot& slot) const;
  void FitBudget();
  [[nodiscard]] std::vector<Slot*> WeakestFirst();
  [[nodiscard]] std::vector<Slot*> StrongestWaiting();
  void ForgetThreads(Group& group);
  ThreadGroup* ThreadGroupOf(Group& group, std::string_view name);
  void AddPlace(const Process& process, Group& group);

  Settings settings_;
  std::vector<Slot> slots_;  // the first is "other"
  std::vector<GroupId> free_;
  std::unordered_map<std::string_view, GroupId> index_;  // views of the slots' names
  std::size_t series_ = 0;                               // claimed
  std::size_t shown_ = 0;
  std::size_t retired_ = 0;  // not shown, but with counters kept
  std::size_t hidden_ = 0;   // with processes or declared, not shown
  std::size_t refused_ = 0;  // series of groups that are shown
  bool other_used_ = false;
  BootTime now_;
};

}  // namespace procmarshal
