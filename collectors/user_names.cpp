#include "collectors/user_names.h"

#include <pwd.h>

#include <cerrno>
#include <vector>

namespace procmarshal {
namespace {

std::string LookUp(uid_t uid) {
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  int err = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  while (err == ERANGE && buffer.size() < (std::size_t{1} << 20U)) {
    buffer.resize(buffer.size() * 4);
    err = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  }
  return err == 0 && found != nullptr ? entry.pw_name : std::to_string(uid);
}

}  // namespace

const std::string& UserNames::Name(uid_t uid) {
  const auto known = names_.find(uid);
  if (known != names_.end()) return known->second;
  return names_.emplace(uid, LookUp(uid)).first->second;
}

}  // namespace procmarshal
