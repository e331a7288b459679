#include "collectors/user_names.h"

#include <pwd.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace procmarshal {
namespace {

// Empty if the database can't be asked now.
std::string LookUp(uid_t uid) {
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  int err = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  while (err == ERANGE && buffer.size() < (std::size_t{1} << 20U)) {
    buffer.resize(buffer.size() * 4);
    err = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  }
  if (err != 0) return {};
  return found != nullptr ? entry.pw_name : std::to_string(uid);
}

}  // namespace

std::string UserNames::Name(uid_t uid) {
  const auto known = names_.find(uid);
  if (known != names_.end()) return known->second;
  std::string name = LookUp(uid);
  if (name.empty()) return std::to_string(uid);
  return names_.emplace(uid, std::move(name)).first->second;
}

}  // namespace procmarshal
