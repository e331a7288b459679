// What collectors make of garbage: each file of a host in turn is damaged, and all collectors run.

#include <fmt/format.h>

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/parse.h"
#include "tests/support/collect.h"
#include "tests/support/made_up_host.h"

namespace procmarshal::testing {
namespace {

struct Outcome {
  Status status;
  std::map<std::string, double> series;  // by name and labels
};

bool IsName(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::ranges::all_of(name,
                             [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

// What these start tells of this host, and changes from one pass to the next.
constexpr std::array<std::string_view, 8> kUnsteady = {"node_filesystem_avail",
                                                       "node_filesystem_files",
                                                       "node_filesystem_free",
                                                       "node_filesystem_size",
                                                       "node_tcp_connection",
                                                       "node_time_seconds",
                                                       "node_timex",
                                                       "process_"};

bool IsSteady(std::string_view name) {
  return std::ranges::none_of(kUnsteady,
                              [&](std::string_view start) { return name.starts_with(start); });
}

// The lines of Print(): "name{label="value"} number".
std::map<std::string, double> Series(const std::vector<prometheus::MetricFamily>& families) {
  std::map<std::string, double> series;
  for (const auto& family : families) EXPECT_TRUE(IsName(family.name)) << family.name;
  const std::string text = Print(families);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = TakeUntil(rest, '\n');
    const auto space = line.rfind(' ');
    if (!IsSteady(line)) continue;
    series[std::string(line.substr(0, space))] =
        ParseNumber<double>(line.substr(space + 1)).value_or(std::nan(""));
  }
  return series;
}

Outcome Pass(const Registration& collector, const Environment& host) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  Outcome outcome{.status = collector.Make(host)->Collect(out), .series = {}};
  out.Finish();
  EXPECT_EQ(out.TakeConflict(), "");
  outcome.series = Series(families);
  return outcome;
}

bool IsWordChar(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_' || c == '.';
}

// "17", "0.5", "0x1f", "00c0ffee".
bool IsNumber(std::string_view word) {
  return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0 &&
         word.find_first_not_of("0123456789abcdefABCDEFx.") == std::string_view::npos;
}

std::string WithoutNumbers(std::string_view text, std::string_view replacement) {
  std::string result;
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, &IsWordChar) - text.begin();
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end));
    result += IsNumber(word) ? replacement : word;
    text.remove_prefix(word.size());
    if (text.empty()) break;
    result += text.front();
    text.remove_prefix(1);
  }
  return result;
}

struct Damage {
  const char* name;
  std::string (*apply)(const std::string& content);
};

constexpr std::array<Damage, 6> kDamages = {{
    {"Empty", [](const std::string&) { return std::string(); }},
    {"Cut", [](const std::string& content) { return content.substr(0, content.size() / 2); }},
    {"Letters", [](const std::string& content) { return WithoutNumbers(content, "x"); }},
    {"NotANumber", [](const std::string& content) { return WithoutNumbers(content, "nan"); }},
    {"LongLine",
     [](const std::string& content) {
       return content.substr(0, content.find_first_of(" \n")) + " " + std::string(1 << 20, 'z');
     }},
    {"Nul",
     [](const std::string& content) {
       return content.substr(0, content.size() / 2) + std::string(1, '\0') + content;
     }},
}};

// What may hold anything, or nothing.
struct Optional {
  const char* files;  // a regular expression, for all of the path
  const char* reason;
};

constexpr std::array<Optional, 6> kOptional = {{
    {"etc/os-release|run/udev/data/.*", "lines that are not understood are of others"},
    {"sys/class/net/.*/(address|broadcast|duplex|ifalias|operstate)|.*/bonding_masters|"
     ".*/bonding/slaves|.*/mii_status|sys/class/nvme/nvme0/[a-z_]+|.*/ana_state|.*/"
     "ch0_dimm_label|.*/clocksource0/.*|"
     ".*/scaling_(available_governors|governor)|sys/class/thermal/.*/type",
     "text"},
    {"sys/class/power_supply/.*/(capacity_level|health|manufacturer|model_name|serial_number|"
     "status|technology|type)",
     "text"},
    {"sys/block/.*/queue/rotational", "a label as the kernel gives it"},
    {"sys/class/hwmon/.*|sys/devices/platform/.*", "sensors have files of words, too"},
    {".*/power1_accuracy|proc/1/mounts|proc/.*/task/.*|sys/class/thermal/.*/policy|"
     ".*/(related_cpus|scaling_driver|scaling_setspeed)|sys/fs/cgroup/cgroup.controllers",
     "node_exporter reads it, or it is enough that it is there"},
}};

// It asks systemd, which is on no host made of files.
constexpr std::string_view kNotOfFiles = "systemd";

// A host, and all collectors that have something to read there.
class Host {
 public:
  Host() : files_(WriteHost(tree_, "server")) {
    for (const Registration* collector : Registration::All()) {
      Outcome outcome = Pass(*collector, HostOf(tree_));
      if (outcome.status) good_.emplace(collector, std::move(outcome));
    }
  }

  // One of each kind: of "cpu0", "cpu1", ... the first.
  [[nodiscard]] std::vector<File> Files() const {
    std::set<std::string> kinds;
    std::vector<File> files;
    for (const File& file : files_) {
      std::string kind = file.path;
      std::ranges::replace_if(kind, [](unsigned char c) { return std::isdigit(c) != 0; }, '#');
      if (kinds.insert(kind).second) files.push_back(file);
    }
    return files;
  }

  // Runs all collectors while `file` holds something else, and hands each outcome, beside that of
  // the host as it was, to `check`.
  template <typename Check>
  void With(const File& file, std::string_view content, Check&& check) const {
    tree_.Write(file.path, content);
    for (const auto& [collector, good] : good_) {
      SCOPED_TRACE(fmt::format("{}, {}", file.path, collector->Name()));
      check(Pass(*collector, HostOf(tree_)), good);
    }
    tree_.Write(file.path, file.content);
  }

 private:
  ProcTree tree_;
  std::vector<File> files_;
  std::map<const Registration*, Outcome> good_;
};

// Of a collector that worked before the file was damaged.
void CheckMessage(const Error& error, std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  EXPECT_NE(error.message.find(name), std::string::npos) << error.message;
  EXPECT_LE(error.message.size(), 400U) << error.message;
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  EXPECT_EQ(error.code, ErrorCode::kInvalid) << error.message;
}

void ExpectNumbers(const Outcome& bad, const Outcome& good) {
  for (const auto& [name, value] : bad.series) {
    const auto known = good.series.find(name);
    const bool may_be_nan = known == good.series.end() || std::isnan(known->second);
    EXPECT_TRUE(may_be_nan || !std::isnan(value)) << name;
  }
}

void ExpectNoOtherNumbers(const Outcome& bad, const Outcome& good) {
  for (const auto& [name, value] : bad.series) {
    const auto known = good.series.find(name);
    if (known == good.series.end()) continue;
    EXPECT_EQ(value, known->second) << name;
  }
}

class BadFiles : public ::testing::TestWithParam<Damage> {};

TEST_P(BadFiles, FailNoCollectorButThoseThatNameThem) {
  const Host host;
  for (const File& file : host.Files()) {
    host.With(file, GetParam().apply(file.content), [&](const Outcome& bad, const Outcome& good) {
      if (!bad.status) CheckMessage(bad.status.error(), file.path);
      ExpectNumbers(bad, good);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(All, BadFiles, ::testing::ValuesIn(kDamages),
                         [](const auto& damage) { return std::string(damage.param.name); });

// As a table that was cut within its last number, which looks like another one. A file of one value
// in /sys is no table: some drivers write no end of the line.
TEST(FilesCutInANumber, MakeNoOtherNumbers) {
  const Host host;
  int cut = 0;
  for (const File& file : host.Files()) {
    if (!RE2::FullMatch(file.path, R"(proc/.*|sys/fs/cgroup/.*|.*/node\d+/(meminfo|numastat))") ||
        !RE2::PartialMatch(file.content, R"(\d\d\n\z)")) {
      continue;
    }
    ++cut;
    host.With(file, file.content.substr(0, file.content.size() - 2), &ExpectNoOtherNumbers);
  }
  EXPECT_GE(cut, 15);
}

TEST(FilesWithLettersForNumbers, MakeNoOtherNumbers) {
  const Host host;
  for (const File& file : host.Files()) {
    host.With(file, WithoutNumbers(file.content, "x"), &ExpectNoOtherNumbers);
  }
}

TEST(FilesWithLettersForNumbers, FailACollectorUnlessTheyMayHoldAnything) {
  const Host host;
  std::set<std::string> met;
  for (const File& file : host.Files()) {
    bool has_failed = false;
    host.With(file, WithoutNumbers(file.content, "x"),
              [&](const Outcome& bad, const Outcome& /*good*/) {
                has_failed = has_failed || !bad.status;
              });
    const auto optional = std::ranges::find_if(
        kOptional, [&](const Optional& each) { return RE2::FullMatch(file.path, each.files); });
    if (optional != kOptional.end()) met.insert(optional->files);
    EXPECT_NE(has_failed, optional != kOptional.end()) << file.path;
  }
  for (const Optional& each : kOptional) EXPECT_TRUE(met.contains(each.files)) << each.files;
}

bool IsRead(const Host& host, const File& file) {
  bool is_read = false;
  for (const std::string& content :
       {std::string(), WithoutNumbers(file.content, "x"), std::string("zz")}) {
    host.With(file, content, [&](const Outcome& bad, const Outcome& good) {
      is_read = is_read || !bad.status || bad.series != good.series;
    });
  }
  return is_read;
}

// Else it proves nothing above.
TEST(FilesOfTheHost, AreAllRead) {
  const Host host;
  for (const File& file : host.Files()) {
    if (RE2::FullMatch(file.path, kOptional.back().files)) continue;
    EXPECT_TRUE(IsRead(host, file)) << file.path;
  }
}

TEST(GoodFiles, MakeEveryCollectorSucceed) {
  const ProcTree tree;
  WriteHost(tree, "server");
  for (const Registration* collector : Registration::All()) {
    if (collector->Name() == kNotOfFiles) continue;
    const Outcome outcome = Pass(*collector, HostOf(tree));
    if (!outcome.status && outcome.status.error().code == ErrorCode::kNotFound) continue;
    EXPECT_TRUE(outcome.status) << collector->Name() << ": " << outcome.status.error().message;
  }
}

}  // namespace
}  // namespace procmarshal::testing
