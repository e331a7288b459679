#pragma once

#include <prometheus/registry.h>

#include <limits>
#include <map>
#include <string>

namespace procmarshal::testing {

// The value of one counter or gauge, or the count of one histogram; NaN if there is none.
inline double ValueOf(const prometheus::Registry& registry, const std::string& name,
                      const std::map<std::string, std::string>& labels) {
  for (const auto& family : registry.Collect()) {
    if (family.name != name) continue;
    for (const auto& metric : family.metric) {
      std::map<std::string, std::string> found;
      for (const auto& label : metric.label) found[label.name] = label.value;
      if (found != labels) continue;
      return metric.counter.value + metric.gauge.value +
             static_cast<double>(metric.histogram.sample_count);
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace procmarshal::testing
