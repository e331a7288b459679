#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "collectors/memory_plan.h"
#include "collectors/proc_directory.h"
#include "collectors/process.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// Reads proportional set sizes and the number of memory mappings of processes, on a thread of its
// own and within a budget of CPU time: they cost too much to be read in a sample, and the process
// can't change its address space meanwhile. MemoryPlan says which are read when. Safe to call from
// any thread.
class MemoryReader {
 public:
  struct Options {
    bool smaps = false;       // read the proportional set sizes too
    double cpu_share = 0.02;  // of one core, over time; 0: nothing but what one burst allows
  };

  // Fails if `proc` can't be opened. `clock` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<MemoryReader>> Start(const PseudoFs& proc,
                                                                   const Clock& clock);

  // Until then nothing but mappings is read.
  void Configure(Options options);

  // Takes note of the processes that there are, by which it wakes the reading, and fills `memory`
  // of the `rows`, which ascend by pid, with what was read so far. To be
  // called at each sample; never waits for the reading.
  void Update(std::vector<Process>& rows);

  // Of how many processes the memory may not be read.
  [[nodiscard]] std::size_t Denied() const;

 private:
  MemoryReader(ProcDirectory directory, const Clock& clock);
  void Run(const std::stop_token& stop);
  void ReadAllThatAreDue(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void Rest(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void ReadOne(std::unique_lock<std::mutex>& lock, ProcessKey key);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any updated_;
  bool is_updated_ = false;  // guarded by mutex_
  Options options_;          // guarded by mutex_
  MemoryPlan plan_;          // guarded by mutex_

  // Of the thread.
  ProcDirectory directory_;
  CpuBudget budget_;
  std::string buffer_;
  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace procmarshal
