#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace procmarshal {

// What a text of the configuration must be: the text as it is kept, or kInvalid with a message that
// quotes it and says what is expected.
using TextCheck = Result<std::string> (*)(std::string_view text);

[[nodiscard]] Result<std::string> CheckListenAddress(std::string_view text);
[[nodiscard]] Result<std::string> CheckNetwork(std::string_view text);
// A name or an address as in a Host header, without a port; kept in lower case.
[[nodiscard]] Result<std::string> CheckHost(std::string_view text);

[[nodiscard]] Result<std::string> CheckPath(std::string_view text);
// Or a shell pattern of such.
[[nodiscard]] Result<std::string> CheckAbsolutePath(std::string_view text);
[[nodiscard]] Result<std::string> CheckTlsVersion(std::string_view text);
// The name of a certificate's owner.
[[nodiscard]] Result<std::string> CheckSubjectName(std::string_view text);
// Only that it looks like one: which there are is up to OpenSSL.
[[nodiscard]] Result<std::string> CheckCipherSuite(std::string_view text);
[[nodiscard]] Result<std::string> CheckCurve(std::string_view text);

// Values of headers; "" is allowed for each.
[[nodiscard]] Result<std::string> CheckHeader(std::string_view text);
[[nodiscard]] Result<std::string> CheckFrameOptions(std::string_view text);
[[nodiscard]] Result<std::string> CheckContentTypeOptions(std::string_view text);

// Of shell patterns and of what they are compared with: text that can fit something.
[[nodiscard]] Result<std::string> CheckPattern(std::string_view text);
// A regular expression for command lines.
[[nodiscard]] Result<std::string> CheckExpression(std::string_view text);

// The name of somebody who may log in.
[[nodiscard]] Status CheckUserName(std::string_view name);

// Which of `names` the text is.
[[nodiscard]] Result<std::size_t> FindName(std::string_view text,
                                           std::span<const std::string_view> names);

// `"logfmt" or "json"`.
[[nodiscard]] std::string ListOf(std::span<const std::string_view> names);

}  // namespace procmarshal
