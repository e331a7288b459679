#include "tests/support/simulated_host.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "collectors/group.h"
#include "tests/support/process_row.h"

namespace procmarshal::testing {
namespace {

constexpr pid_t kLastPid = 40;
constexpr std::size_t kMostTasks = 25;
constexpr std::array<const char*, 4> kNames = {"init", "make", "cc", "sh"};

bool IsZombie(const ProcessReading& reading) {
  return reading.state == 'Z';
}

}  // namespace

SimulatedHost::Task SimulatedHost::MakeTask(ProcessKey key, pid_t parent) {
  Task task;
  task.now.key = key;
  task.now.name = kNames.front();
  task.now.parent = parent;
  task.now.state = 'S';
  task.now.has_io = true;
  task.now.threads = 1;
  return task;
}

BootTime SimulatedHost::Now() const {
  constexpr std::chrono::milliseconds kTick{10};
  return BootTime(kTick * ticks_);
}

void SimulatedHost::Live(std::size_t events) {
  for (std::size_t i = 0; i < events; ++i) Act(false);
}

// Somebody who is alive; of those that were read before, if only they may act.
SimulatedHost::Task& SimulatedHost::Pick(bool only_known) {
  while (true) {
    auto task = std::next(tasks_.begin(), Below(static_cast<std::uint32_t>(tasks_.size())));
    if (!IsZombie(task->second.now) && (!only_known || task->second.read)) return task->second;
  }
}

void SimulatedHost::Act(bool only_known) {
  constexpr std::uint32_t kChoices = 10;
  ++ticks_;
  Task& task = Pick(only_known);
  task.has_run = true;
  switch (Below(kChoices)) {
    case 0:
    case 1:
    case 2:
      Fork(task);
      break;
    case 3:
    case 4:
      Wait(task);
      break;
    case 5:
    case 6:
      Exit(task);
      break;
    case 7:
      task.now.name = kNames.at(Below(kNames.size()));
      break;
    default:
      Work(task);
  }
}

void SimulatedHost::Work(Task& task) {
  constexpr double kTick = 0.01;
  constexpr std::uint32_t kMostTicks = 50;
  constexpr std::uint32_t kMostFaults = 100;
  constexpr std::uint32_t kMostBytes = 10000;
  const std::uint32_t user = Below(kMostTicks);
  const std::uint32_t system = Below(kMostTicks);
  const ProcessCounters work{.cpu_user_seconds = user * kTick,
                             .cpu_system_seconds = system * kTick,
                             .minor_faults = Below(kMostFaults),
                             .major_faults = Below(2),
                             .read_bytes = Below(kMostBytes),
                             .write_bytes = Below(kMostBytes)};
  ticks_ += user + system;
  Grow(work, task.now.counters);
  Grow(work, done_);
}

// Nobody lives without a page fault.
void SimulatedHost::Fork(Task& parent) {
  constexpr std::uint32_t kOneIn = 5;
  if (tasks_.size() >= kMostTasks) return;
  do {
    last_pid_ = last_pid_ % kLastPid + 1;
  } while (tasks_.contains(last_pid_));
  Task task = MakeTask({last_pid_, ticks_}, parent.now.key.pid);
  task.now.name = parent.now.name;
  task.now.counters.minor_faults = 1;
  task.ignores_children = manners_ == Manners::kWild && Below(kOneIn) == 0;
  task.is_subreaper = manners_ == Manners::kWild && Below(kOneIn) == 0;
  ++done_.minor_faults;
  tasks_.emplace(last_pid_, std::move(task));
}

// For one child that has ended.
void SimulatedHost::Wait(Task& parent) {
  const auto child = std::ranges::find_if(tasks_, [&](const Tasks::value_type& each) {
    return each.second.now.parent == parent.now.key.pid && IsZombie(each.second.now);
  });
  if (child == tasks_.end()) return;
  const ProcessReading& from = child->second.now;
  ChildCounters& to = parent.now.children;
  to.cpu_user_seconds += from.counters.cpu_user_seconds + from.children.cpu_user_seconds;
  to.cpu_system_seconds += from.counters.cpu_system_seconds + from.children.cpu_system_seconds;
  to.minor_faults += from.counters.minor_faults + from.children.minor_faults;
  to.major_faults += from.counters.major_faults + from.children.major_faults;
  parent.now.counters.read_bytes += from.counters.read_bytes;
  parent.now.counters.write_bytes += from.counters.write_bytes;
  tasks_.erase(child);
}

void SimulatedHost::Exit(Task& task) {
  const pid_t pid = task.now.key.pid;
  if (pid == 1 || (manners_ == Manners::kWaitForAll && HasChildren(pid))) return;
  task.now.state = 'Z';
  const pid_t heir = HeirOf(task);
  std::vector<pid_t> orphans;
  for (auto& [child, each] : tasks_) {
    if (each.now.parent != pid) continue;
    each.now.parent = heir;
    orphans.push_back(child);
  }
  for (const pid_t orphan : orphans) EndUnlessAwaited(orphan);
  EndUnlessAwaited(pid);
}

// The nearest ancestor that is a subreaper, or pid 1.
pid_t SimulatedHost::HeirOf(const Task& task) const {
  for (pid_t pid = task.now.parent; pid > 1;) {
    const Task& ancestor = tasks_.at(pid);
    if (ancestor.is_subreaper && !IsZombie(ancestor.now)) return pid;
    pid = ancestor.now.parent;
  }
  return 1;
}

bool SimulatedHost::HasChildren(pid_t pid) const {
  return std::ranges::any_of(tasks_, [pid](const auto& e) { return e.second.now.parent == pid; });
}

// Of one whose parent ignores SIGCHLD nothing is left, and nobody learns what it did.
void SimulatedHost::EndUnlessAwaited(pid_t pid) {
  const auto task = tasks_.find(pid);
  if (IsZombie(task->second.now) && tasks_.at(task->second.now.parent).ignores_children) {
    tasks_.erase(task);
  }
}

// A process that has not run is not read again: it may have another parent by now.
Process SimulatedHost::RowOf(Task& task) {
  if (task.has_run || !task.read) task.read = std::make_shared<const ProcessReading>(task.now);
  task.has_run = false;
  Process row;
  row.reading = task.read;
  return row;
}

std::vector<Process> SimulatedHost::Read() {
  std::vector<Process> rows;
  for (auto& [pid, task] : tasks_) rows.push_back(RowOf(task));
  return rows;
}

std::vector<Process> SimulatedHost::ReadSlowly() {
  constexpr std::uint32_t kOneIn = 4;
  std::vector<pid_t> listed;
  for (const auto& [pid, task] : tasks_) listed.push_back(pid);
  std::vector<Process> rows;
  for (const pid_t pid : listed) {
    if (Below(kOneIn) == 0) Act(true);
    if (const auto task = tasks_.find(pid); task != tasks_.end())
      rows.push_back(RowOf(task->second));
  }
  return rows;
}

}  // namespace procmarshal::testing
