#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collectors/sampler.h"
#include "exporter/config.h"
#include "exporter/ticker.h"
#include "exporter/web/metrics_page.h"
#include "exporter/web/site.h"
#include "exporter/web/tls.h"
#include "exporter/web/web_metrics.h"
#include "exporter/web/web_server.h"

namespace procmarshal {

// The running program: samples the host by its timetable and serves what it finds. One thread calls
// it.
class Daemon {
 public:
  // The built-in defaults, with every collector that this program has.
  [[nodiscard]] static Config Defaults();

  // Starts sampling and listening. `env` says where the kernel's files are; `clock` must outlive
  // the daemon.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> Start(const Config& config,
                                                             const Environment& env,
                                                             const Clock& clock);

  // Puts another configuration in force. What only a restart can change is logged.
  void Apply(const Config& config);

  // Notes the outcome of a reload in the metrics: Prometheus' own names for it.
  void NoteReload(bool successful);

  // "HOST:PORT" of each listener.
  [[nodiscard]] std::vector<std::string> Addresses() const { return web_->Addresses(); }

 private:
  struct Inputs {
    Environment env;
    const Clock& clock;
    Sampler::Inputs processes;
    GroupMatcher matcher;
  };
  Daemon(Config config, Inputs inputs);

  // Only where there is TLS.
  struct CertificateMetrics {
    explicit CertificateMetrics(prometheus::Registry& registry);
    prometheus::Gauge& expiry;
    prometheus::Gauge& reload_successful;
  };

  [[nodiscard]] Sampler::Plan MakePlan();
  void UseTextfileDirectories();
  [[nodiscard]] Status Listen();
  void NoteCertificate();
  void AddRoutes();

  const Clock& clock_;
  Environment env_;
  Config config_;
  const BootTime started_;
  std::map<std::string, std::shared_ptr<Collector>, std::less<>> collectors_;  // each made once
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Gauge& reload_successful_;
  prometheus::Gauge& reload_time_;
  std::shared_ptr<TlsContext> tls_;  // null: plain HTTP
  std::optional<CertificateMetrics> certificate_metrics_;
  std::shared_ptr<const GroupMatcher> matcher_;
  Sampler sampler_;
  MetricsPage page_;
  WebMetrics web_metrics_;
  Site site_;
  std::atomic<std::chrono::milliseconds> interval_;
  // Threads, in the order in which they may not go: the web server reads the sampler.
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<WebServer> web_;
};

}  // namespace procmarshal
