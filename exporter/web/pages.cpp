#include "exporter/web/pages.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "collectors/snapshot_text.h"
#include "exporter/web/collector_choice.h"
#include "exporter/web/gzip.h"
#include "exporter/web/negotiate.h"

namespace procmarshal {
namespace {

constexpr const char* kLanding = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>procmarshal</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; }}
dt {{ font-weight: 600; margin-top: 0.8rem; }}
dd {{ margin: 0; }}
</style>
</head>
<body>
<h1>procmarshal</h1>
<p>Version {}. Watches the processes of this host for Prometheus. {}</p>
<dl>
<dt><a href="/metrics">/metrics</a></dt>
<dd>Metrics of process groups, of the busiest and largest processes, and of the system. Point
Prometheus here.</dd>
<dt><a href="/-/healthy">/-/healthy</a></dt>
<dd>200 while samples are taken on time.</dd>
<dt><a href="/-/ready">/-/ready</a></dt>
<dd>200 once there is a first sample.</dd>
</dl>
</body>
</html>
)";

// Made for one client, unlike the whole page.
MetricsPage::Bytes EncodePart(const Snapshot& snapshot, const CollectorNames& only,
                              TextFormat format, bool gzip) {
  std::string text;
  EncodeSnapshot(snapshot, format, text, &only);
  return std::make_shared<const std::string>(gzip ? Gzip(text) : std::move(text));
}

}  // namespace

Response ShowMetrics(const Request& request, const Snapshot* snapshot, MetricsPage& page) {
  if (snapshot == nullptr) {
    return Response::Text(503, "No sample could be taken in time: a collector hangs.\n");
  }
  const auto choice = ChooseCollectors(request.query, *snapshot);
  if (!choice) return Response::Text(400, "Refused: " + choice.error().message + "\n");
  const TextFormat format = NegotiateFormat(request.Header("Accept"));
  const bool gzip = AcceptsGzip(request.Header("Accept-Encoding"));
  Response response;
  response.content_type = ContentType(format);
  const std::optional<CollectorNames>& only = *choice;
  response.body =
      only ? EncodePart(*snapshot, *only, format, gzip) : page.Get(*snapshot, format, gzip);
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

Response ShowLanding(const Snapshot* snapshot) {
  const std::string state = snapshot == nullptr
                                ? "The first sample is being taken."
                                : fmt::format("The last sample shows {} processes in {} groups.",
                                              snapshot->processes.size(), snapshot->groups.size());
  Response response = Response::Text(200, fmt::format(kLanding, PROCMARSHAL_VERSION, state));
  response.content_type = "text/html; charset=utf-8";
  return response;
}

Response ShowReady(const Snapshot* snapshot) {
  if (snapshot == nullptr) return Response::Text(503, "Not ready: no sample yet.\n");
  return Response::Text(200, "Ready.\n");
}

Response ShowHealthy(BootClock::duration age, std::chrono::milliseconds interval) {
  if (age <= 3 * interval + std::chrono::seconds(10)) return Response::Text(200, "Healthy.\n");
  return Response::Text(
      503,
      fmt::format("Not healthy: no sample for {:.0f} seconds. A collector hangs.\n", Seconds(age)));
}

}  // namespace procmarshal
