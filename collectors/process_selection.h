#pragma once

#include <cstddef>
#include <span>
#include <unordered_set>
#include <vector>

#include "collectors/process.h"
#include "collectors/process_settings.h"

namespace procmarshal {

// Chooses the processes that are shown one by one: those that pass the filters, and of these the
// busiest and the largest, unless all are wanted. Who is shown stays until it is clearly out: so
// that two processes at the border do not take turns, each time with new series.
class ProcessSelection {
 public:
  // Ascending by pid, no more than `most`. What it returns points into `processes`.
  [[nodiscard]] std::vector<const Process*> Choose(std::span<const Process> processes,
                                                   const ProcessSettings& settings,
                                                   std::size_t most);

  // How many processes `most` left out in the last call.
  [[nodiscard]] std::size_t LeftOut() const { return left_out_; }

 private:
  using Rank = double (*)(const Process&);
  void Take(std::vector<const Process*>& all, std::size_t top, Rank rank,
            std::vector<const Process*>& chosen) const;

  struct HashKey {
    std::size_t operator()(const ProcessKey& key) const {
      return std::hash<std::uint64_t>()(key.start_ticks * 4'194'304 +
                                        static_cast<std::uint64_t>(key.pid));
    }
  };
  std::unordered_set<ProcessKey, HashKey> shown_;
  std::size_t left_out_ = 0;
};

}  // namespace procmarshal
