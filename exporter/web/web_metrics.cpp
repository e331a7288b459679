#include "exporter/web/web_metrics.h"

#include "base/clock.h"

namespace procmarshal {
namespace {

prometheus::Counter& MakeCounter(prometheus::Registry& registry, const char* name,
                                 const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

// Every reason from the start, so that the first refusal is an increase.
std::array<prometheus::Counter*, kRefusedForCount> MakeRefused(prometheus::Registry& registry) {
  auto& family = prometheus::BuildCounter()
                     .Name("procmarshal_http_refused_total")
                     .Help("Connections and requests turned away, by reason.")
                     .Register(registry);
  std::array<prometheus::Counter*, kRefusedForCount> counters{};
  for (std::size_t i = 0; i < counters.size(); ++i) {
    counters.at(i) = &family.Add({{"reason", std::string(Name(static_cast<RefusedFor>(i)))}});
  }
  return counters;
}

const prometheus::Histogram::BucketBoundaries& Bounds() {
  static const prometheus::Histogram::BucketBoundaries kBounds = {0.001, 0.005, 0.025, 0.1,
                                                                  0.5,   2.5,   10};
  return kBounds;
}

}  // namespace

WebMetrics::WebMetrics(prometheus::Registry& registry)
    : open_(prometheus::BuildGauge()
                .Name("procmarshal_http_connections")
                .Help("Connections that are open.")
                .Register(registry)
                .Add({})),
      opened_(MakeCounter(registry, "procmarshal_http_connections_total",
                          "Connections taken; those turned away at once are not among them.")),
      refused_(MakeRefused(registry)),
      requests_(prometheus::BuildCounter()
                    .Name("procmarshal_http_requests_total")
                    .Help("Requests answered, by path and HTTP status code.")
                    .Register(registry)),
      durations_(prometheus::BuildHistogram()
                     .Name("procmarshal_http_request_duration_seconds")
                     .Help("From the end of a request's header to the end of its answer, by path.")
                     .Register(registry)),
      received_(MakeCounter(registry, "procmarshal_http_received_bytes_total",
                            "Bytes of requests that were answered.")),
      sent_(MakeCounter(registry, "procmarshal_http_sent_bytes_total", "Bytes of answers.")) {}

void WebMetrics::Opened() {
  opened_.Increment();
  open_.Increment();
}

void WebMetrics::Closed() {
  open_.Decrement();
}

void WebMetrics::Refused(RefusedFor reason) {
  refused_.at(static_cast<std::size_t>(reason))->Increment();
}

void WebMetrics::Answered(const Answer& answer) {
  requests_.Add({{"path", answer.path}, {"code", std::to_string(answer.code)}}).Increment();
  durations_.Add({{"path", answer.path}}, Bounds()).Observe(Seconds(answer.duration));
  received_.Increment(static_cast<double>(answer.received));
  sent_.Increment(static_cast<double>(answer.sent));
}

}  // namespace procmarshal
