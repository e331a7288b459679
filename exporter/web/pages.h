#pragma once

#include <chrono>
#include <functional>

#include "base/clock.h"
#include "collectors/snapshot.h"
#include "exporter/web/http.h"
#include "exporter/web/metrics_page.h"

namespace procmarshal {

// The public pages: functions of a request and of what is handed to them.

// GET /metrics: the format by Accept, gzip by Accept-Encoding, collectors by the query, as
// ChooseCollectors reads it; 400 if that can't. 503 without a snapshot: none could be taken in
// time.
[[nodiscard]] Response ShowMetrics(const Request& request, const Snapshot* snapshot,
                                   MetricsPage& page);

// GET /: what this is and where to look. `snapshot` may be null: there is no sample yet.
[[nodiscard]] Response ShowLanding(const Snapshot* snapshot);

// GET /-/ready: 200 once there is something to serve.
[[nodiscard]] Response ShowReady(const Snapshot* snapshot);

// GET /-/healthy: 503 if the latest sample (or the start, before there is one) is older than three
// intervals and 10 seconds, because a collector hangs.
[[nodiscard]] Response ShowHealthy(BootClock::duration age, std::chrono::milliseconds interval);

}  // namespace procmarshal
