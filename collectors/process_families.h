#pragma once

#include <prometheus/metric_type.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/family_writer.h"
#include "collectors/group.h"
#include "collectors/process.h"

namespace procmarshal {

// One metric of a process: linux_process_*.
struct ProcessColumn {
  std::string_view name;
  std::string_view help;
  prometheus::MetricType type;
  std::optional<double> (*value)(const Process&);  // nullopt: this process has no such value
};
[[nodiscard]] std::span<const ProcessColumn> ProcessColumns();

// The labels of a process's series, in the order of the page. They point into the process and into
// this object.
class ProcessLabels {
 public:
  explicit ProcessLabels(const Process& process);
  ProcessLabels(const ProcessLabels&) = delete;
  ProcessLabels& operator=(const ProcessLabels&) = delete;

  [[nodiscard]] const std::array<LabelView, 6>& All() const { return labels_; }

 private:
  std::array<char, 12> pid_{};
  std::array<LabelView, 6> labels_;
};

// The `top` processes by CPU and the `top` ones by memory, ascending by pid, each once.
[[nodiscard]] std::vector<const Process*> TopProcesses(std::span<const Process> processes,
                                                       std::size_t top);

// linux_process_* of the processes given.
void WriteProcesses(std::span<const Process* const> processes, FamilyWriter& out);

// namedprocess_namegroup_*, with the names, labels and types of process-exporter.
void WriteGroups(std::span<const Group> groups, FamilyWriter& out);

}  // namespace procmarshal
