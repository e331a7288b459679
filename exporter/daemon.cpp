#include "exporter/daemon.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "collectors/procfs_source.h"
#include "exporter/web/listen_address.h"
#include "exporter/web/pages.h"

namespace procmarshal {
namespace {

// Readers get a snapshot that is at most this old.
constexpr std::chrono::seconds kMaxAge{1};

prometheus::Gauge& MakeGauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

Result<std::vector<ListenAddress>> ParseAddresses(const std::vector<std::string>& texts) {
  std::vector<ListenAddress> addresses;
  for (const std::string& text : texts) {
    auto address = ParseListenAddress(text);
    if (!address) return tl::unexpected(address.error());
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

}  // namespace

Config Daemon::Defaults() {
  Config config;
  for (const Registration* entry : Registration::All()) {
    config.collectors.emplace(entry->Name(), entry->OnByDefault());
  }
  return config;
}

Result<std::unique_ptr<Daemon>> Daemon::Start(const Config& config, const Environment& env,
                                              const Clock& clock) {
  auto source = OpenProcfsSource(env.proc, DefaultKeptFiles(), clock);
  if (!source) return tl::unexpected(source.error());
  auto table = ProcessTable::Open(env.proc);
  if (!table) return tl::unexpected(table.error());
  const auto addresses = ParseAddresses(config.web.listen);
  if (!addresses) return tl::unexpected(addresses.error());

  std::unique_ptr<Daemon> daemon(
      new Daemon(config, {env, clock, *std::move(source), *std::move(table)}));
  auto web = WebServer::Start(
      *addresses, [self = daemon.get()](const Request& request) { return self->Handle(request); });
  if (!web) return tl::unexpected(web.error());
  daemon->web_ = *std::move(web);
  daemon->ticker_ = std::make_unique<Ticker>(config.sampling_interval, [self = daemon.get()] {
    (void)self->sampler_.Sample(SampleKind::kScheduled);
  });
  return daemon;
}

Daemon::Daemon(Config config, Inputs inputs)
    : clock_(inputs.clock),
      env_(std::move(inputs.env)),
      config_(std::move(config)),
      started_(clock_.Boot()),
      registry_(std::make_shared<prometheus::Registry>()),
      reload_successful_(
          MakeGauge(*registry_, "procmarshal_config_last_reload_successful",
                    "Whether the last attempt to load the configuration succeeded.")),
      reload_time_(MakeGauge(*registry_, "procmarshal_config_last_reload_success_timestamp_seconds",
                             "When the configuration was last loaded, as Unix time.")),
      sampler_(std::move(inputs.source), std::move(inputs.table), clock_, *registry_),
      routes_(*registry_),
      interval_(config_.sampling_interval) {
  prometheus::BuildGauge()
      .Name("procmarshal_build_info")
      .Help("Which procmarshal this is.")
      .Register(*registry_)
      .Add({{"version", PROCMARSHAL_VERSION}, {"compiler", __VERSION__}})
      .Set(1);
  NoteReload(true);
  sampler_.Configure(MakePlan());
  sampler_.Add(registry_);
  AddRoutes();
}

Sampler::Plan Daemon::MakePlan() {
  Sampler::Plan plan;
  plan.top = config_.processes_top;
  for (const Registration* entry : Registration::All()) {
    const auto chosen = config_.collectors.find(entry->Name());
    if (chosen == config_.collectors.end() || !chosen->second) continue;
    auto& collector = collectors_[std::string(entry->Name())];
    if (!collector) collector = entry->Make(env_);
    plan.collectors.push_back({std::string(entry->Name()), collector});
  }
  return plan;
}

void Daemon::AddRoutes() {
  routes_.Get("/metrics", [this](const Request& request) {
    return ShowMetrics(request, sampler_.Get(kMaxAge).get(), page_);
  });
  routes_.Get("/",
              [this](const Request& /*request*/) { return ShowLanding(sampler_.Latest().get()); });
  routes_.Get("/-/ready",
              [this](const Request& /*request*/) { return ShowReady(sampler_.Latest().get()); });
  routes_.Get("/-/healthy", [this](const Request& /*request*/) {
    const SnapshotPtr latest = sampler_.Latest();
    const BootTime last = latest ? latest->taken : started_;
    return ShowHealthy(clock_.Boot() - last, interval_.load());
  });
}

void Daemon::Apply(const Config& config) {
  if (config.web.listen != config_.web.listen) {
    spdlog::warn("web.listen changed: this takes effect after a restart");
  }
  auto listen = std::move(config_.web.listen);
  config_ = config;
  config_.web.listen = std::move(listen);  // what is in force
  sampler_.Configure(MakePlan());
  interval_ = config.sampling_interval;
  ticker_->SetInterval(config.sampling_interval);
}

void Daemon::NoteReload(bool successful) {
  reload_successful_.Set(successful ? 1 : 0);
  if (successful) reload_time_.Set(Seconds(clock_.Wall().time_since_epoch()));
}

}  // namespace procmarshal
