#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/parse.h"
#include "base/unique_fd.h"
#include "collectors/collector.h"
#include "collectors/prom_file.h"
#include "tests/support/collect.h"
#include "tests/support/encode.h"
#include "tests/support/log.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace procmarshal::testing {

// Counts how often files of a folder are opened.
class Opens {
 public:
  explicit Opens(const std::string& folder) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(fd_.Get(), folder.c_str(), IN_OPEN), 0);
  }

  // Since it was last asked.
  [[nodiscard]] int Count() const {
    int count = 0;
    alignas(inotify_event) std::array<char, 65536> buffer{};
    ssize_t size = 0;
    while ((size = ::read(fd_.Get(), buffer.data(), buffer.size())) > 0) {
      for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        inotify_event event{};
        std::memcpy(&event, &buffer.at(at), sizeof event);
        if ((event.mask & IN_ISDIR) == 0) ++count;
        at += sizeof event + event.len;
      }
    }
    return count;
  }

 private:
  UniqueFd fd_;
};

// A folder of files and the collector that reads them. They have all been written in 2023, and now
// is two hours later.
class TextfileTest : public ::testing::Test {
 protected:
  TextfileTest() { Use({folder_.Path("")}); }

  void Use(std::vector<std::filesystem::path> directories) {
    collector_ = MakeCollector("textfile",
                               {.clock = &clock_, .textfile_directories = std::move(directories)});
  }
  void Write(const std::string& name, std::string_view text) const {
    folder_.Write(name, text);
    Age(name);
  }
  // In place, and as if nothing had been, but for the time that the kernel keeps: it goes in steps.
  void Overwrite(const std::string& name, std::string_view text) const {
    const auto changed = StampOf(folder_.Path(name))->changed;
    while (StampOf(folder_.Path(name))->changed == changed) {
      std::ofstream(folder_.Path(name)) << text;
      Age(name);
    }
  }
  void Age(const std::string& name) const {
    const timespec written{.tv_sec = 1'700'000'000, .tv_nsec = 0};
    const std::array times = {written, written};
    ASSERT_EQ(::utimensat(AT_FDCWD, folder_.Path(name).c_str(), times.data(), 0), 0);
  }

  // A page with what is there already, and the samples of one pass; the problems follow it.
  std::string Collect(std::vector<prometheus::MetricFamily> already = {}) {
    std::vector<prometheus::MetricFamily> families;
    FamilyWriter out(families);
    out.Append(std::move(already));
    const Log log;
    EXPECT_TRUE(collector_->Collect(out));
    EXPECT_EQ(out.TakeConflict(), "");
    out.Finish();
    std::string page = Encode(families, TextFormat::kPrometheus);
    for (std::size_t at = 0; (at = page.find(folder_.Path(""), at)) != std::string::npos;) {
      page.erase(at, folder_.Path("").size());
    }
    problem_.clear();
    const std::string text = log.Text();
    std::string_view lines = text;
    while (!lines.empty()) {
      std::string line(TakeUntil(lines, '\n'));
      for (const std::string& noise : {std::string("warning textfile: "), folder_.Path("")}) {
        for (std::size_t at = 0; (at = line.find(noise, at)) != std::string::npos;) {
          line.erase(at, noise.size());
        }
      }
      problem_ += (problem_.empty() ? "" : "; ") + line;
    }
    return page;
  }

  // The samples only.
  std::string Samples() {
    const std::string page = Collect();
    std::string samples;
    std::string_view rest = page;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      if (!line.starts_with('#') && !line.starts_with("node_textfile_")) samples += line;
      rest.remove_prefix(line.size());
    }
    return samples;
  }

  ManualClock clock_;
  TemporaryFolder folder_;
  std::unique_ptr<Collector> collector_;
  std::string problem_;  // what the last pass logged
};

}  // namespace procmarshal::testing
