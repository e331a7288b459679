// What other programs leave in *.prom files, in Prometheus' text format:
// "backup_last_success_timestamp_seconds{job="home"} 1795385531".

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "collectors/collector.h"
#include "collectors/prom_file.h"
#include "collectors/prom_merge.h"
#include "collectors/text_parser.h"

namespace procmarshal {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

// How much of a page, and of our memory, some files take.
struct Load {
  PageSize page;
  std::uint64_t bytes = 0;  // of the files

  bool operator==(const Load&) const = default;
};

struct File {
  std::optional<FileStamp> stamp;  // none: to be read again at the next pass
  Result<Families> families;
  Load load;
  std::chrono::seconds modified{0};
  // What the files before it held, when there was no room for it; as long as they hold as much, it
  // need not be read again.
  std::optional<Load> no_room_beside;
};

void LeaveOut(File& file, const Load& others) {
  file.families = Fail(ErrorCode::kInvalid, "no room");
  file.no_room_beside = others;
}

// What all files together hold; a page must have room for more.
class Room {
 public:
  [[nodiscard]] const Load& Used() const { return used_; }
  [[nodiscard]] bool HasBytes(std::uint64_t more) const {
    return used_.bytes + more <= kMostPromFileBytes;
  }

  // False, and nothing is added, if there is no room. Families of one name, of several files, count
  // once.
  [[nodiscard]] bool Add(const Families& families, const Load& load) {
    Load sum = used_;
    sum.page.metrics += static_cast<std::size_t>(std::ranges::count_if(
        families, [this](const auto& family) { return !names_.contains(family.name); }));
    sum.page.lines += load.page.lines;
    sum.page.labels += load.page.labels;
    const bool fits = sum.page.metrics <= kMostTextFamilies && sum.page.lines <= kMostTextSamples &&
                      sum.page.labels <= kMostTextLabels && HasBytes(load.bytes);
    if (!fits) return false;
    sum.bytes += load.bytes;
    used_ = sum;
    for (const auto& family : families) names_.insert(family.name);
    return true;
  }

 private:
  Load used_;
  std::unordered_set<std::string> names_;
};

// Of files for which there is no room: one text, since there may be thousands.
std::string NoRoomFor(std::size_t count, const std::string& first) {
  return fmt::format(
      "files left out for want of room: {}, the first is {}; all together may have "
      "{} metrics, {} lines of samples, {} labels and {} MiB",
      count, first, kMostTextFamilies, kMostTextSamples, kMostTextLabels,
      kMostPromFileBytes >> 20U);
}

bool IsGone(const File& file) {
  return !file.families && file.families.error().code == ErrorCode::kNotFound;
}

// Whether the file need not be read again, if it has this stamp now.
bool IsAsBefore(const File& file, const Result<FileStamp>& stamp, const Load& others) {
  return stamp && file.stamp == *stamp && file.no_room_beside.value_or(others) == others;
}

// Logs each problem when it is new; what exceeds kMost of them a minute is only counted, since a
// folder full of mistakes must not fill the log. The count comes once a minute, so what came after
// it is counted in the next.
class ProblemLog {
 public:
  void Log(const std::vector<std::string>& problems, BootTime now) {
    constexpr std::chrono::minutes kMinute{1};
    if (now - begin_ >= kMinute) {
      begin_ = now;
      lines_ = 0;
      is_counted_ = false;
    }
    std::set<std::string> said;
    for (const std::string& problem : problems) {
      if (!said.insert(problem).second || said_.contains(problem)) continue;
      if (lines_ == kMost) {
        ++more_;
      } else {
        ++lines_;
        spdlog::warn("textfile: {}", problem);
      }
    }
    said_ = std::move(said);
    if (more_ == 0 || std::exchange(is_counted_, true)) return;
    spdlog::warn("textfile: {} more mistakes", std::exchange(more_, 0));
  }

 private:
  static constexpr std::size_t kMost = 20;

  std::set<std::string> said_;
  BootTime begin_;
  std::size_t lines_ = 0;    // since begin_
  bool is_counted_ = false;  // since begin_
  std::size_t more_ = 0;     // not said, not even as a count
};

class TextfileCollector final : public Collector {
 public:
  explicit TextfileCollector(Environment env) : env_(std::move(env)) {}

  [[nodiscard]] bool RunsLast() const override { return true; }

  Status Collect(FamilyWriter& out) override {
    std::vector<std::string> problems;
    Refresh(problems);
    Report(problems);
    auto error = out.Gauge("node_textfile_scrape_error",
                           "Whether a *.prom file, its folder or a part of it could not be used.");
    WriteTimes(out);
    merge_.Write(out, problems);
    problems.insert(problems.end(), merge_.Problems().begin(), merge_.Problems().end());
    error.Add(problems.empty() ? 0 : 1);
    log_.Log(problems, env_.clock->Boot());
    return {};  // a mistake in somebody's file is no failure of ours
  }

 private:
  // Reads the files that are not as they were.
  void Refresh(std::vector<std::string>& problems) {
    std::map<std::string, File> former = std::exchange(files_, {});
    bool changed = false;
    Room room;
    for (const auto& path : FindPromFiles(env_.textfile_directories, problems)) {
      const auto stamp = StampOf(path);
      const auto known = former.find(path);
      const bool is_known = known != former.end() && IsAsBefore(known->second, stamp, room.Used());
      File file = is_known ? std::move(known->second) : Read(path, stamp, room);
      if (IsGone(file)) continue;
      const bool has_room = !file.families || room.Add(*file.families, file.load);
      if (!has_room) LeaveOut(file, room.Used());
      changed = changed || !is_known || !has_room;
      files_.emplace(path, std::move(file));
    }
    if (changed || files_.size() != former.size()) Merge();
  }

  File Read(const std::filesystem::path& path, const Result<FileStamp>& stamp,
            const Room& room) const {
    File file;
    if (!stamp) {
      file.families = tl::unexpected(stamp.error());
      return file;
    }
    file.modified = std::chrono::duration_cast<std::chrono::seconds>(stamp->modified);
    file.load.bytes = static_cast<std::uint64_t>(stamp->size);
    // One that was just written may be written again without its times being others.
    if (!IsNear(stamp->modified) && !IsNear(stamp->changed)) file.stamp = *stamp;
    if (file.load.bytes <= kMostPromFileBytes && !room.HasBytes(file.load.bytes)) {
      LeaveOut(file, room.Used());
      return file;
    }
    file.families = ReadPromFile(path);
    if (file.families) file.load.page = SizeOf(*file.families);
    return file;
  }

  [[nodiscard]] bool IsNear(std::chrono::nanoseconds time) const {
    constexpr std::chrono::seconds kSettled{2};
    return std::chrono::abs(env_.clock->Wall().time_since_epoch() - time) < kSettled;
  }

  void Report(std::vector<std::string>& problems) const {
    std::size_t without_room = 0;
    const std::string* first = nullptr;
    for (const auto& [path, file] : files_) {
      if (file.no_room_beside) {
        if (++without_room == 1) first = &path;
      } else if (!file.families) {
        problems.push_back(path + ": " + file.families.error().message);
      }
    }
    if (first != nullptr) problems.push_back(NoRoomFor(without_room, *first));
  }

  void Merge() {
    merge_ = PromMerge();
    for (const auto& [path, file] : files_) {
      if (file.families) merge_.Add(path, *file.families);
    }
  }

  void WriteTimes(FamilyWriter& out) const {
    if (std::ranges::none_of(files_, [](const auto& file) { return !!file.second.families; })) {
      return;
    }
    auto times = out.Gauge("node_textfile_mtime_seconds",
                           "When the *.prom files that were read were written, as Unix time.");
    for (const auto& [path, file] : files_) {
      if (file.families) times.Add(static_cast<double>(file.modified.count()), {{"file", path}});
    }
  }

  Environment env_;
  std::map<std::string, File> files_;  // by path
  PromMerge merge_;                    // of files_
  ProblemLog log_;
};

std::unique_ptr<Collector> Make(const Environment& env) {
  return std::make_unique<TextfileCollector>(env);
}

const Registration kRegistration("textfile", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
