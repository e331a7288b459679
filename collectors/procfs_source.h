#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "collectors/process.h"
#include "collectors/pseudo_fs.h"

namespace procmarshal {

// A ProcessSource that reads `stat`, `status`, `io` and the number of open files of each process in
// `proc`. Fails if `proc` can't be opened. `clock` must outlive it.
//
// Two things make it cheap. Files that are read again and again stay open (pread(2) costs half of
// open, read and close), up to `max_kept_files`. And a process with one thread that has not run
// since the last pass, as its `schedstat` tells, is not read again: its CPU time, I/O, faults,
// files and state can't have changed. What others can change in it (memory by reclaim, nice by
// renice) is read again at least every kFullReadInterval.
[[nodiscard]] Result<std::unique_ptr<ProcessSource>> OpenProcfsSource(const PseudoFs& proc,
                                                                      std::size_t max_kept_files,
                                                                      const Clock& clock);

inline constexpr std::chrono::seconds kFullReadInterval{120};

// How many files of processes this program may keep open: half of RLIMIT_NOFILE, and no more than
// take 64 MiB of kernel memory (4.6 kB each).
[[nodiscard]] std::size_t DefaultKeptFiles();

}  // namespace procmarshal
