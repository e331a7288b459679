#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "collectors/snapshot.h"

namespace procmarshal::testing {

// The snapshot's families, with what the page shows of processes as samples in them.
std::vector<prometheus::MetricFamily> Expand(const Snapshot& snapshot);

}  // namespace procmarshal::testing
