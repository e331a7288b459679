#include "collectors/memory_reader.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace procmarshal {
namespace {

// So few that what is chosen is not out of date when its turn comes.
constexpr std::size_t kBatch = 16;

// A rest is looked at anew after this time: the share may have been changed.
constexpr std::chrono::duration<double> kLongestRest{1};

std::chrono::nanoseconds CpuTimeOfThisThread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

Result<std::unique_ptr<MemoryReader>> MemoryReader::Start(const PseudoFs& proc,
                                                          const Clock& clock) {
  auto directory = ProcDirectory::Open(proc);
  if (!directory) return tl::unexpected(directory.error());
  return std::unique_ptr<MemoryReader>(new MemoryReader(std::move(*directory), clock));
}

MemoryReader::MemoryReader(ProcDirectory directory, const Clock& clock)
    : clock_(clock),
      directory_(std::move(directory)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void MemoryReader::Configure(Options options) {
  const std::lock_guard lock(mutex_);
  options_ = options;
  plan_.UseSmaps(options.smaps);
}

void MemoryReader::Update(std::vector<Process>& rows) {
  {
    const std::lock_guard lock(mutex_);
    plan_.Update(rows);
    is_updated_ = true;
  }
  updated_.notify_one();
}

std::size_t MemoryReader::Denied() const {
  const std::lock_guard lock(mutex_);
  return plan_.Denied();
}

void MemoryReader::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (updated_.wait(lock, stop, [this] { return std::exchange(is_updated_, false); })) {
    ReadAllThatAreDue(lock, stop);
  }
}

void MemoryReader::ReadAllThatAreDue(std::unique_lock<std::mutex>& lock,
                                     const std::stop_token& stop) {
  while (true) {
    const auto batch = plan_.Choose(clock_.Boot(), kBatch);
    if (batch.empty()) return;
    for (const ProcessKey key : batch) {
      Rest(lock, stop);
      if (stop.stop_requested()) return;
      ReadOne(lock, key);
    }
  }
}

// Returns when the budget allows another reading, or at once when it is time to stop.
void MemoryReader::Rest(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto rest =
        budget_.Rest(clock_.Boot(), CpuTimeOfThisThread(), std::max(options_.cpu_share, 0.0));
    if (rest.count() <= 0) return;
    updated_.wait_for(lock, stop, std::min(rest, kLongestRest), [] { return false; });
  }
}

void MemoryReader::ReadOne(std::unique_lock<std::mutex>& lock, ProcessKey key) {
  const bool smaps = options_.smaps;
  lock.unlock();
  MemoryResult result;
  const auto begin = CpuTimeOfThisThread();
  result.outcome = ReadMemory(directory_, key, smaps, buffer_, result.reading);
  result.cost = CpuTimeOfThisThread() - begin;
  lock.lock();
  plan_.Record(key, clock_.Boot(), result);
}

}  // namespace procmarshal
