#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "exporter/web/refusal.h"

namespace procmarshal {

// The web server's own metrics. No label value comes from a client. Any thread may call it.
class WebMetrics {
 public:
  explicit WebMetrics(prometheus::Registry& registry);

  void Opened();
  void Closed();
  void Refused(RefusedFor reason);

  struct Answer {
    std::string path;  // one that is served, or "other"
    int code;
    std::chrono::nanoseconds
        duration;          // from the end of the request's header to that of the answer
    std::size_t received;  // bytes
    std::size_t sent;      // bytes
  };
  void Answered(const Answer& answer);

 private:
  prometheus::Gauge& open_;
  prometheus::Counter& opened_;
  std::array<prometheus::Counter*, kRefusedForCount> refused_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Counter& received_;
  prometheus::Counter& sent_;
};

}  // namespace procmarshal
