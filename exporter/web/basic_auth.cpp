#include "exporter/web/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/parse.h"

namespace procmarshal {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostHashesWanted = 5;  // one is computed, four wait
constexpr std::size_t kLongestCredentials = 1024;
constexpr std::size_t kBcryptPasswordSize = 72;  // what follows bcrypt does not look at

// "$2y$", two digits of cost, "$", 22 characters of salt and 31 of the hash itself.
constexpr std::size_t kHashSize = 60;
constexpr std::size_t kCostAt = 4;
constexpr std::size_t kSaltAt = 7;
constexpr std::size_t kSaltEnd = kSaltAt + 22;
constexpr std::string_view kHashDigits =
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr unsigned kLowestCost = 4;
constexpr unsigned kHighestCost = 14;  // about a second; a check can't be interrupted

// Salt and hash of nobody: a made-up hash, whose password is not known to anyone.
constexpr std::string_view kNobody = "procmarshalNoSuchUser.NoPasswordHasThisAsItsDigest//.";
static_assert(kNobody.size() == kHashSize - kSaltAt);

// The cost of a bcrypt hash, nullopt for anything else. Of the last characters of salt and hash
// only the highest bits count. crypt(3) clears the others in what it returns: with one set, no
// password would ever match.
std::optional<unsigned> CostOf(std::string_view hash) {
  if (hash.size() != kHashSize || hash[kSaltAt - 1] != '$') return std::nullopt;
  const std::string_view prefix = hash.substr(0, kCostAt);
  if (prefix != "$2y$" && prefix != "$2b$" && prefix != "$2a$") return std::nullopt;
  if (hash.find_first_not_of(kHashDigits, kSaltAt) != std::string_view::npos) return std::nullopt;
  if (kHashDigits.find(hash[kSaltEnd - 1]) % 16 != 0) return std::nullopt;
  if (kHashDigits.find(hash.back()) % 4 != 0) return std::nullopt;
  return ParseNumber<unsigned>(hash.substr(kCostAt, 2));
}

// Whether `hash` is that of `password`. `scratch` is all zeros before and after.
bool Matches(const std::string& hash, std::string_view password, crypt_data& scratch) noexcept {
  static_assert(kBcryptPasswordSize < sizeof(scratch.input));
  std::ranges::copy(password.substr(0, kBcryptPasswordSize), std::begin(scratch.input));
  const char* input = std::begin(scratch.input);
  const char* computed = ::crypt_rn(input, hash.c_str(), &scratch, sizeof(scratch));
  const bool matches = computed != nullptr && std::string_view(computed).size() == hash.size() &&
                       ::CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  ::OPENSSL_cleanse(&scratch, sizeof(scratch));
  return matches;
}

// Requires exactly one header: of two, somebody on the way may have looked at the other one.
std::optional<Credentials> CredentialsOf(const Request& request) {
  const std::string* authorization = nullptr;
  for (const auto& [name, value] : request.headers) {
    if (!EqualIgnoringCase(name, "Authorization")) continue;
    if (authorization != nullptr) return std::nullopt;
    authorization = &value;
  }
  if (authorization == nullptr) return std::nullopt;
  return ParseBasicCredentials(*authorization);
}

// The same whatever was wrong.
Refusal Unauthorized() {
  Response response = Response::Text(401, "A user name and a password are needed.\n");
  response.headers.emplace_back("WWW-Authenticate",
                                R"(Basic realm="procmarshal", charset="UTF-8")");
  return {RefusedFor::kUnauthorized, std::move(response)};
}

Refusal TooManyFailures(seconds wait) {
  Response response = Response::Text(429, "Too many passwords to check; try again later.\n");
  response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return {RefusedFor::kTooManyFailures, std::move(response)};
}

}  // namespace

struct BasicAuth::Scratch {
  crypt_data data;
};

BasicAuth::BasicAuth(std::map<std::string, std::string, std::less<>> users, const Clock& clock)
    : clock_(clock) {
  if (users.empty()) return;
  nobody_.hash = HashOfNobody(users);
  for (auto& [name, hash] : users) users_.emplace(name, User{std::move(hash), {}});
  Key key{};
  if (::RAND_bytes(key.data(), static_cast<int>(key.size())) == 1) key_ = key;
  scratch_ = std::make_unique<Scratch>();
}

BasicAuth::~BasicAuth() = default;

std::optional<Refusal> BasicAuth::Check(const Request& request) {
  if (users_.empty()) return std::nullopt;
  auto credentials = CredentialsOf(request);
  if (!credentials) return Unauthorized();

  const auto found = users_.find(credentials->user);
  Attempt attempt;
  attempt.user = found == users_.end() ? &nobody_ : &found->second;
  attempt.tag = MakeTag(TagInput(credentials->user, attempt.user->hash, credentials->password));
  attempt.password = std::move(credentials->password);
  const Address client = request.peer.Client();
  const BootTime now = clock_.Boot();
  {
    const std::lock_guard lock(mutex_);
    const auto wait = failures_.Wait(client, now);
    if (wait.count() > 0) return TooManyFailures(std::chrono::ceil<seconds>(wait));
    if (IsRemembered(attempt)) return std::nullopt;

    // Taken as soon as something was compared: else who sends many at once, or keeps the hashing
    // busy, could try passwords against the remembered one for nothing.
    failures_.Take(client, now);
    if (hashes_wanted_ == kMostHashesWanted) return TooManyFailures(seconds(1));
    ++hashes_wanted_;
  }
  const bool is_right = IsRight(attempt);

  const std::lock_guard lock(mutex_);
  --hashes_wanted_;
  if (!is_right) return Unauthorized();
  failures_.GiveBack(client, clock_.Boot());
  return std::nullopt;
}

std::optional<BasicAuth::Tag> BasicAuth::MakeTag(std::string_view input) const {
  if (!key_) return std::nullopt;
  Tag tag{};
  const auto* made = ::HMAC(EVP_sha256(), key_->data(), static_cast<int>(key_->size()),
                            reinterpret_cast<const unsigned char*>(input.data()), input.size(),
                            tag.data(), nullptr);
  if (made == nullptr) return std::nullopt;
  return tag;
}

bool BasicAuth::IsRemembered(const Attempt& attempt) {
  const auto& remembered = attempt.user->remembered;
  return remembered && attempt.tag &&
         ::CRYPTO_memcmp(remembered->data(), attempt.tag->data(), attempt.tag->size()) == 0;
}

// Throws nothing, since hashes_wanted_ must go down again.
bool BasicAuth::IsRight(const Attempt& attempt) noexcept {
  const std::lock_guard turn(hash_mutex_);
  {
    // Perhaps the one before us came with the same password, and now it is remembered.
    const std::lock_guard lock(mutex_);
    if (IsRemembered(attempt)) return true;
  }
  ++hashes_computed_;
  const bool matches = Matches(attempt.user->hash, attempt.password, scratch_->data);
  if (!matches || attempt.user == &nobody_) return false;
  const std::lock_guard lock(mutex_);
  attempt.user->remembered = attempt.tag;
  return true;
}

std::string HashOfNobody(const std::map<std::string, std::string, std::less<>>& users) {
  std::string_view cost = "04";
  for (const auto& [name, hash] : users) {
    if (CostOf(hash)) cost = std::max(cost, std::string_view(hash).substr(kCostAt, 2));
  }
  return "$2y$" + std::string(cost) + "$" + std::string(kNobody);
}

Status CheckBcryptHash(std::string_view hash) {
  const auto cost = CostOf(hash);
  if (!cost) {
    return Fail(ErrorCode::kInvalid,
                R"(not a bcrypt hash, expected one such as htpasswd -nBC 10 "" prints )"
                "($2y$10$ and 53 more characters)");
  }
  if (*cost < kLowestCost || *cost > kHighestCost) {
    return Fail(ErrorCode::kInvalid, "a bcrypt hash of cost " + std::to_string(*cost) +
                                         ", expected 4 to 14: each step doubles the time that "
                                         "checking a password takes");
  }
  if (::crypt_checksalt(std::string(hash).c_str()) == CRYPT_SALT_INVALID) {
    return Fail(ErrorCode::kUnavailable,
                "a bcrypt hash, which crypt(3) of this system can't check");
  }
  return {};
}

std::optional<Credentials> ParseBasicCredentials(std::string_view authorization) {
  std::string_view rest = Trim(authorization);
  if (!EqualIgnoringCase(TakeUntil(rest, ' '), "Basic")) return std::nullopt;
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.size() > (kLongestCredentials + 2) / 3 * 4) return std::nullopt;

  const auto decoded = DecodeBase64(rest);
  if (!decoded || decoded->size() > kLongestCredentials) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos || decoded->find('\0') != std::string::npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

std::string TagInput(std::string_view user, std::string_view hash, std::string_view password) {
  std::string input;
  for (const std::string_view part : {user, hash, password}) {
    const std::uint64_t size = part.size();
    for (unsigned shift = 0; shift < 64; shift += 8) {
      input += static_cast<char>((size >> shift) & 0xFFU);
    }
    input += part;
  }
  return input;
}

}  // namespace procmarshal
