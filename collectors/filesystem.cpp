// Space in mounted file systems: mounts from /proc/1/mountinfo (see mount_table.cpp), sizes by
// statfs(2).
#include "collectors/filesystem.h"

#include <re2/re2.h>
#include <sys/statfs.h>

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/utf8.h"
#include "collectors/mount_table.h"

namespace procmarshal {
namespace {

// The defaults of node_exporter.
constexpr const char* kExcludedPoints =
    "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)";
constexpr const char* kExcludedTypes =
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|"
    "mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|"
    "tracefs)$";

// A mount to show, and the question whose answer is its size.
struct Shown {
  Mount mount;
  std::size_t question = 0;
};

// What is shown of a mount and its answer; nullopt if that is not known.
using ValueOf = std::optional<double> (*)(const Mount&, const MountAnswer&);

double Bytes(const struct statfs& stats, std::uint64_t blocks) {
  return static_cast<double>(blocks) * static_cast<double>(stats.f_bsize);
}

template <auto Read>
std::optional<double> IfAnswered(const Mount& /*mount*/, const MountAnswer& answer) {
  if (answer.kind != MountAnswer::Kind::kAnswered) return std::nullopt;
  return Read(answer.stats);
}

struct Metric {
  std::string_view name;
  std::string_view help;
  ValueOf value;
};

constexpr std::array<Metric, 7> kMetrics = {{
    {"node_filesystem_avail_bytes", "Space for users other than root, in bytes.",
     &IfAnswered<[](const struct statfs& stats) { return Bytes(stats, stats.f_bavail); }>},
    {"node_filesystem_device_error", "Whether the file system could not be asked for its size.",
     [](const Mount& /*mount*/, const MountAnswer& answer) -> std::optional<double> {
       return answer.kind == MountAnswer::Kind::kAnswered ? 0 : 1;
     }},
    {"node_filesystem_files", "Files that there may be in the file system.",
     &IfAnswered<[](const struct statfs& stats) { return static_cast<double>(stats.f_files); }>},
    {"node_filesystem_files_free", "Files that may still be made in the file system.",
     &IfAnswered<[](const struct statfs& stats) { return static_cast<double>(stats.f_ffree); }>},
    {"node_filesystem_free_bytes", "Space that holds no data, in bytes.",
     &IfAnswered<[](const struct statfs& stats) { return Bytes(stats, stats.f_bfree); }>},
    {"node_filesystem_readonly", "Whether the mount or its file system is read-only.",
     [](const Mount& mount, const MountAnswer& /*answer*/) -> std::optional<double> {
       return mount.is_read_only ? 1 : 0;
     }},
    {"node_filesystem_size_bytes", "Size of the file system, in bytes.",
     &IfAnswered<[](const struct statfs& stats) { return Bytes(stats, stats.f_blocks); }>},
}};

// What node_exporter, which is written in Go, says of an error.
std::string ErrorText(int error) {
  if (error == ESTALE) return "stale NFS file handle";
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text[0] = Lowercase(text[0]);
  return text;
}

std::string DeviceError(const MountAnswer& answer) {
  switch (answer.kind) {
    case MountAnswer::Kind::kNotAsked:
      return "mountpoint not asked";
    case MountAnswer::Kind::kHangs:
      return "mountpoint timeout";
    case MountAnswer::Kind::kFailed:
      return ErrorText(answer.error);
    case MountAnswer::Kind::kAnswered:
      break;
  }
  return {};
}

// Servers and programs (FUSE) have no device of their own, nor do these.
bool IsLocal(const Mount& mount) {
  if (mount.major != 0) return !mount.type.starts_with("fuse");
  return mount.type == "tmpfs" || mount.type == "btrfs" || mount.type == "zfs";
}

// In a container that has the host's root mounted at `root`, the mount points lie below it.
std::string PointOnHost(const std::string& point, const std::string& root) {
  if (!point.starts_with(root)) return point;
  if (point.size() == root.size()) return "/";
  return point[root.size()] == '/' ? point.substr(root.size()) : point;
}

class FilesystemCollector final : public Collector {
 public:
  FilesystemCollector(const Environment& env, StatfsPool::Call call)
      : env_(env), root_(env.root.Root().string()), pool_(*env.clock, std::move(call)) {
    while (root_.ends_with('/')) root_.pop_back();
  }

  Status Collect(FamilyWriter& out) override {
    auto text = env_.proc.RereadLines("1/mountinfo");
    if (!text) text = env_.proc.RereadLines("self/mountinfo");
    if (!text) return tl::unexpected(text.error());
    if (text->empty()) return Fail(ErrorCode::kInvalid, "mountinfo: the file is empty");
    if (*text != text_) {
      auto mounts = ParseMountInfo(*text);
      if (!mounts) return tl::unexpected(mounts.error());
      Choose(*std::move(mounts));
      text_ = *std::move(text);
    }
    std::vector<MountAnswer> answers = pool_.Ask(questions_);
    StandInForLate(answers);
    Write(answers, out);
    return {};
  }

 private:
  [[nodiscard]] bool IsExcluded(const Mount& mount) const {
    return re2::RE2::PartialMatch(mount.point, excluded_points_) ||
           re2::RE2::PartialMatch(mount.type, excluded_types_);
  }

  // What is mounted twice in one place is shown once, as the last, which covers the others; so are
  // places whose names differ in nothing that can be shown. Each path is asked for once.
  void Choose(std::vector<Mount> mounts) {
    shown_.clear();
    std::vector<MountQuestion> questions;
    std::map<std::string, std::size_t> question_of;
    std::map<std::tuple<std::string, std::string, std::string>, std::size_t> index_of;
    for (Mount& mount : mounts) {
      mount.point = PointOnHost(mount.point, root_);
      if (IsExcluded(mount)) continue;
      const auto [question, is_new] = question_of.try_emplace(mount.point, questions.size());
      if (is_new) questions.emplace_back();
      questions[question->second] = {.path = root_ + mount.point, .is_local = IsLocal(mount)};
      for (std::string* label : {&mount.source, &mount.point, &mount.type})
        *label = ValidUtf8(*label);
      const auto [index, is_first] =
          index_of.try_emplace({mount.source, mount.point, mount.type}, shown_.size());
      if (is_first) shown_.emplace_back();
      shown_[index->second] = {.mount = std::move(mount), .question = question->second};
    }
    if (*questions_ != questions) {
      questions_ = std::make_shared<const std::vector<MountQuestion>>(std::move(questions));
      last_.clear();
    }
  }

  static bool CameInTime(const MountAnswer& answer) {
    return answer.kind != MountAnswer::Kind::kHangs && answer.kind != MountAnswer::Kind::kNotAsked;
  }

  // A server that is busy, or behind others that are, is not dead: for a while its last answer
  // stands.
  void StandInForLate(std::vector<MountAnswer>& answers) {
    constexpr std::chrono::seconds kGrace{10};
    const BootTime now = env_.clock->Boot();
    last_.resize(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      std::optional<Last>& last = last_[i];
      if (CameInTime(answers[i])) {
        last = Last{.answer = answers[i], .at = now};
      } else if (last && now - last->at <= kGrace) {
        answers[i] = last->answer;
      }
    }
  }

  void Write(const std::vector<MountAnswer>& answers, FamilyWriter& out) const {
    std::vector<std::string> errors;
    errors.reserve(answers.size());
    for (const MountAnswer& answer : answers) errors.push_back(DeviceError(answer));

    for (const Metric& metric : kMetrics) {
      auto family = out.Gauge(metric.name, metric.help);
      for (const auto& [mount, question] : shown_) {
        const auto value = metric.value(mount, answers[question]);
        if (!value) continue;
        family.Add(*value, {{"device", mount.source},
                            {"mountpoint", mount.point},
                            {"fstype", mount.type},
                            {"device_error", errors[question]}});
      }
    }
    auto info = out.Gauge("node_filesystem_mount_info", "Device numbers of the mount, always 1.");
    for (const auto& [mount, question] : shown_) {
      if (answers[question].kind != MountAnswer::Kind::kAnswered) continue;
      info.Add(1, {{"device", mount.source},
                   {"major", std::to_string(mount.major)},
                   {"minor", std::to_string(mount.minor)},
                   {"mountpoint", mount.point}});
    }
  }

  struct Last {
    MountAnswer answer;
    BootTime at;
  };

  Environment env_;
  std::string root_;                                             // without a '/' at the end
  re2::RE2 excluded_points_{kExcludedPoints, re2::RE2::Latin1};  // names may be no UTF-8
  re2::RE2 excluded_types_{kExcludedTypes, re2::RE2::Latin1};
  std::string text_;  // of what was chosen
  std::vector<Shown> shown_;
  StatfsPool::Questions questions_ = std::make_shared<const std::vector<MountQuestion>>();
  std::vector<std::optional<Last>> last_;  // to questions_, of those that came
  StatfsPool pool_;
};

int CallStatfs(const std::string& path, struct statfs& stats) {
  return ::statfs(path.c_str(), &stats) == 0 ? 0 : errno;
}

std::unique_ptr<Collector> Make(const Environment& env) {
  return MakeFilesystemCollector(env, &CallStatfs);
}

const Registration kRegistration("filesystem", Default::kOn, &Make);

}  // namespace

std::unique_ptr<Collector> MakeFilesystemCollector(const Environment& env, StatfsPool::Call call) {
  return std::make_unique<FilesystemCollector>(env, std::move(call));
}

}  // namespace procmarshal
