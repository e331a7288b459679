// Rules for the head of a request, mostly those of RFC 9112. CivetWeb, which reads it, answers some
// of them itself before us, with 400: a control character anywhere, and each Transfer-Encoding but
// chunked and identity (of several, it looks at the first).
#include "exporter/web/request_check.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "exporter/web/request_target.h"

namespace procmarshal {
namespace {

using Verdict = std::optional<Refusal>;
using Rule = Verdict (*)(const RequestHead&, const WebLimits&);

constexpr std::size_t kMostHeaders = 63;

Refusal Refuse(int code, RefusedFor reason, std::string body) {
  return {.reason = reason, .response = Response::Text(code, std::move(body) + '\n')};
}

Refusal Malformed(std::string_view what) {
  return Refuse(400, RefusedFor::kMalformed, "Malformed request: " + std::string(what) + '.');
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Verdict CheckHeaders(const RequestHead& head, const WebLimits&) {
  if (head.headers.size() > kMostHeaders) {
    return Refuse(431, RefusedFor::kTooLarge, "The request has more than 63 headers.");
  }
  for (const auto& [name, value] : head.headers) {
    if (!IsToken(name)) return Malformed(Quote(name) + " is no header's name");
    if (!IsFieldText(value)) return Malformed("a control character in the header " + Quote(name));
  }
  return std::nullopt;
}

Verdict CheckTarget(const RequestHead& head, const WebLimits&) {
  const auto target = ParseTarget(head.target);
  if (!target) return Malformed(target.error().message);
  return std::nullopt;
}

Verdict CheckHost(const RequestHead& head, const WebLimits&) {
  const auto hosts = ValuesOf(head.headers, "Host");
  if (hosts.size() > 1) return Malformed("more than one Host header");
  if (hosts.empty()) {
    if (head.http_version == "1.0") return std::nullopt;
    return Malformed("HTTP/1.1 without a Host header");
  }
  // Empty is what a client sends that knows no name (RFC 9112, 3.2): good enough for a scrape.
  if (hosts.front().empty()) return std::nullopt;
  const auto authority = ParseAuthority(hosts.front());
  if (!authority) return Malformed("Host: " + authority.error().message);
  return std::nullopt;
}

// RFC 9112, 6.1 and 6.3: what does not end in chunked has no end, other codings we do not know, and
// in HTTP/1.0 or beside a Content-Length it may be an attempt at smuggling.
Verdict CheckTransferEncoding(const RequestHead& head, const WebLimits&) {
  const auto encodings = ValuesOf(head.headers, "Transfer-Encoding");
  if (encodings.empty()) return std::nullopt;
  if (!ValuesOf(head.headers, "Content-Length").empty()) {
    return Malformed("both Transfer-Encoding and Content-Length");
  }
  if (head.http_version == "1.0") return Malformed("Transfer-Encoding in HTTP/1.0");
  const std::string_view last = encodings.back();
  if (!EqualIgnoringCase(Trim(last.substr(last.rfind(',') + 1)), "chunked")) {
    return Malformed("a Transfer-Encoding that does not end in chunked");
  }
  if (encodings.size() > 1 || !EqualIgnoringCase(last, "chunked")) {
    return Refuse(501, RefusedFor::kMalformed, "No transfer coding is taken.");
  }
  return Refuse(411, RefusedFor::kTooLarge, "A body needs a Content-Length, not chunks.");
}

Verdict CheckContentLength(const RequestHead& head, const WebLimits& limits) {
  const auto lengths = ValuesOf(head.headers, "Content-Length");
  if (lengths.empty()) return std::nullopt;
  if (lengths.size() > 1) return Malformed("more than one Content-Length header");
  if (!IsNumber(lengths.front())) {
    return Malformed("Content-Length " + Quote(lengths.front()) + " is not a number");
  }
  const auto length = ParseNumber<std::uint64_t>(lengths.front());  // nullopt: over 2^64
  if (length && *length <= limits.body_size) return std::nullopt;
  return Refuse(413, RefusedFor::kTooLarge,
                "The body is over the limit of " + std::to_string(limits.body_size) +
                    " bytes. web.limits.body_size sets it.");
}

// A compressed body is as large as it likes once unpacked.
Verdict CheckContentEncoding(const RequestHead& head, const WebLimits&) {
  for (const std::string_view encoding : ValuesOf(head.headers, "Content-Encoding")) {
    if (EqualIgnoringCase(encoding, "identity")) continue;
    return Refuse(415, RefusedFor::kTooLarge, "No compressed body is taken.");
  }
  return std::nullopt;
}

Verdict CheckExpect(const RequestHead& head, const WebLimits&) {
  for (const std::string_view expectation : ValuesOf(head.headers, "Expect")) {
    if (EqualIgnoringCase(expectation, "100-continue")) continue;
    return Refuse(417, RefusedFor::kMalformed, "Nothing but 100-continue may be expected.");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> CheckRequest(const RequestHead& head, const WebLimits& limits) {
  constexpr std::array<Rule, 7> kRules = {
      CheckHeaders,       CheckTarget,          CheckHost,  CheckTransferEncoding,
      CheckContentLength, CheckContentEncoding, CheckExpect};
  for (const Rule rule : kRules) {
    if (Verdict verdict = rule(head, limits)) return verdict;
  }
  return std::nullopt;
}

Request ToRequest(RequestHead head) {
  Request request;
  request.method = std::move(head.method);
  request.headers = std::move(head.headers);
  const auto hosts = ValuesOf(request.headers, "Host");
  if (!hosts.empty()) request.authority = hosts.front();
  if (auto target = ParseTarget(head.target)) {
    request.path = std::move(target->path);
    request.authority = std::move(target->authority).value_or(std::move(request.authority));
  }
  return request;
}

}  // namespace procmarshal
