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

}  // namespace

void ProcessSelection::Take(std::vector<const Process*>& all, std::size_t top, Rank rank,
                            std::vector<const Process*>& chosen) const {
  top = std::min(top, all.size());
  const std::size_t border = std::min(all.size(), top * kHalvesToStay / 2);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(border);
  std::ranges::partial_sort(all, end, Above(rank));
  // Those that were shown first, each kind by rank.
  std::stable_partition(all.begin(), end, [this](const Process* process) {
    return shown_.contains(process->reading->key);
  });
  chosen.insert(chosen.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(top));
}

std::vector<const Process*> ProcessSelection::Choose(std::span<const Process> processes,
                                                     const ProcessSettings& settings,
                                                     std::size_t most) {
  std::vector<const Process*> all;
  for (const Process& process : processes) {
    if (Passes(process, settings)) all.push_back(&process);
  }
  const std::size_t wanted = settings.all ? all.size() : settings.top;
  // Each of the two lists gets half of what there is room for.
  const std::size_t top = settings.all && all.size() <= most ? wanted : std::min(wanted, most / 2);

  std::vector<const Process*> chosen;
  Take(all, top, &Cpu, chosen);
  Take(all, top, &Memory, chosen);
  std::ranges::sort(chosen);  // by address: the rows ascend by pid
  const auto twice = std::ranges::unique(chosen);
  chosen.erase(twice.begin(), twice.end());
  left_out_ = std::min(wanted, all.size()) - std::min({wanted, all.size(), top});
  shown_.clear();
  for (const Process* process : chosen) shown_.insert(process->reading->key);
  return chosen;
}

}  // namespace procmarshal
