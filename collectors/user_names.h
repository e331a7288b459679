#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

namespace procmarshal {

// Names of users by the host's user database (getpwuid_r(3)), each asked for once: it may be a
// directory server. A uid without a name gives its number.
class UserNames {
 public:
  // The reference is valid for as long as this object.
  [[nodiscard]] const std::string& Name(uid_t uid);

 private:
  std::unordered_map<uid_t, std::string> names_;
};

}  // namespace procmarshal
