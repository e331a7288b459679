// /proc/PID/limits, a table with columns of fixed width under a line of titles:
// "Max open files            1024                 524288               files     "

#include "collectors/process_limits.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <string>

#include "base/parse.h"

namespace procmarshal {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// How the kernel writes the names (fs/proc/base.c, lnames), with what makes a number a base unit.
struct Line {
  std::string_view title;
  double unit = 1;
};
constexpr double kMicroseconds = 1e-6;
constexpr std::array<Line, kLimitNames.size()> kLines = {{
    {"Max cpu time"},
    {"Max file size"},
    {"Max data size"},
    {"Max stack size"},
    {"Max core file size"},
    {"Max resident set"},
    {"Max processes"},
    {"Max open files"},
    {"Max locked memory"},
    {"Max address space"},
    {"Max file locks"},
    {"Max pending signals"},
    {"Max msgqueue size"},
    {"Max nice priority"},
    {"Max realtime priority"},
    {"Max realtime timeout", kMicroseconds},
}};

// Removes and returns the first column of what is left of a line.
std::string_view TakeColumn(std::string_view& line) {
  line = Trim(line);
  return TakeUntil(line, ' ');
}

std::optional<double> ParseLimit(std::string_view text, double unit) {
  if (text == "unlimited") return kUnlimited;
  const auto value = ParseNumber<std::uint64_t>(text);
  if (!value) return std::nullopt;
  return static_cast<double>(*value) * unit;
}

}  // namespace

Result<ProcessLimits> ParseLimits(std::string_view text) {
  ProcessLimits limits{};
  limits.soft.fill(kUnknown);
  limits.hard.fill(kUnknown);
  bool is_empty = true;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    const auto known = std::ranges::find_if(
        kLines, [line](std::string_view title) { return line.starts_with(title); }, &Line::title);
    if (known == kLines.end()) continue;

    line.remove_prefix(known->title.size());
    const auto soft = ParseLimit(TakeColumn(line), known->unit);
    const auto hard = ParseLimit(TakeColumn(line), known->unit);
    if (!soft || !hard) {
      return Fail(ErrorCode::kInvalid,
                  "limits: expected two limits behind \"" + std::string(known->title) + "\"");
    }
    const auto index = static_cast<std::size_t>(known - kLines.begin());
    limits.soft.at(index) = *soft;
    limits.hard.at(index) = *hard;
    is_empty = false;
  }
  if (is_empty) return Fail(ErrorCode::kInvalid, "limits: expected lines \"Max ...\"");
  return limits;
}

std::shared_ptr<const ProcessLimits> LimitsCache::Intern(const ProcessLimits& limits) {
  if (copies_.size() >= sweep_at_) {
    std::erase_if(copies_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kFirstSweep, 2 * copies_.size());
  }
  std::weak_ptr<const ProcessLimits>& known = copies_[std::bit_cast<Bits>(limits)];
  std::shared_ptr<const ProcessLimits> copy = known.lock();
  if (!copy) {
    // Not make_shared: its memory would be kept for as long as `known` is.
    copy = std::make_unique<const ProcessLimits>(limits);
    known = copy;
  }
  return copy;
}

}  // namespace procmarshal
