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
      fields.Take(stat.child_minor_faults) && fields.Take(stat.major_faults) &&
      fields.Take(stat.child_major_faults) && fields.Take(stat.user_ticks) &&
      fields.Take(stat.system_ticks) && fields.Take(stat.child_user_ticks) &&
      fields.Take(stat.child_system_ticks) && fields.Skip(1) && fields.Take(stat.nice) &&
      fields.Take(stat.threads) && fields.Skip(1) && fields.Take(stat.start_ticks) &&
      fields.Take(stat.virtual_bytes) && fields.Skip(2);
  if (!complete) return false;

  // Without the right to trace the process the kernel shows these as 0 or 1 (fs/proc/array.c).
  std::uint64_t code_start = 0;
  std::uint64_t code_end = 0;
  std::uint64_t stack_start = 0;
  if (fields.Take(code_start) && fields.Take(code_end) && fields.Take(stack_start) &&
      stack_start > 1) {
    stat.exec_id = (code_start * 31 + code_end) * 31 + stack_start;
  }
  constexpr int kFieldsBetween = 11;  // kstkesp ... processor
  (void)(fields.Skip(kFieldsBetween) && fields.Take(stat.realtime_priority) &&
         fields.Take(stat.policy));
  return true;
}

// A line such as "VmRSS:\t    1692 kB", in bytes.
std::uint64_t Kibibytes(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  line = Trim(line);
  return ParseNumber<std::uint64_t>(TakeUntil(line, ' ')).value_or(0) * 1024;
}

// The last lines but for what some architectures append: found from the end of this long file.
void ParseSwitches(std::string_view text, ProcessStatus& status) {
  const std::size_t at = text.rfind("\nvoluntary_ctxt_switches:");
  if (at == std::string_view::npos) return;
  text.remove_prefix(at + 1);
  for (auto* const field : {&status.voluntary_switches, &status.nonvoluntary_switches}) {
    std::string_view line = TakeUntil(text, '\n');
    if (!TakeUntil(line, ':').ends_with("voluntary_ctxt_switches")) return;
    *field = ParseNumber<std::uint64_t>(Trim(line)).value_or(0);
  }
}

void ParseMemoryLine(std::string_view line, ProcessStatus& status) {
  if (line.starts_with("VmLck:")) {
    status.locked_bytes = Kibibytes(line);
  } else if (line.starts_with("VmRSS:")) {
    status.resident_bytes = Kibibytes(line);
  } else if (line.starts_with("RssFile:") || line.starts_with("RssShmem:")) {
    status.shared_bytes += Kibibytes(line);
  } else if (line.starts_with("VmData:")) {
    status.data_bytes = Kibibytes(line);
  } else if (line.starts_with("VmStk:")) {
    status.stack_bytes = Kibibytes(line);
  } else if (line.starts_with("VmSwap:")) {
    status.swap_bytes = Kibibytes(line);
  }
}

// "Uid:\treal\teffective\tsaved\tfs".
bool ParseUids(std::string_view line, ProcessStatus& status) {
  TakeUntil(line, '\t');
  const auto real = ParseNumber<uid_t>(TakeUntil(line, '\t'));
  const auto effective = ParseNumber<uid_t>(TakeUntil(line, '\t'));
  status.real_uid = real.value_or(0);
  status.uid = effective.value_or(0);
  return real && effective;
}

// "SigQ:\tqueued/limit".
std::uint32_t ParseQueuedSignals(std::string_view line) {
  TakeUntil(line, '\t');
  return ParseNumber<std::uint32_t>(TakeUntil(line, '/')).value_or(0);
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
  ParseSwitches(text, status);
  bool has_uid = false;
  while (!text.empty()) {
    const std::string_view line = TakeUntil(text, '\n');
    if (line.starts_with("Uid:")) {
      has_uid = ParseUids(line, status);
    } else if (line.starts_with("Vm") || line.starts_with("Rss")) {
      ParseMemoryLine(line, status);
    } else if (line.starts_with("SigQ:")) {
      status.pending_signals = ParseQueuedSignals(line);
      break;  // the last line that we need here
    }
  }
  if (!has_uid) return Fail(ErrorCode::kInvalid, "status: expected a line \"Uid:\"");
  return status;
}

Result<ProcessIo> ParseIo(std::string_view text) {
  struct Line {
    std::string_view key;
    std::uint64_t ProcessIo::* field;
  };
  constexpr std::array<Line, 7> kLines = {{
      {"rchar", &ProcessIo::read_chars},
      {"wchar", &ProcessIo::write_chars},
      {"syscr", &ProcessIo::read_syscalls},
      {"syscw", &ProcessIo::write_syscalls},
      {"read_bytes", &ProcessIo::read_bytes},
      {"write_bytes", &ProcessIo::write_bytes},
      {"cancelled_write_bytes", &ProcessIo::cancelled_write_bytes},
  }};
  ProcessIo io;
  std::size_t found = 0;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const auto known = std::ranges::find(kLines, TakeUntil(line, ':'), &Line::key);
    if (known == kLines.end()) continue;
    const auto value = ParseNumber<std::uint64_t>(Trim(line));
    if (!value) break;
    io.*known->field = *value;
    ++found;
  }
  if (found != kLines.size()) {
    return Fail(ErrorCode::kInvalid,
                "io: expected rchar, wchar, syscr, syscw, read_bytes, "
                "write_bytes and cancelled_write_bytes");
  }
  return io;
}

Result<Schedstat> ParseSchedstat(std::string_view text) {
  Schedstat ran{};
  Fields fields(text);
  for (std::uint64_t& number : ran) {
    if (!fields.Take(number)) {
      return Fail(ErrorCode::kInvalid, "schedstat: expected three numbers");
    }
  }
  return ran;
}

std::string_view ParseWchan(std::string_view text) {
  const std::string_view function = TakeUntil(text, '\n');
  return function == "0" ? std::string_view{} : function;
}

Result<SmapsRollup> ParseSmapsRollup(std::string_view text) {
  SmapsRollup rollup;
  int found = 0;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const std::string_view key = TakeUntil(line, ':');
    std::uint64_t* field = nullptr;
    if (key == "Pss") field = &rollup.pss_bytes;
    if (key == "SwapPss") field = &rollup.swap_pss_bytes;
    if (field == nullptr) continue;
    line = Trim(line);
    const auto value = ParseNumber<std::uint64_t>(TakeUntil(line, ' '));
    if (!value) break;
    *field = *value * 1024;
    ++found;
  }
  if (found != 2) return Fail(ErrorCode::kInvalid, "smaps_rollup: expected Pss and SwapPss");
  return rollup;
}

std::string ParseCommandLine(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\0');
  std::string joined(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
  std::ranges::replace(joined, '\0', ' ');
  return joined;
}

}  // namespace procmarshal
