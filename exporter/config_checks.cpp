#include "exporter/config_checks.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "collectors/group_matcher.h"
#include "exporter/web/address.h"
#include "exporter/web/listen_address.h"
#include "exporter/web/tls_names.h"

namespace procmarshal {
namespace {

// TLS 1.0 and 1.1 are told apart, to say what is wrong with them.
constexpr std::array<std::string_view, 3> kWeakVersions = {"SSL30", "TLS10", "TLS11"};
constexpr std::array<std::string_view, 2> kFrameOptions = {"deny", "sameorigin"};
constexpr std::array<std::string_view, 1> kContentTypeOptions = {"nosniff"};

tl::unexpected<Error> Refuse(std::string_view text, std::string_view reason) {
  return Fail(ErrorCode::kInvalid, Quote(text) + std::string(reason));
}

Result<std::string> CheckName(std::string_view text, std::span<const std::string_view> names) {
  const auto index = FindName(text, names);
  if (!index) return tl::unexpected(index.error());
  return std::string(text);
}

// Any case will do: browsers do not care either.
Result<std::string> CheckHeaderName(std::string_view text,
                                    std::span<const std::string_view> names) {
  if (text.empty() || FindName(Lowercase(text), names)) return std::string(text);
  return CheckName(text, names);
}

}  // namespace

Result<std::string> CheckListenAddress(std::string_view text) {
  const auto address = ParseListenAddress(text);
  if (!address) return tl::unexpected(address.error());
  return std::string(text);
}

Result<std::string> CheckNetwork(std::string_view text) {
  const auto network = Network::Parse(text);
  if (!network) return tl::unexpected(network.error());
  return std::string(text);
}

Result<std::string> CheckHost(std::string_view text) {
  constexpr std::size_t kLongestHost = 253;  // RFC 1035, written with dots
  const bool name =
      !text.empty() && text.size() <= kLongestHost &&
      std::ranges::all_of(text, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.'; });
  if (name || Address::Parse(text)) return Lowercase(text);
  return Refuse(text, R"( is not a host name, expected one such as "node1.example.org", without a )"
                      "port");
}

Result<std::string> CheckPath(std::string_view text) {
  if (std::ranges::none_of(text, IsControl)) return std::string(text);
  return Refuse(text, " is not a path, expected one without control characters");
}

Result<std::string> CheckAbsolutePath(std::string_view text) {
  if (!text.starts_with('/')) return Refuse(text, " is not an absolute path, expected one");
  return CheckPath(text);
}

Result<std::string> CheckTlsVersion(std::string_view text) {
  if (std::ranges::find(kWeakVersions, text) != kWeakVersions.end()) {
    return Refuse(text, " is too weak and not supported, expected " + ListOf(kTlsVersionNames));
  }
  return CheckName(text, kTlsVersionNames);
}

Result<std::string> CheckSubjectName(std::string_view text) {
  if (!text.empty() && std::ranges::none_of(text, IsControl)) return std::string(text);
  return Refuse(text, R"( does not fit, expected a name such as "prometheus.example.org")");
}

Result<std::string> CheckCipherSuite(std::string_view text) {
  const bool fits = text.starts_with("TLS_") &&
                    std::ranges::all_of(text, [](char c) { return IsAlphanumeric(c) || c == '_'; });
  if (fits) return std::string(text);
  return Refuse(text,
                " is not a cipher suite, expected an IANA name such as "
                R"("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")");
}

Result<std::string> CheckCurve(std::string_view text) {
  return CheckName(text, kCurveNames);
}

Result<std::string> CheckHeader(std::string_view text) {
  if (std::ranges::none_of(text, IsControl)) return std::string(text);
  return Refuse(text, " does not fit, expected text without control characters");
}

Result<std::string> CheckFrameOptions(std::string_view text) {
  return CheckHeaderName(text, kFrameOptions);
}

Result<std::string> CheckContentTypeOptions(std::string_view text) {
  return CheckHeaderName(text, kContentTypeOptions);
}

Result<std::string> CheckPattern(std::string_view text) {
  if (!text.empty() && std::ranges::none_of(text, IsControl)) return std::string(text);
  return Refuse(text, " does not fit anything, expected text without control characters");
}

Result<std::string> CheckExpression(std::string_view text) {
  if (const auto fits = CheckGroupExpression(text); !fits) return tl::unexpected(fits.error());
  return std::string(text);
}

Status CheckUserName(std::string_view name) {
  const bool fits =
      !name.empty() && std::ranges::none_of(name, [](char c) { return c == ':' || IsControl(c); });
  if (fits) return {};
  return Refuse(name, " is not a user's name, expected one without colons and control characters");
}

Result<std::size_t> FindName(std::string_view text, std::span<const std::string_view> names) {
  const auto found = std::ranges::find(names, text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  return Refuse(text, " does not fit, expected " + ListOf(names) + DidYouMean(text, names));
}

std::string ListOf(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    if (!list.empty()) list += name == names.back() ? " or " : ", ";
    list += Quote(name);
  }
  return list;
}

}  // namespace procmarshal
