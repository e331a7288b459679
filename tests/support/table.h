#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "collectors/process_table.h"
#include "tests/support/fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {

// A table over an empty host; each test says what the source has read.
class Table {
 public:
  Table() { tree_.Write("meminfo", "MemTotal: 1000 kB\n"); }

  std::vector<Process> Update(std::vector<Process> rows, SampleKind kind = SampleKind::kScheduled) {
    const auto updated = table_.Update(clock_.Boot(), kind, rows);
    if (!updated) throw std::runtime_error(updated.error().message);
    return rows;
  }

  // A scheduled sample so much later.
  std::vector<Process> UpdateAfter(std::chrono::nanoseconds time, std::vector<Process> rows) {
    clock_.Advance(time);
    return Update(std::move(rows));
  }

  // An empty one if there is none of that name on the page.
  [[nodiscard]] Group Find(const std::string& name) const {
    const std::vector<const Group*> groups = table_.Groups().Shown();
    const auto found =
        std::ranges::find_if(groups, [&](const Group* group) { return *group->name == name; });
    return found == groups.end() ? Group{} : **found;
  }
  [[nodiscard]] double CpuOf(const std::string& name) const {
    const ProcessCounters counters = Find(name).counters;
    return counters.cpu_user_seconds + counters.cpu_system_seconds;
  }

  // With these rules from the next sample on.
  void Configure(const std::vector<GroupRule>& rules, const ProcessSettings& settings = {}) {
    table_.Configure(settings,
                     std::make_shared<const GroupMatcher>(GroupMatcher::Make(rules).value()));
  }

  [[nodiscard]] std::uint64_t TicksNow() const {
    constexpr double kTicksPerSecond = 100;
    return static_cast<std::uint64_t>(Seconds(clock_.Boot().time_since_epoch()) * kTicksPerSecond);
  }
  const ProcTree& Tree() { return tree_; }
  ProcessTable& Get() { return table_; }
  ManualClock& Time() { return clock_; }

 private:
  ManualClock clock_;
  ProcTree tree_;
  ProcessTable table_ = ProcessTable::Open({.proc = tree_.Fs()}).value();
};

// A process that started before any sample.
inline Process Row(pid_t pid, const std::string& name, double cpu) {
  ProcessReading reading;
  reading.key = {pid, 100};
  reading.name = name;
  reading.parent = pid == 1 ? 0 : 1;
  reading.state = 'S';
  reading.has_io = true;
  reading.threads = 1;
  reading.counters.cpu_user_seconds = cpu;
  reading.counters.minor_faults = 10;
  return MakeRow(std::move(reading));
}

}  // namespace procmarshal::testing
