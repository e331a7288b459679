#include "exporter/config_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.h"

namespace procmarshal {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Pair;

// A directory with configuration files, removed again.
class Directory final {
 public:
  void Make(const fs::path& name) const { fs::create_directories(Path(name)); }
  void Write(const fs::path& name, std::string_view text) const { (void)folder_.Write(name, text); }
  [[nodiscard]] std::string Path(const fs::path& name) const { return folder_.Path(name); }

  [[nodiscard]] Result<Config> Load() const { return LoadConfig(Path("p.toml"), Config{}); }

  // The mistakes, with file names as seen from the directory.
  [[nodiscard]] std::string Mistakes() const {
    const auto config = Load();
    std::string text = config ? "none" : config.error().message;
    const std::string prefix = Path("");
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  procmarshal::testing::TemporaryFolder folder_;
};

TEST(ConfigFiles, ReadsTheFile) {
  const Directory directory;
  directory.Write("p.toml", "processes.top = 7");
  EXPECT_EQ(directory.Load().value().processes.top, 7U);
}

TEST(ConfigFiles, LaterPartsReplaceEarlierValues) {
  const Directory directory;
  directory.Write("p.toml",
                  "[log]\nlevel = \"warn\"\nformat = \"json\"\n[web]\nlisten = [\":1\", \":2\"]\n");
  directory.Write("conf.d/20-b.toml", "processes.top = 20");
  directory.Write("conf.d/10-a.toml",
                  "processes.top = 10\n[log]\nlevel = \"debug\"\n[web]\nlisten = \":3\"\n");

  const Config config = directory.Load().value();
  EXPECT_EQ(config.processes.top, 20U);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.log_format, Config::LogFormat::kJson);
  EXPECT_THAT(config.web.listen, ElementsAre(":3"));
}

TEST(ConfigFiles, PartsAddUsersAndReplaceThem) {
  const std::string hash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";
  const std::string other = "$2b$12" + hash.substr(6);
  const Directory directory;
  directory.Write("p.toml", "[web.basic_auth_users]\nalice = '" + hash + "'\nbob = '" + hash + "'");
  directory.Write("conf.d/10-a.toml", "web.basic_auth_users.bob = '" + other + "'");
  directory.Write("conf.d/20-b.toml", "web.basic_auth_users.carol = '" + other + "'");
  EXPECT_THAT(directory.Load().value().web.basic_auth_users,
              ElementsAre(Pair("alice", hash), Pair("bob", other), Pair("carol", other)));
}

TEST(ConfigFiles, PartsAddGroups) {
  const Directory directory;
  directory.Write("p.toml", "[[group]]\nname = 'a'\n[[group]]\nname = 'b'");
  directory.Write("conf.d/20-b.toml", "[[group]]\nname = 'd'");
  directory.Write("conf.d/10-a.toml", "[[group]]\nname = 'c'");
  const auto name = [](const std::string& text) { return Field(&GroupRule::name, text); };
  EXPECT_THAT(directory.Load().value().groups,
              ElementsAre(name("a"), name("b"), name("c"), name("d")));
}

TEST(ConfigFiles, APathBeginsInTheFolderOfItsOwnFile) {
  const Directory directory;
  directory.Write("p.toml", "web.tls_server_config.cert_file = 'a.pem'");
  directory.Write("conf.d/10-a.toml", "web.tls_server_config.key_file = 'keys/a.pem'");
  const TlsSettings tls = directory.Load().value().web.tls;
  EXPECT_EQ(tls.cert_file, directory.Path("a.pem"));
  EXPECT_EQ(tls.key_file, directory.Path("conf.d/keys/a.pem"));
}

TEST(ConfigFiles, LeavesOtherFilesAlone) {
  const Directory directory;
  directory.Write("p.toml", "");
  directory.Write("conf.d/readme.txt", "not TOML");
  directory.Write("conf.d/.hidden.toml", "not TOML");
  directory.Write("conf.d/x.toml~", "not TOML");
  EXPECT_EQ(directory.Load().value(), Config{});
}

TEST(ConfigFiles, NamesTheFileOfEachMistake) {
  const Directory directory;
  directory.Write("p.toml", "\nlog.level = \"loud\"\n");
  directory.Write("conf.d/10-x.toml", "\nsampling.interval = \"5 parsecs\"\n");
  EXPECT_EQ(directory.Mistakes(),
            "p.toml:2: log.level: \"loud\" does not fit, expected \"trace\", \"debug\", \"info\", "
            "\"warn\" or \"error\"\n"
            "conf.d/10-x.toml:2: sampling.interval: \"5 parsecs\" is not a duration, expected a "
            "number with a unit such as \"5s\" or \"500ms\"");
}

TEST(ConfigFiles, SaysWhatItCouldNotRead) {
  const Directory directory;
  EXPECT_EQ(directory.Mistakes(), "open p.toml: No such file or directory");
  EXPECT_EQ(directory.Load().error().code, ErrorCode::kNotFound);

  directory.Make("p.toml");
  EXPECT_EQ(directory.Mistakes(), "read p.toml: Is a directory");
}

TEST(ConfigFiles, RefusesAFileThatIsTooLarge) {
  const Directory directory;
  directory.Write("p.toml", std::string((4U << 20U) + 1, '\n'));
  EXPECT_EQ(directory.Mistakes(), "read p.toml: larger than 4 MiB");
}

TEST(ConfigFiles, SaysThatConfDIsNoDirectory) {
  const Directory directory;
  directory.Write("p.toml", "");
  directory.Write("conf.d", "");
  EXPECT_EQ(directory.Mistakes(), "list conf.d: Not a directory");
}

}  // namespace
}  // namespace procmarshal
