#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// RLIMIT_*, as getrlimit(2) names them, in lower case and in the order of /proc/PID/limits.
inline constexpr std::array<std::string_view, 16> kLimitNames = {
    "cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
    "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};

// Indices into what belongs to kLimitNames.
enum class Limit : std::size_t {
  kCpu,
  kFsize,
  kData,
  kStack,
  kCore,
  kRss,
  kNproc,
  kNofile,
  kMemlock,
  kAs,
  kLocks,
  kSigpending,
  kMsgqueue,
  kNice,
  kRtprio,
  kRttime,
};

// Seconds (cpu, rttime), bytes or counts; infinity: unlimited; NaN: this kernel has no such limit.
struct ProcessLimits {
  using Values = std::array<double, kLimitNames.size()>;
  Values soft;
  Values hard;

  [[nodiscard]] double Soft(Limit limit) const { return soft.at(static_cast<std::size_t>(limit)); }
  [[nodiscard]] double Hard(Limit limit) const { return hard.at(static_cast<std::size_t>(limit)); }
};

// The text of /proc/PID/limits; proc(5). Lines of limits that we do not know are passed over. Fails
// if one of a limit that we know holds no two numbers, or if there is none at all.
[[nodiscard]] Result<ProcessLimits> ParseLimits(std::string_view text);

// Most processes of a host have the same limits: one copy for all of them.
class LimitsCache {
 public:
  [[nodiscard]] std::shared_ptr<const ProcessLimits> Intern(const ProcessLimits& limits);

  // Copies it knows of; those that nobody uses any more are forgotten when twice as many have come.
  [[nodiscard]] std::size_t Size() const { return copies_.size(); }

 private:
  // Bits, as a NaN equals nothing.
  using Bits = std::array<std::uint64_t, 2 * kLimitNames.size()>;

  static constexpr std::size_t kFirstSweep = 64;

  std::map<Bits, std::weak_ptr<const ProcessLimits>> copies_;
  std::size_t sweep_at_ = kFirstSweep;
};

}  // namespace procmarshal
