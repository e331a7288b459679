#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "exporter/web/failure_limit.h"
#include "exporter/web/http.h"
#include "exporter/web/refusal.h"

namespace procmarshal {

// Basic authentication (RFC 7617) against bcrypt hashes. A hash takes a good part of a second, so
// the last right password of each user is remembered, as a tag that only this object can make.
// Who sends wrong ones is slowed down by address, before anything is compared; and only one hash
// is computed at a time, so that a crowd can't take all cores.
// To those who measure time an unknown user looks like one whose hash has the highest cost.
class BasicAuth {
 public:
  // `users` are names with hashes that CheckBcryptHash accepts. `clock` must outlive this.
  BasicAuth(std::map<std::string, std::string, std::less<>> users, const Clock& clock);
  BasicAuth(const BasicAuth&) = delete;
  BasicAuth& operator=(const BasicAuth&) = delete;
  ~BasicAuth();

  // nullopt if the request may pass, as all do where there are no users. Otherwise kUnauthorized,
  // a 401, or kTooManyFailures, a 429 that says when to come again. Any thread may call it; it
  // takes as long as a few hashes at most.
  [[nodiscard]] std::optional<Refusal> Check(const Request& request);

  // How many hashes were computed so far. Any thread may call it.
  [[nodiscard]] std::uint64_t HashesComputed() const { return hashes_computed_; }

 private:
  using Key = std::array<unsigned char, 32>;
  using Tag = std::array<unsigned char, 32>;
  struct User {
    std::string hash;
    std::optional<Tag> remembered;  // of the last right password; guarded by mutex_
  };
  struct Scratch;
  struct Attempt {
    User* user = nullptr;
    std::string password;
    std::optional<Tag> tag;
  };

  [[nodiscard]] std::optional<Tag> MakeTag(std::string_view input) const;
  [[nodiscard]] static bool IsRemembered(const Attempt& attempt);
  [[nodiscard]] bool IsRight(const Attempt& attempt) noexcept;

  std::map<std::string, User, std::less<>> users_;
  User nobody_;             // stands in for those who are not in users_
  std::optional<Key> key_;  // random; without one nothing is remembered
  const Clock& clock_;
  std::atomic<std::uint64_t> hashes_computed_ = 0;

  std::mutex hash_mutex_;             // taken before mutex_ where both are
  std::unique_ptr<Scratch> scratch_;  // crypt(3)'s, 32 KiB; guarded by hash_mutex_

  std::mutex mutex_;
  FailureLimit failures_;          // guarded by mutex_
  std::size_t hashes_wanted_ = 0;  // computed or waited for right now; guarded by mutex_
};

// Whether crypt(3) of this system can check passwords against `hash`, in a reasonable time.
// kInvalid with a message that says what was expected and does not hold the hash.
[[nodiscard]] Status CheckBcryptHash(std::string_view hash);

// The hash to check a password against when there is no such user: as dear as the dearest of
// `users`, and of a password that nobody knows.
[[nodiscard]] std::string HashOfNobody(
    const std::map<std::string, std::string, std::less<>>& users);

struct Credentials {
  std::string user;      // without a colon
  std::string password;  // any bytes but NUL
};

// What the value of an Authorization header says. nullopt for anything else than the scheme Basic,
// for NUL, at which crypt(3) would stop, and for more than a kilobyte.
[[nodiscard]] std::optional<Credentials> ParseBasicCredentials(std::string_view authorization);

// What a tag is made of: no other user, hash or password give the same bytes.
[[nodiscard]] std::string TagInput(std::string_view user, std::string_view hash,
                                   std::string_view password);

}  // namespace procmarshal
