#include "exporter/web/failure_limit.h"

#include <algorithm>

namespace procmarshal {

BootClock::duration FailureLimit::Wait(const Address& client, BootTime now) const {
  const auto found = full_at_.find(client);
  if (found == full_at_.end()) return {};
  constexpr BootClock::duration kAllButOne = (kBurst - 1) * kInterval;
  return std::max(found->second - now - kAllButOne, BootClock::duration::zero());
}

void FailureLimit::Take(const Address& client, BootTime now) {
  ForgetFull(now);
  const auto found = full_at_.find(client);
  if (found == full_at_.end() && full_at_.size() == kMostClients) {
    Forget(in_order_.begin()->second);
  }
  Set(client, (found == full_at_.end() ? now : found->second) + kInterval);
}

void FailureLimit::GiveBack(const Address& client, BootTime now) {
  const auto found = full_at_.find(client);
  if (found == full_at_.end()) return;
  Set(client, found->second - kInterval);
  ForgetFull(now);
}

void FailureLimit::Set(const Address& client, BootTime full_at) {
  Forget(client);
  full_at_.emplace(client, full_at);
  in_order_.emplace(full_at, client);
}

void FailureLimit::Forget(const Address& client) {
  const auto found = full_at_.find(client);
  if (found == full_at_.end()) return;
  in_order_.erase({found->second, client});
  full_at_.erase(found);
}

void FailureLimit::ForgetFull(BootTime now) {
  while (!in_order_.empty() && in_order_.begin()->first <= now) {
    Forget(in_order_.begin()->second);
  }
}

}  // namespace procmarshal
