#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collectors/process.h"

namespace procmarshal::testing {

// Processes that fork, work, wait for each other and end at random, the same for the same seed, and
// the books that the kernel keeps of them: wait_task_zombie() and find_new_reaper() in
// kernel/exit.c. There are few pids, so they come round soon: parents have higher and lower ones
// than their children, and pids are used again.
class SimulatedHost {
 public:
  // kWaitForAll: who has children ends after them and waits for each. kWild: some ignore SIGCHLD,
  // some are subreapers, and parents end before their children.
  enum class Manners { kWaitForAll, kWild };

  // Only pid 1 is there.
  SimulatedHost(unsigned seed, Manners manners) : random_(seed), manners_(manners) {}

  // So many events.
  void Live(std::size_t events);

  // All processes, read at one moment.
  [[nodiscard]] std::vector<Process> Read();

  // Read one after the other, ascending by pid, while those live on that were there at the reading
  // before.
  [[nodiscard]] std::vector<Process> ReadSlowly();

  // What all processes did since ForgetDone().
  [[nodiscard]] const ProcessCounters& Done() const { return done_; }
  void ForgetDone() { done_ = {}; }

  [[nodiscard]] BootTime Now() const;
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_()) % bound; }

 private:
  struct Task {
    ProcessReading now;
    std::shared_ptr<const ProcessReading> read;  // as last read
    bool has_run = true;                         // since then
    bool ignores_children = false;
    bool is_subreaper = false;
  };
  using Tasks = std::map<pid_t, Task>;

  static Task MakeTask(ProcessKey key, pid_t parent);
  Task& Pick(bool only_known);
  void Act(bool only_known);
  void Work(Task& task);
  void Fork(Task& parent);
  void Wait(Task& parent);
  void Exit(Task& task);
  [[nodiscard]] pid_t HeirOf(const Task& task) const;
  [[nodiscard]] bool HasChildren(pid_t pid) const;
  void EndUnlessAwaited(pid_t pid);
  static Process RowOf(Task& task);

  std::mt19937 random_;
  Manners manners_;
  std::uint64_t ticks_ = 1000;  // since boot
  pid_t last_pid_ = 1;
  Tasks tasks_{{1, MakeTask({1, 1}, 0)}};
  ProcessCounters done_;
};

}  // namespace procmarshal::testing
