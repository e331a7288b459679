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

// Maps errno to a code: ENOENT and ESRCH mean "gone", not "broken".
[[nodiscard]] inline tl::unexpected<Error> FailErrno(std::string_view context, int err = errno) {
  ErrorCode code = ErrorCode::kInternal;
  if (err == ENOENT || err == ESRCH) code = ErrorCode::kNotFound;
  if (err == EACCES || err == EPERM) code = ErrorCode::kDenied;
  return Fail(code, std::string(context) + ": " + std::generic_category().message(err));
}

}  // namespace procmarshal
