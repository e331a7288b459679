#include "collectors/limit_use.h"

#include <cmath>

namespace procmarshal {
namespace {

// What a process has of that of which the limit speaks; negative: that can't be seen.
double Used(const Process& process, Limit limit) {
  switch (limit) {
    case Limit::kCpu:
      return process->counters.cpu_user_seconds + process->counters.cpu_system_seconds;
    case Limit::kData:
      return static_cast<double>(process->data_bytes);
    case Limit::kStack:
      return static_cast<double>(process->stack_bytes);
    case Limit::kNproc:
      return process.user_threads;
    case Limit::kNofile:
      return process->has_fds ? static_cast<double>(process->open_fds) : -1;
    case Limit::kMemlock:
      return static_cast<double>(process->locked_bytes);
    case Limit::kAs:
      return static_cast<double>(process->virtual_bytes);
    case Limit::kSigpending:
      return process->pending_signals;
    default:
      return -1;
  }
}

}  // namespace

std::optional<double> LimitUsedRatio(const Process& process, Limit limit) {
  const double used = Used(process, limit);
  if (used < 0 || !process.info->limits) return std::nullopt;
  const double soft = process.info->limits->soft.at(static_cast<std::size_t>(limit));
  // A limit of 0 gives no ratio: memlock often is 0, and what it forbids does not happen.
  if (!std::isfinite(soft) || soft <= 0) return std::nullopt;
  return used / soft;
}

}  // namespace procmarshal
