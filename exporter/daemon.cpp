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

// What the web server was started with.
void KeepUntilRestart(const WebSettings& in_force, WebSettings& wanted) {
  if (wanted.listen != in_force.listen || wanted.tls != in_force.tls ||
      wanted.limits != in_force.limits) {
    spdlog::warn(
        "web.listen, web.limits or web.tls_server_config changed: this takes effect after a "
        "restart");
  }
  wanted.listen = in_force.listen;
  wanted.tls = in_force.tls;
  wanted.limits = in_force.limits;
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
  if (auto root = env.root.List(""); !root) return tl::unexpected(root.error());
  auto source = OpenProcfsSource(env.proc, DefaultKeptFiles(), clock);
  if (!source) return tl::unexpected(source.error());
  auto table = ProcessTable::Open(env);
  if (!table) return tl::unexpected(table.error());
  auto memory = MemoryReader::Start(env.proc, clock);
  if (!memory) return tl::unexpected(memory.error());
  auto matcher = GroupMatcher::Make(config.groups);
  if (!matcher) return tl::unexpected(matcher.error());
  std::unique_ptr<Daemon> daemon(new Daemon(config, {.env = env,
                                                     .clock = clock,
                                                     .processes = {.source = *std::move(source),
                                                                   .table = *std::move(table),
                                                                   .memory = *std::move(memory)},
                                                     .matcher = *std::move(matcher)}));
  if (auto listening = daemon->Listen(); !listening) return tl::unexpected(listening.error());
  daemon->ticker_ = std::make_unique<Ticker>(config.sampling_interval, [self = daemon.get()] {
    self->NoteCertificate();
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
      matcher_(std::make_shared<const GroupMatcher>(std::move(inputs.matcher))),
      sampler_(std::move(inputs.processes), clock_, *registry_),
      web_metrics_(*registry_),
      site_(config_.web, clock_, web_metrics_),
      interval_(config_.sampling_interval) {
  prometheus::BuildGauge()
      .Name("procmarshal_build_info")
      .Help("Which procmarshal this is.")
      .Register(*registry_)
      .Add({{"version", PROCMARSHAL_VERSION}, {"compiler", __VERSION__}})
      .Set(1);
  NoteReload(true);
  UseTextfileDirectories();
  sampler_.Configure(MakePlan());
  sampler_.Add(registry_);
  AddRoutes();
}

Daemon::CertificateMetrics::CertificateMetrics(prometheus::Registry& registry)
    : expiry(MakeGauge(registry, "procmarshal_tls_certificate_expiry_timestamp_seconds",
                       "When the certificate that clients get expires, as Unix time.")),
      reload_successful(
          MakeGauge(registry, "procmarshal_tls_last_reload_successful",
                    "Whether the files of certificates and keys, as they are now, are in use.")) {}

Status Daemon::Listen() {
  auto addresses = ParseAddresses(config_.web.listen);
  if (!addresses) return tl::unexpected(addresses.error());
  if (config_.web.tls.IsOn()) {
    auto tls = TlsContext::Load(config_.web.tls, clock_);
    if (!tls) return tl::unexpected(tls.error());
    tls_ = *std::move(tls);
    certificate_metrics_.emplace(*registry_);
    NoteCertificate();
  }
  auto web = WebServer::Start(
      {.addresses = *std::move(addresses), .limits = config_.web.limits, .tls = tls_},
      [this](const Request& request) { return site_.Answer(request); }, clock_, web_metrics_);
  if (!web) return tl::unexpected(web.error());
  web_ = *std::move(web);
  return {};
}

// Where nobody connects, a certificate that has expired must show all the same.
void Daemon::NoteCertificate() {
  if (!tls_ || !certificate_metrics_) return;
  tls_->Refresh();
  certificate_metrics_->expiry.Set(Seconds(tls_->Expiry().time_since_epoch()));
  certificate_metrics_->reload_successful.Set(tls_->LastReadSucceeded() ? 1 : 0);
}

Sampler::Plan Daemon::MakePlan() {
  Sampler::Plan plan;
  plan.processes = config_.processes;
  plan.matcher = matcher_;
  for (const Registration* entry : Registration::All()) {
    const auto chosen = config_.collectors.find(entry->Name());
    if (chosen == config_.collectors.end() || !chosen->second) continue;
    auto& collector = collectors_[std::string(entry->Name())];
    if (!collector) collector = entry->Make(env_);
    plan.collectors.push_back({std::string(entry->Name()), collector});
  }
  return plan;
}

// The collector is made anew; the sampler keeps the former one until it has the next plan.
void Daemon::UseTextfileDirectories() {
  env_.textfile_directories.assign(config_.textfile_directories.begin(),
                                   config_.textfile_directories.end());
  collectors_.erase("textfile");
}

void Daemon::AddRoutes() {
  site_.Pages().Get("/metrics", [this](const Request& request) {
    return ShowMetrics(request, sampler_.Get(kMaxAge).get(), page_);
  });
  site_.Pages().Get(
      "/", [this](const Request& /*request*/) { return ShowLanding(sampler_.Latest().get()); });
  site_.Pages().Get("/-/ready", [this](const Request& /*request*/) {
    return ShowReady(sampler_.Latest().get());
  });
  site_.Pages().Get("/-/healthy", [this](const Request& /*request*/) {
    const SnapshotPtr latest = sampler_.Latest();
    const BootTime last = latest ? latest->taken : started_;
    return ShowHealthy(clock_.Boot() - last, interval_.load());
  });
}

void Daemon::Apply(const Config& config) {
  WebSettings web = config.web;
  KeepUntilRestart(config_.web, web);
  if (web != config_.web) site_.Configure(web);
  if (config.groups != config_.groups) {
    if (auto matcher = GroupMatcher::Make(config.groups)) {
      matcher_ = std::make_shared<const GroupMatcher>(*std::move(matcher));
    } else {
      spdlog::error("the groups stay as they were: {}", matcher.error().message);
    }
  }
  const bool other_directories = config.textfile_directories != config_.textfile_directories;
  config_ = config;
  config_.web = std::move(web);
  if (other_directories) UseTextfileDirectories();
  sampler_.Configure(MakePlan());
  interval_ = config.sampling_interval;
  ticker_->SetInterval(config.sampling_interval);
}

void Daemon::NoteReload(bool successful) {
  reload_successful_.Set(successful ? 1 : 0);
  if (successful) reload_time_.Set(Seconds(clock_.Wall().time_since_epoch()));
}

}  // namespace procmarshal
