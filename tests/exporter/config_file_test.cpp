// packaging/procmarshal.toml explains every key: it must not fall behind the code.
#include <gtest/gtest.h>

#include <toml++/toml.h>
#include <string>
#include <string_view>

#include "collectors/collector.h"
#include "exporter/config_files.h"
#include "exporter/config_keys.h"

namespace procmarshal {
namespace {

constexpr std::string_view kFile = SOURCE_DIR "/packaging/procmarshal.toml";

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
  other.web_listen = {":1"};
  other.log_level = "trace";
  other.log_format = Config::LogFormat::kJson;
  other.processes_top += 1;
  EXPECT_EQ(LoadConfig(kFile, other).value(), Defaults());
}

}  // namespace
}  // namespace procmarshal
