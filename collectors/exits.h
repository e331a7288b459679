#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "collectors/group_table.h"
#include "collectors/process.h"

namespace procmarshal {

// The processes that ended between two samples, and what those who waited for them tell of it.
//
// The kernel adds what a process used to its parent's counters of children when the parent waits
// for it (getrusage(2), RUSAGE_CHILDREN), or to those of a further ancestor if the parent ended
// first; and its I/O to the parent's own (wait_task_zombie() in kernel/exit.c). From what these
// grew by follows what the process did after its last reading, and what children did that came and
// went unseen. A parent that does not wait learns nothing, and neither do we.
class Exits {
 public:
  // Forgets everything: a new sample.
  void Clear();

  // A process of the sample before that is no more there. Ascending by pid.
  void Add(const ProcessReading& last, GroupId group);

  // A process that is there: `before` is its last reading, or null if all of its life counts.
  // Ascending by pid.
  void AddAlive(const ProcessReading* before, const ProcessReading& now);

  // Finds out who waited for whom. Call it when all are added; `parent_of` gives the parent of a
  // process that is there, nullopt of one that is not.
  void Match(const std::function<std::optional<pid_t>(pid_t)>& parent_of);

  // The bytes in the growth of the I/O of `pid` that were counted when its children did them.
  struct Io {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
  };
  [[nodiscard]] Io CountedOf(pid_t pid) const;

  // Calls `add` with what is known now of the ends: for the groups of those that ended, as far as
  // they can have done it in `seconds`; what is left did children that nobody saw: `group_of` says
  // to which group of the process that waited for them it goes.
  void Settle(double seconds, const std::function<GroupId(pid_t)>& group_of,
              const std::function<void(GroupId, const ProcessCounters&)>& add) const;

 private:
  struct Ended {
    pid_t pid;
    pid_t parent;
    GroupId group;
    std::uint32_t threads;
    ChildCounters total;  // own and of children, at the last reading
    Io io;
  };
  struct Alive {
    pid_t pid;
    ChildCounters growth;  // of its children's counters
    ChildCounters known;   // of the ended ones that it waited for
    Io io;
    std::vector<std::size_t> ended;  // indices of them
  };

  [[nodiscard]] Alive* FindAlive(pid_t pid);
  [[nodiscard]] pid_t ParentOfEnded(pid_t pid) const;
  [[nodiscard]] Alive* ReaperOf(const Ended& ended,
                                const std::function<std::optional<pid_t>(pid_t)>& parent_of);

  std::vector<Ended> ended_;
  std::vector<Alive> alive_;
};

}  // namespace procmarshal
