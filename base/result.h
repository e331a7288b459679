#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace procmarshal {

// What the caller may do about a failure: skip it, count it, refuse the input, try again, report
// it. Anything finer belongs in the message.
enum class ErrorCode { kNotFound, kDenied, kInvalid, kUnavailable, kInternal };

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // "<what was tried, on what>: <cause>", lower case, no trailing period
};

// Every function that can fail returns a Result. Becomes std::expected with C++23.
template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

// Maps errno to a code: ENOENT, ESRCH and ENODEV mean "gone", not "broken". So does EOPNOTSUPP: the
// kernel has the file, and what it tells of is switched off (/proc/pressure with psi=0).
[[nodiscard]] inline tl::unexpected<Error> FailErrno(std::string_view context, int err = errno) {
  ErrorCode code = ErrorCode::kInternal;
  const bool is_gone = err == ENOENT || err == ESRCH || err == ENODEV || err == EOPNOTSUPP;
  if (is_gone) code = ErrorCode::kNotFound;
  if (err == EACCES || err == EPERM) code = ErrorCode::kDenied;
  return Fail(code, std::string(context) + ": " + std::generic_category().message(err));
}

}  // namespace procmarshal
