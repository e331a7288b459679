#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "base/clock.h"
#include "exporter/web/address.h"

namespace procmarshal {

// How often a client may be wrong: each has a bucket of kBurst tokens, a failure takes one, and one
// comes back every kInterval. Remembers at most kMostClients; one more pushes out the one that has
// the most tokens, and who is forgotten has all of them. One thread at a time.
class FailureLimit {
 public:
  static constexpr int kBurst = 10;
  static constexpr std::chrono::seconds kInterval{1};
  static constexpr std::size_t kMostClients = 4096;

  // How long until `client` has a token; zero if it has one.
  [[nodiscard]] BootClock::duration Wait(const Address& client, BootTime now) const;

  // Takes a token from `client`, which must have one.
  void Take(const Address& client, BootTime now);

  // Gives one back that was taken in vain.
  void GiveBack(const Address& client, BootTime now);

  // How many clients have less than all tokens, those included that nobody looked at since.
  [[nodiscard]] std::size_t Clients() const { return full_at_.size(); }

 private:
  void Set(const Address& client, BootTime full_at);
  void Forget(const Address& client);
  void ForgetFull(BootTime now);

  // A bucket is the time at which it will be full: each token that is missing is one interval.
  std::map<Address, BootTime> full_at_;
  std::set<std::pair<BootTime, Address>> in_order_;  // the same, the fullest first
};

}  // namespace procmarshal
