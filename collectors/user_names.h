#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

namespace procmarshal {

// Names of users by the host's user database (getpwuid_r(3)), each asked for once: it may be a
// directory server. A uid without a name, or whose name can't be had now, gives its number.
class UserNames {
 public:
  [[nodiscard]] std::string Name(uid_t uid);

 private:
  std::unordered_map<uid_t, std::string> names_;
};

}  // namespace procmarshal
