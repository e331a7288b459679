#include "exporter/config_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace procmarshal {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

// A directory that is removed again, with files in it.
class ConfigFiles : public testing::Test {
 protected:
  ConfigFiles() {
    std::string path = testing::TempDir() + "procmarshal_XXXXXX";
    root_ = ::mkdtemp(path.data()) == nullptr ? "" : path;
    EXPECT_NE(root_, "");
  }
  ~ConfigFiles() override { fs::remove_all(root_); }

  void Write(const fs::path& name, std::string_view text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  [[nodiscard]] Result<Config> Load() const { return LoadConfig(root_ / "p.toml", Config{}); }

  // The mistakes, with file names as seen from the directory.
  [[nodiscard]] std::string Mistakes() const {
    const auto config = Load();
    std::string text = config ? "none" : config.error().message;
    const std::string prefix = root_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  fs::path root_;
};

TEST_F(ConfigFiles, ReadsTheFile) {
  Write("p.toml", "processes.top = 7");
  EXPECT_EQ(Load().value().processes_top, 7U);
}

TEST_F(ConfigFiles, LaterPartsReplaceEarlierValues) {
  Write("p.toml", "[log]\nlevel = \"warn\"\nformat = \"json\"\n[web]\nlisten = [\":1\", \":2\"]\n");
  Write("conf.d/20-b.toml", "processes.top = 20");
  Write("conf.d/10-a.toml",
        "processes.top = 10\n[log]\nlevel = \"debug\"\n[web]\nlisten = \":3\"\n");

  const Config config = Load().value();
  EXPECT_EQ(config.processes_top, 20U);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.log_format, Config::LogFormat::kJson);
  EXPECT_THAT(config.web_listen, ElementsAre(":3"));
}

TEST_F(ConfigFiles, LeavesOtherFilesAlone) {
  Write("p.toml", "");
  Write("conf.d/readme.txt", "not TOML");
  Write("conf.d/.hidden.toml", "not TOML");
  Write("conf.d/x.toml~", "not TOML");
  EXPECT_EQ(Load().value(), Config{});
}

TEST_F(ConfigFiles, NamesTheFileOfEachMistake) {
  Write("p.toml", "\nlog.level = \"loud\"\n");
  Write("conf.d/10-x.toml", "\nsampling.interval = \"5 parsecs\"\n");
  EXPECT_EQ(Mistakes(),
            "p.toml:2: log.level: \"loud\" does not fit, expected \"trace\", \"debug\", \"info\", "
            "\"warn\" or \"error\"\n"
            "conf.d/10-x.toml:2: sampling.interval: \"5 parsecs\" is not a duration, expected a "
            "number with a unit such as \"5s\" or \"500ms\"");
}

TEST_F(ConfigFiles, SaysWhatItCouldNotRead) {
  EXPECT_EQ(Mistakes(), "open p.toml: No such file or directory");
  EXPECT_EQ(Load().error().code, ErrorCode::kNotFound);

  fs::create_directory(root_ / "p.toml");
  EXPECT_EQ(Mistakes(), "read p.toml: Is a directory");
}

TEST_F(ConfigFiles, RefusesAFileThatIsTooLarge) {
  Write("p.toml", std::string((4U << 20U) + 1, '\n'));
  EXPECT_EQ(Mistakes(), "read p.toml: larger than 4 MiB");
}

TEST_F(ConfigFiles, SaysThatConfDIsNoDirectory) {
  Write("p.toml", "");
  Write("conf.d", "");
  EXPECT_EQ(Mistakes(), "list conf.d: Not a directory");
}

}  // namespace
}  // namespace procmarshal
