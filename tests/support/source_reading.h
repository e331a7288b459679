#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "collectors/procfs_source.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {

// A source over a tree, and its rows.
class Reading {
 public:
  explicit Reading(const PseudoFs& proc, std::size_t kept = 100)
      : source_(OpenProcfsSource(proc, kept, clock_).value()) {}

  ReadReport Read() {
    const auto report = source_->Read(rows_);
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(ReadReport{});
  }
  [[nodiscard]] const std::vector<Process>& Rows() const { return rows_; }
  [[nodiscard]] const ProcessReading& Row(pid_t pid) const {
    const auto row =
        std::ranges::find(rows_, pid, [](const Process& process) { return process->key.pid; });
    if (row == rows_.end()) throw std::runtime_error(fmt::format("no process {}", pid));
    return *row->reading;
  }
  ManualClock& Time() { return clock_; }
  ProcessSource& Source() { return *source_; }

 private:
  ManualClock clock_;
  std::unique_ptr<ProcessSource> source_;
  std::vector<Process> rows_;
};

}  // namespace procmarshal::testing
