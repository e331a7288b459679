#include "collectors/process_selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace procmarshal {
namespace {

// Who is shown keeps its place up to this rank, in halves of the number of places: 3 is 1.5 times.
constexpr std::size_t kHalvesToStay = 3;

bool FitsOne(const std::vector<std::string>& patterns, const std::string& text) {
  if (patterns.empty()) return true;
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
  });
}

bool Passes(const Process& process, const ProcessSettings& settings) {
  if (settings.min_cpu_ratio > 0 && !(process.cpu_ratio >= settings.min_cpu_ratio)) return false;
  return process->resident_bytes >= settings.min_memory_bytes &&
         FitsOne(settings.users, process.info->user) && FitsOne(settings.names, process->name);
}

// Most processes are idle: among equals the choice must not change from sample to sample.
auto Above(double (*rank)(const Process&)) {
  return [rank](const Process* a, const Process* b) {
    const double first = rank(*a);
    const double second = rank(*b);
    return first != second ? first > second : a->reading->key < b->reading->key;
  };
}

double Cpu(const Process& process) {
  return std::fmax(process.cpu_ratio, 0);  // NaN counts as 0
}

double Memory(const Process& process) {
  return process.memory_ratio;
}

// Both lists, each process once.
std::vector<const Process*> Union(std::vector<const Process*> a,
                                  const std::vector<const Process*>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::ranges::sort(a);  // by address: the rows ascend by pid
  const auto twice = std::ranges::unique(a);
  a.erase(twice.begin(), twice.end());
  return a;
}

}  // namespace

// Who does nothing, as most kernel threads, is not among the busiest of a quiet host.
ProcessSelection::List ProcessSelection::WithoutIdle(List all, Rank rank, const Keys& shown) {
  std::erase_if(all, [&](const Process* process) {
    return !(rank(*process) > 0) && !shown.contains(process->reading->key);
  });
  return all;
}

// The first `top` by rank; in their lower half, those that are shown go before the others.
ProcessSelection::List ProcessSelection::Take(List all, std::size_t top, Rank rank,
                                              const Keys& shown) {
  top = std::min(top, all.size());
  const auto at = [&](std::size_t index) {
    return all.begin() + static_cast<std::ptrdiff_t>(std::min(index, all.size()));
  };
  const auto border = at(top * kHalvesToStay / 2);
  std::ranges::partial_sort(all, border, Above(rank));
  std::sort(at(top / 2), border, [&](const Process* a, const Process* b) {
    const bool is_shown = shown.contains(a->reading->key);
    return is_shown != shown.contains(b->reading->key) ? is_shown : Above(rank)(a, b);
  });
  return {all.begin(), at(top)};
}

void ProcessSelection::Remember(const List& list, Keys& shown) {
  shown.clear();
  for (const Process* process : list) shown.insert(process->reading->key);
}

std::vector<const Process*> ProcessSelection::Choose(std::span<const Process> processes,
                                                     const ProcessSettings& settings,
                                                     std::size_t most) {
  List all;
  for (const Process& process : processes) {
    if (Passes(process, settings)) all.push_back(&process);
  }
  left_out_ = 0;
  if (settings.all && all.size() <= most) return all;

  // Each of the two lists gets half of what there is room for.
  const std::size_t top = settings.all ? most / 2 : std::min(settings.top, most / 2);
  const List busy = settings.all ? all : WithoutIdle(all, &Cpu, busiest_);
  const List large = settings.all ? all : WithoutIdle(all, &Memory, largest_);
  const List busiest = Take(busy, top, &Cpu, busiest_);
  const List largest = Take(large, top, &Memory, largest_);
  List chosen = Union(busiest, largest);
  std::size_t wanted = all.size();
  if (!settings.all) {
    wanted = top == settings.top ? chosen.size()
                                 : Union(Take(busy, settings.top, &Cpu, busiest_),
                                         Take(large, settings.top, &Memory, largest_))
                                       .size();
  }
  left_out_ = wanted - std::min(wanted, chosen.size());
  Remember(busiest, busiest_);
  Remember(largest, largest_);
  return chosen;
}

}  // namespace procmarshal
