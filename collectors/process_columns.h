#pragma once

#include <prometheus/metric_type.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "collectors/family_writer.h"
#include "collectors/process.h"

namespace procmarshal {

// The labels that all series of a process have, in the order of the page. They point into the
// process and into this object.
class ProcessLabels {
 public:
  static constexpr std::size_t kCommon = 6;
  static constexpr std::size_t kMost = kCommon + 2;

  explicit ProcessLabels(const Process& process);
  ProcessLabels(const ProcessLabels&) = delete;
  ProcessLabels& operator=(const ProcessLabels&) = delete;

  // Labels of one series more than that, up to two, instead of those of the last call.
  void SetExtra(std::span<const LabelView> extra);

  [[nodiscard]] std::span<const LabelView> All() const { return {labels_.data(), count_}; }

 private:
  std::array<char, 12> pid_{};
  std::array<LabelView, kMost> labels_;
  std::size_t count_ = kCommon;
};

// The labels that only some series have: up to two, the unused ones without a name.
using ExtraLabels = std::array<LabelView, 2>;

// One series that a process may have: linux_process_*. Columns of one name are one family.
struct ProcessColumn {
  std::string_view name;
  std::string_view help;
  prometheus::MetricType type;
  // nullopt: this process has no such value. `argument` is the column's.
  std::optional<double> (*value)(const Process&, std::size_t argument);
  ExtraLabels (*extra)(const Process&, std::size_t argument) = nullptr;
  std::size_t argument = 0;

  // The labels of this column alone.
  [[nodiscard]] ExtraLabels Extra(const Process& process) const {
    return extra != nullptr ? extra(process, argument) : ExtraLabels{};
  }
};

// In the order of the page, those of one family side by side.
[[nodiscard]] std::span<const ProcessColumn> ProcessColumns();
// Those of that family; none if it is not one of processes.
[[nodiscard]] std::span<const ProcessColumn> ProcessColumnsOf(std::string_view family);

// Gives these families their place on the page, without samples.
void DeclareProcessFamilies(FamilyWriter& out);

}  // namespace procmarshal
