// packaging/procmarshal.toml explains every key: it must not fall behind the code.
#include <gtest/gtest.h>

#include <toml++/toml.h>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "exporter/config_files.h"
#include "exporter/config_keys.h"
#include "tests/support/source_tree.h"

namespace procmarshal {
namespace {

const std::string kFile = testing::SourceTree() / "packaging/procmarshal.toml";

Config Defaults() {
  Config config;
  for (const Registration* collector : Registration::All()) {
    config.collectors.emplace(collector->Name(), collector->OnByDefault());
  }
  return config;
}

TEST(ConfigFile, HasEveryKey) {
  const toml::table file = toml::parse_file(kFile);
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_TRUE(file.at_path(key.path)) << key.path << " is missing from the file";
  }
}

TEST(ConfigFile, HasTheDefaults) {
  const auto config = LoadConfig(kFile, Defaults());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(ToToml(*config), ToToml(Defaults()));
}

TEST(ConfigFile, SetsWhatItSays) {
  Config other = Defaults();
  other.sampling_interval *= 2;
  other.web.listen = {":1"};
  other.web.api_from = {"10.0.0.0/8"};
  other.web.allowed_hosts = {"node1"};
  other.web.limits = {.workers = 1,
                      .connections = 2,
                      .connections_per_address = 3,
                      .request_timeout = std::chrono::seconds(1),
                      .response_timeout = std::chrono::seconds(2),
                      .header_size = 1024,
                      .body_size = 0};
  other.web.tls = {.cert_file = "c",
                   .key_file = "k",
                   .client_auth_type = TlsSettings::ClientAuth::kRequireAndVerifyClientCert,
                   .client_ca_file = "ca",
                   .client_allowed_sans = {"san"},
                   .min_version = "TLS13",
                   .max_version = "TLS12",
                   .cipher_suites = {"TLS_A"},
                   .curve_preferences = {"X25519"}};
  for (const char* name : {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
                           "X-XSS-Protection", "Strict-Transport-Security"}) {
    other.web.headers.insert_or_assign(name, "other");
  }
  other.log_level = "trace";
  other.log_format = Config::LogFormat::kJson;
  other.processes = {.top = 1,
                     .all = true,
                     .threads = true,
                     .smaps = true,
                     .users = {"u"},
                     .names = {"n"},
                     .min_cpu_ratio = 1,
                     .min_memory_bytes = 1,
                     .group_ttl = std::chrono::hours(2),
                     .series_budget = 1000};
  other.textfile_directories = {"/d"};
  EXPECT_EQ(LoadConfig(kFile, other).value(), Defaults());
}

// The lines of the example, which stand further to the right than what explains them.
std::string ExampleOfGroups() {
  constexpr std::string_view kIndent = "#   ";
  std::ifstream file{kFile};
  std::string example;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "#   [[group]]") inside = true;
    if (inside && line.starts_with("# ") && !line.starts_with(kIndent)) break;
    if (inside) example += line.substr(std::min(line.size(), kIndent.size())) + '\n';
  }
  return example;
}

TEST(ConfigFile, HasAnExampleOfGroups) {
  const auto config = ParseConfig(ExampleOfGroups(), "example.toml", Defaults());
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->groups.size(), 3U);
  const auto matcher = GroupMatcher::Make(config->groups).value();
  EXPECT_EQ(matcher.Declared(), std::vector<std::string>{"web"});

  const auto group = [&matcher](const MatchSubject& subject) {
    const auto match = matcher.Find(subject);
    return match ? match->group : "no group";
  };
  MatchSubject jenkins;
  jenkins.comm = "java";
  jenkins.executable = "/usr/bin/java";
  jenkins.command_line = "/usr/bin/java -Xmx1g -jar /opt/jenkins.jar --port 1";
  jenkins.user = "jenkins";
  EXPECT_EQ(group(jenkins), "java jenkins");
  jenkins.user = "root";
  EXPECT_EQ(group(jenkins), "java");
}

}  // namespace
}  // namespace procmarshal
