// Reads targets such as "/api/v1/processes/7" and "http://localhost:9256/metrics".
#include "exporter/web/request_target.h"

#include <initializer_list>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "exporter/web/address.h"

namespace procmarshal {
namespace {

// What may stand in a path beside letters, digits and escapes (pchar of RFC 3986, 3.3).
constexpr std::string_view kPathPunctuation = "/-._~!$&'()*+,;=:@";
constexpr std::string_view kHostPunctuation = "-._";

bool IsOneOf(char c, std::string_view punctuation) {
  return IsAlphanumeric(c) || punctuation.find(c) != std::string_view::npos;
}

// "[IPV6]" up to the bracket, or what stands before the colon; empty if a bracket never closes.
std::string_view HostPart(std::string_view text) {
  if (!text.starts_with('[')) return text.substr(0, text.find(':'));
  const std::size_t end = text.find(']');
  return end == std::string_view::npos ? std::string_view{} : text.substr(0, end + 1);
}

// The host alone, or nullopt.
std::optional<Authority> ParseHost(std::string_view text) {
  if (text.starts_with('[')) {
    const std::string_view address = text.substr(1, text.size() - 2);
    const bool is_ipv6 = address.find(':') != std::string_view::npos && Address::Parse(address);
    if (!is_ipv6) return std::nullopt;
    return Authority{.host = Lowercase(address), .is_address = true, .port = {}};
  }
  for (const char c : text) {
    if (!IsOneOf(c, kHostPunctuation)) return std::nullopt;
  }
  Authority authority{
      .host = Lowercase(text), .is_address = Address::Parse(text).has_value(), .port = {}};
  if (authority.host.ends_with('.')) authority.host.pop_back();
  if (authority.host.empty()) return std::nullopt;
  return authority;
}

tl::unexpected<Error> Invalid(std::string_view target, std::string_view why) {
  return Fail(ErrorCode::kInvalid, "request target " + Quote(target) + ": " + std::string(why));
}

// Removes the first character of a path, which may be an escape, and returns it decoded. The
// message of a failure says why, and no more.
Result<char> TakeCharacter(std::string_view& rest) {
  const char first = rest.front();
  if (first != '%') {
    rest.remove_prefix(1);
    if (IsOneOf(first, kPathPunctuation)) return first;
    return Fail(ErrorCode::kInvalid, "a character that must be escaped");
  }
  const std::optional<char> byte = ParseHexByte(rest.substr(1, 2));
  if (!byte) return Fail(ErrorCode::kInvalid, "not two hexadecimal digits after a percent sign");
  if (*byte == '/' || IsControl(*byte)) {
    return Fail(ErrorCode::kInvalid, "an escape of a slash or a control character");
  }
  rest.remove_prefix(3);
  return *byte;
}

Result<std::string> DecodePath(std::string_view raw) {
  std::string path;
  while (!raw.empty()) {
    const auto character = TakeCharacter(raw);
    if (!character) return tl::unexpected(character.error());
    path += *character;
  }
  return path;
}

bool HasDotSegment(std::string_view path) {
  while (!path.empty()) {
    const std::string_view segment = TakeUntil(path, '/');
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

// Removes "http://HOST:PORT" from the front of a target of that form and returns HOST:PORT.
std::optional<std::string> TakeAuthority(std::string_view& target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    std::string authority(target.substr(0, target.find('/')));
    target.remove_prefix(authority.size());
    return authority;
  }
  return std::nullopt;
}

}  // namespace

Result<Authority> ParseAuthority(std::string_view text) {
  const std::string_view host = HostPart(text);
  const std::string_view port = text.substr(host.size());
  auto authority = ParseHost(host);
  bool is_valid = authority.has_value() && (port.empty() || port.starts_with(':'));
  if (is_valid && port.size() > 1) {
    authority->port = ParseNumber<std::uint16_t>(port.substr(1));
    is_valid = authority->port.has_value();
  }
  if (!is_valid) return Fail(ErrorCode::kInvalid, Quote(text) + " is not HOST or HOST:PORT");
  return *authority;
}

Result<Target> ParseTarget(std::string_view raw) {
  std::string_view rest = raw;
  auto authority = TakeAuthority(rest);
  if (authority) {
    const auto parsed = ParseAuthority(*authority);
    if (!parsed) return Invalid(raw, parsed.error().message);
  }
  if (!rest.starts_with('/')) return Invalid(raw, "expected /PATH or http://HOST:PORT/PATH");
  auto path = DecodePath(rest);
  if (!path) return Invalid(raw, path.error().message);
  if (HasDotSegment(*path)) return Invalid(raw, R"(a segment "." or "..")");
  return Target{.authority = std::move(authority), .path = std::move(*path)};
}

}  // namespace procmarshal
