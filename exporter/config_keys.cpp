#include "exporter/config_keys.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "exporter/web/tls_names.h"

namespace procmarshal {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMostConnections = 65'536;
constexpr std::size_t kTiB = kKiB * kKiB * kKiB * kKiB;
constexpr hours kYear{8760};

constexpr std::array<std::string_view, 5> kLogLevels = {"trace", "debug", "info", "warn", "error"};
// In the order of Config::LogFormat.
constexpr std::array<std::string_view, 2> kLogFormats = {"logfmt", "json"};
constexpr ConfigKey Header(std::string_view path, std::string_view doc, TextCheck check,
                           std::string_view example) {
  return {path, doc, HeaderField{path.substr(path.rfind('.') + 1), check, example}};
}

constexpr auto kKeys = std::to_array<ConfigKey>({
    {"sampling.interval", "How often every process is read.",
     DurationField{[](Config& c) -> auto& { return c.sampling_interval; }, milliseconds(100),
                   hours(1)}},

    {"web.listen", "Where /metrics is served, HOST:PORT or unix:PATH each.",
     ListField{[](Config& c) -> auto& { return c.web.listen; }, &CheckListenAddress, "0.0.0.0:9256",
               false}},
    {"web.api_from", "Networks that may use the page and the API, beside this host.",
     ListField{[](Config& c) -> auto& { return c.web.api_from; }, &CheckNetwork, "10.0.0.0/8"}},
    {"web.allowed_hosts", "Names under which the page and the API answer, beside this host's own.",
     ListField{[](Config& c) -> auto& { return c.web.allowed_hosts; }, &CheckHost,
               "node1.example.org"}},

    {"web.limits.workers", "How many requests are answered at a time.",
     IntegerField{[](Config& c) -> auto& { return c.web.limits.workers; }, 1, 1024}},
    {"web.limits.connections", "How many connections may be open.",
     IntegerField{[](Config& c) -> auto& { return c.web.limits.connections; }, 1,
                  kMostConnections}},
    {"web.limits.connections_per_address", "How many of them one client may have.",
     IntegerField{[](Config& c) -> auto& { return c.web.limits.connections_per_address; }, 1,
                  kMostConnections}},
    {"web.limits.request_timeout", "How long a client may take to ask.",
     DurationField{[](Config& c) -> auto& { return c.web.limits.request_timeout; },
                   milliseconds(100), minutes(5)}},
    {"web.limits.response_timeout", "How long an answer may take to reach the client.",
     DurationField{[](Config& c) -> auto& { return c.web.limits.response_timeout; },
                   milliseconds(100), hours(1)}},
    {"web.limits.header_size", "How large the header of a request may be.",
     SizeField{[](Config& c) -> auto& { return c.web.limits.header_size; }, kKiB, kKiB* kKiB}},
    {"web.limits.body_size", "How large the body of a request may be.",
     SizeField{[](Config& c) -> auto& { return c.web.limits.body_size; }, 0, kKiB* kKiB}},

    {"web.tls_server_config.cert_file", "The certificate. TLS is on when there is one.",
     PathField{[](Config& c) -> auto& { return c.web.tls.cert_file; }}},
    {"web.tls_server_config.key_file", "Its private key.",
     PathField{[](Config& c) -> auto& { return c.web.tls.key_file; }}},
    {"web.tls_server_config.client_auth_type", "Whether clients need certificates.",
     EnumField<TlsSettings::ClientAuth>{
         [](Config& c) -> auto& { return c.web.tls.client_auth_type; }, kClientAuthNames}},
    {"web.tls_server_config.client_ca_file", "Who signs the certificates of clients.",
     PathField{[](Config& c) -> auto& { return c.web.tls.client_ca_file; }}},
    {"web.tls_server_config.client_allowed_sans", "Whose certificates are taken; empty: all.",
     ListField{[](Config& c) -> auto& { return c.web.tls.client_allowed_sans; }, &CheckSubjectName,
               "prometheus.example.org"}},
    {"web.tls_server_config.min_version", "The oldest TLS that is spoken.",
     TextField{[](Config& c) -> auto& { return c.web.tls.min_version; }, &CheckTlsVersion,
               "TLS12"}},
    {"web.tls_server_config.max_version", "The newest TLS that is spoken.",
     TextField{[](Config& c) -> auto& { return c.web.tls.max_version; }, &CheckTlsVersion,
               "TLS13"}},
    {"web.tls_server_config.cipher_suites", "Ciphers for TLS 1.2; empty: OpenSSL's choice.",
     ListField{[](Config& c) -> auto& { return c.web.tls.cipher_suites; }, &CheckCipherSuite,
               "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}},
    {"web.tls_server_config.curve_preferences", "Curves, the best first; empty: OpenSSL's choice.",
     ListField{[](Config& c) -> auto& { return c.web.tls.curve_preferences; }, &CheckCurve,
               "X25519"}},

    Header("web.http_server_config.headers.Content-Security-Policy",
           "What pages may load; empty: not sent.", &CheckHeader, "default-src 'self'"),
    Header("web.http_server_config.headers.X-Frame-Options",
           "Who may put pages into a frame; empty: not sent.", &CheckFrameOptions, "deny"),
    Header("web.http_server_config.headers.X-Content-Type-Options",
           "Whether browsers may guess types; empty: not sent.", &CheckContentTypeOptions,
           "nosniff"),
    Header("web.http_server_config.headers.X-XSS-Protection",
           "A filter of old browsers; empty: not sent.", &CheckHeader, "0"),
    Header("web.http_server_config.headers.Strict-Transport-Security",
           "For how long browsers insist on TLS; empty: not sent.", &CheckHeader,
           "max-age=31536000"),

    {"log.level", "The least important lines that are written.",
     NameField{[](Config& c) -> auto& { return c.log_level; }, kLogLevels}},
    {"log.format", "How a line is written.",
     EnumField<Config::LogFormat>{[](Config& c) -> auto& { return c.log_format; }, kLogFormats}},

    {"processes.top", "How many processes /metrics shows one by one.",
     IntegerField{[](Config& c) -> auto& { return c.processes.top; }, 0, 10'000}},
    {"processes.all", "Whether it shows every process.",
     BoolField{[](Config& c) -> auto& { return c.processes.all; }}},
    {"processes.users", "Of which users it shows processes one by one; empty: of all.",
     ListField{[](Config& c) -> auto& { return c.processes.users; }, &CheckPattern, "www-*"}},
    {"processes.names", "Of which names it shows processes one by one; empty: of all.",
     ListField{[](Config& c) -> auto& { return c.processes.names; }, &CheckPattern, "nginx*"}},
    {"processes.min_cpu", "How much of a core a process must use to be shown.",
     PercentField{[](Config& c) -> auto& { return c.processes.min_cpu_ratio; }, 0, 1000}},
    {"processes.min_memory", "How much memory it must have.",
     SizeField{[](Config& c) -> auto& { return c.processes.min_memory_bytes; }, 0, kKiB* kTiB}},
    {"processes.threads", "Whether the files of threads are read too.",
     BoolField{[](Config& c) -> auto& { return c.processes.threads; }}},
    {"processes.smaps", "Whether memory is also counted in proportional shares.",
     BoolField{[](Config& c) -> auto& { return c.processes.smaps; }}},
    {"processes.group_ttl", "How long a group without processes stays; 0s: for ever.",
     DurationField{[](Config& c) -> auto& { return c.processes.group_ttl; }, milliseconds(0),
                   kYear}},

    {"textfile.directories", "Where *.prom files with metrics of other programs are.",
     ListField{[](Config& c) -> auto& { return c.textfile_directories; }, &CheckAbsolutePath,
               "/var/lib/prometheus/node-exporter"}},

    {"budget.series", "How many series /metrics has at most.",
     IntegerField{[](Config& c) -> auto& { return c.processes.series_budget; }, 1000, 1'000'000}},
});

// Whether `inner` is `outer`, or in it.
bool IsWithin(std::string_view inner, std::string_view outer) {
  if (!inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || inner[outer.size()] == '.';
}

}  // namespace

std::span<const ConfigKey> ConfigKeys() {
  return kKeys;
}

bool IsConfigSection(std::string_view path) {
  return path == kCollectorsSection || IsWithin(kUsersSection, path) ||
         std::ranges::any_of(
             kKeys, [path](const ConfigKey& key) { return IsWithin(key.Section(), path); });
}

std::optional<ConfigField> FindConfigField(std::string_view section, std::string_view name,
                                           const Config& config) {
  for (const ConfigKey& key : kKeys) {
    if (key.Section() == section && key.Name() == name) return key.field;
  }
  if (section == kUsersSection) return UserField{name};
  if (section != kCollectorsSection) return std::nullopt;

  const auto collector = config.collectors.find(name);
  if (collector == config.collectors.end()) return std::nullopt;
  return CollectorField{collector->first};
}

}  // namespace procmarshal
