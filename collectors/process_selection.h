#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_set>
#include <vector>

#include "collectors/process.h"
#include "collectors/process_settings.h"

namespace procmarshal {

// Chooses the processes that are shown one by one: those that pass the filters, and of these the
// busiest and the largest, unless all are wanted. In each of the two lists, the upper half of the
// ranks is in, and who was in stays until it is clearly out: so that two processes at the border do
// not take turns, each time with new series.
class ProcessSelection {
 public:
  // Ascending by pid, no more than `most`. What it returns points into `processes`.
  [[nodiscard]] std::vector<const Process*> Choose(std::span<const Process> processes,
                                                   const ProcessSettings& settings,
                                                   std::size_t most);

  // How many processes `most` left out in the last call.
  [[nodiscard]] std::size_t LeftOut() const { return left_out_; }

 private:
  struct HashKey {
    std::size_t operator()(const ProcessKey& key) const {
      return std::hash<std::uint64_t>()((key.start_ticks * 4'194'304) +
                                        static_cast<std::uint64_t>(key.pid));
    }
  };
  using Keys = std::unordered_set<ProcessKey, HashKey>;
  using List = std::vector<const Process*>;
  using Rank = double (*)(const Process&);

  static List WithoutIdle(List all, Rank rank, const Keys& shown);
  static List Take(List all, std::size_t top, Rank rank, const Keys& shown);
  static void Remember(const List& list, Keys& shown);

  Keys busiest_;  // shown by the last call
  Keys largest_;
  std::size_t left_out_ = 0;
};

}  // namespace procmarshal
