#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "collectors/group_table.h"
#include "collectors/process.h"

namespace procmarshal {

// How far up the tree of processes is looked: parents that are read one by one may form a circle.
inline constexpr int kMostAncestors = 64;

// The processes that ended between two samples, and what those who waited for them tell of it.
//
// The kernel adds what a process used to its parent's counters of children when the parent waits
// for it (getrusage(2), RUSAGE_CHILDREN), or to those of a further ancestor if the parent ended
// first; and its I/O to the parent's own (wait_task_zombie() in kernel/exit.c). From what these
// grew by follows what the process did after its last reading, and what children did that came and
// went unseen. A parent that does not wait learns nothing, and neither do we.
//
// Nothing counts twice. Where several ancestors can have waited for a process, what was counted of
// it is taken from the nearest one whose growth has room for it: whoever it was, the sum is right.
// And since processes are read one after the other, ascending by pid, one can end between its own
// reading and that of its parent: what one sample can't explain has time until the next.
//
// Not followed is a process whose parent came and went unseen, or that came into a container from
// outside: who waits for it in their place is taken to be pid 1.
class Exits {
 public:
  // A process, and who would wait for it.
  struct Child {
    ProcessKey key;
    pid_t parent = 0;
    bool is_orphan = false;  // its parent has ended: one of `parent` and those above it now is
  };
  // Gives a process that is there, or nullopt.
  using FindLiving = std::function<std::optional<Child>(pid_t)>;
  using AddGrowth = std::function<void(GroupId, const ProcessCounters&)>;

  // Starts a sample, so long after the one before.
  void Begin(double seconds);

  // A process of the sample before that is no more there, with its last reading.
  void Add(const Child& child, const ProcessReading& last, GroupId group);

  // A process that is there: `before` is its last reading, or null if all of its life counts;
  // `knows_io` says whether what its I/O grew by is of this interval.
  void AddLiving(const ProcessReading* before, const ProcessReading& now, bool knows_io);

  // Finds out who waited for whom. Call it when all are added.
  void Match(const FindLiving& find);

  // After that, for each process that is there: makes its nearest living ancestor its parent if
  // that has ended, and remembers that who waits for it may have done so after its reading.
  void Follow(Child& child, const FindLiving& find);

  // Whether the process waited for others: then its I/O has theirs in it, and Settle() tells it.
  [[nodiscard]] bool HasWaited(const ProcessKey& key) const;

  // Calls `add` with what the sample before had left open. After Match(), and while the groups of
  // that sample are there.
  void SettleHeld(const AddGrowth& add) const;

  // Calls `add` with what is known now of the ends: for the groups of those that ended, as far as
  // they can have done it since the sample before. What is left, children did that nobody saw: it
  // goes to the group of the process that waited for them, which `group_of` gives.
  void Settle(const std::function<GroupId(pid_t)>& group_of, const AddGrowth& add);

 private:
  struct Ended {
    Child child;
    GroupId group;
    double possible_seconds;  // of CPU time since its last reading
    ProcessCounters counted;  // own and of children, less what was found in a waiter's growth
    bool is_late = false;     // did not end in this interval, but before
    bool is_open = true;      // the next sample may tell who waited for it
  };
  // What a process that ended can have done of the growth of who waited for it.
  struct Part {
    GroupId group;
    double possible_seconds;
  };
  // A process whose counters of children grew.
  struct Waiter {
    ProcessKey key;
    ProcessCounters growth;  // of these and of its I/O, less what was counted already
    GroupId group = kNoGroup;
    bool is_overtaken = false;  // may have waited for a process that this sample has
    bool is_held = false;       // of the interval before
    std::vector<Part> parts;
  };

  struct Ancestor {
    Child process;
    bool is_gone = false;
  };
  // Those that can have waited for a process.
  struct Candidates {
    int ancestors = 0;             // whether their counters grew or not
    bool is_nearest_gone = false;  // it ended too
    std::vector<Waiter*> waiters;  // the nearest first
  };

  [[nodiscard]] const Ended* FindEnded(pid_t pid, std::uint64_t child_start) const;
  [[nodiscard]] Ancestor FindAncestor(pid_t pid, std::uint64_t child_start,
                                      const FindLiving& find) const;
  [[nodiscard]] Candidates FindCandidates(const Child& child, const FindLiving& find);
  void Explain(const FindLiving& find);
  [[nodiscard]] bool IsZombie(pid_t pid) const;
  bool Reparent(Child& child, const FindLiving& find) const;
  static void Take(Ended& ended, Waiter& waiter);
  static void Share(const Waiter& waiter, const AddGrowth& add);

  double seconds_ = 0;
  std::vector<Ended> ended_;     // ascending by key once they are matched
  std::vector<Waiter> waiters_;  // likewise, a held one first
  std::vector<pid_t> zombies_;   // ascending
};

}  // namespace procmarshal
