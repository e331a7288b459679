#include "collectors/process_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/parse.h"

namespace procmarshal {
namespace {

// Reads the blank-separated numbers that follow the state in `stat`.
class Fields {
 public:
  explicit Fields(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  template <typename Number>
  bool Take(Number& value) {
    while (at_ != end_ && *at_ == ' ') ++at_;
    const auto [next, err] = std::from_chars(at_, end_, value);
    if (err != std::errc{}) return false;
    at_ = next;
    return true;
  }

  bool Skip(int count) {
    for (; count > 0; --count) {
      while (at_ != end_ && *at_ == ' ') ++at_;
      if (at_ == end_) return false;
      while (at_ != end_ && *at_ != ' ') ++at_;
    }
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

// The state and all behind it: "S 1 42 42 ...".
bool ParseStatFields(std::string_view text, ProcessStat& stat) {
  if (text.size() < 2) return false;
  stat.state = text.front();
  Fields fields(text.substr(1));
  const bool complete =
      fields.Take(stat.parent) && fields.Skip(5) && fields.Take(stat.minor_faults) &&
      fields.Skip(1) && fields.Take(stat.major_faults) && fields.Skip(1) &&
      fields.Take(stat.user_ticks) && fields.Take(stat.system_ticks) && fields.Skip(3) &&
      fields.Take(stat.nice) && fields.Take(stat.threads) && fields.Skip(1) &&
      fields.Take(stat.start_ticks) && fields.Take(stat.virtual_bytes) && fields.Skip(2);
  if (!complete) return false;

  // Without the right to trace the process the kernel shows these as 0 or 1 (fs/proc/array.c).
  std::uint64_t code_start = 0;
  std::uint64_t code_end = 0;
  std::uint64_t stack_start = 0;
  if (fields.Take(code_start) && fields.Take(code_end) && fields.Take(stack_start) &&
      stack_start > 1) {
    stat.exec_id = (code_start * 31 + code_end) * 31 + stack_start;
  }
  return true;
}

// A line such as "VmRSS:\t    1692 kB", in bytes.
std::uint64_t Kibibytes(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  line = Trim(line);
  return ParseNumber<std::uint64_t>(TakeUntil(line, ' ')).value_or(0) * 1024;
}

// The second number of "Uid:\treal\teffective\tsaved\tfs".
bool ParseEffectiveUid(std::string_view line, uid_t& uid) {
  TakeUntil(line, '\t');
  TakeUntil(line, '\t');
  const auto value = ParseNumber<uid_t>(TakeUntil(line, '\t'));
  uid = value.value_or(0);
  return value.has_value();
}

bool IsContainerId(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>", "<id>".
std::string_view ContainerId(std::string_view component) {
  if (component.ends_with(".scope")) component.remove_suffix(6);
  component.remove_prefix(component.rfind('-') + 1);
  return IsContainerId(component) ? component : std::string_view{};
}

bool IsUnit(std::string_view component) {
  constexpr std::array<std::string_view, 5> kSuffixes = {".service", ".scope", ".socket", ".mount",
                                                         ".swap"};
  return std::ranges::any_of(kSuffixes, [&](auto suffix) { return component.ends_with(suffix); });
}

// The unified hierarchy names the unit; on a v1 host systemd's own does. Either may be at its root
// while a controller's hierarchy holds the container.
std::string_view ChoosePath(std::string_view text) {
  std::string_view best = "/";
  int best_rank = 0;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const std::string_view id = TakeUntil(line, ':');
    const std::string_view controllers = TakeUntil(line, ':');
    int rank = 1;
    if (controllers == "name=systemd") rank = 2;
    if (id == "0") rank = 3;
    if (line.size() > 1 && rank > best_rank) {
      best = line;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace

Result<ProcessStat> ParseStat(std::string_view text) {
  // The name may hold blanks, parentheses and newlines; what follows its last ')' may not.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  ProcessStat stat;
  if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
      close + 2 > text.size() || !ParseStatFields(text.substr(close + 2), stat)) {
    return Fail(ErrorCode::kInvalid, "stat: expected \"PID (NAME) STATE\" and 25 numbers");
  }
  stat.name = text.substr(open + 1, close - open - 1);
  return stat;
}

Result<ProcessStatus> ParseStatus(std::string_view text) {
  ProcessStatus status;
  bool has_uid = false;
  while (!text.empty()) {
    const std::string_view line = TakeUntil(text, '\n');
    if (line.starts_with("Uid:")) {
      has_uid = ParseEffectiveUid(line, status.uid);
    } else if (line.starts_with("VmRSS:")) {
      status.resident_bytes = Kibibytes(line);
    } else if (line.starts_with("VmSwap:")) {
      status.swap_bytes = Kibibytes(line);
      break;  // the last line that we need
    }
  }
  if (!has_uid) return Fail(ErrorCode::kInvalid, "status: expected a line \"Uid:\"");
  return status;
}

Result<ProcessIo> ParseIo(std::string_view text) {
  ProcessIo io;
  int found = 0;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const std::string_view key = TakeUntil(line, ':');
    std::uint64_t* field = nullptr;
    if (key == "read_bytes") field = &io.read_bytes;
    if (key == "write_bytes") field = &io.write_bytes;
    if (field == nullptr) continue;
    const auto value = ParseNumber<std::uint64_t>(Trim(line));
    if (!value) break;
    *field = *value;
    ++found;
  }
  if (found != 2) return Fail(ErrorCode::kInvalid, "io: expected read_bytes and write_bytes");
  return io;
}

Result<double> ParseMaxOpenFiles(std::string_view text) {
  constexpr std::string_view kLine = "Max open files";
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (!line.starts_with(kLine)) continue;
    line = Trim(line.substr(kLine.size()));
    const std::string_view soft = TakeUntil(line, ' ');
    if (soft == "unlimited") return std::numeric_limits<double>::infinity();
    if (const auto value = ParseNumber<std::uint64_t>(soft)) return static_cast<double>(*value);
    break;
  }
  return Fail(ErrorCode::kInvalid, "limits: expected a line \"Max open files\"");
}

std::string ParseCommandLine(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\0');
  std::string joined(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
  std::ranges::replace(joined, '\0', ' ');
  return joined;
}

CgroupPlace ParseCgroup(std::string_view text) {
  CgroupPlace place;
  place.path = ChoosePath(text);
  std::string_view rest = place.path;
  while (!rest.empty()) {
    const std::string_view component = TakeUntil(rest, '/');
    const std::string_view container = ContainerId(component);
    if (!container.empty()) place.container = container;
    if (place.unit.empty() && IsUnit(component)) place.unit = component;
  }
  return place;
}

}  // namespace procmarshal
