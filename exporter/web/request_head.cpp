#include "exporter/web/request_head.h"

#include "exporter/web/http.h"

namespace procmarshal {
namespace {

tl::unexpected<Error> Refuse(const char* reason) {
  return Fail(ErrorCode::kInvalid, reason);
}

Status CheckRequestLine(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first || line.find(' ', first + 1) != last ||
      last == first + 1 || !IsToken(line.substr(0, first)) || last + 1 == line.size()) {
    return Refuse("the request line is not METHOD TARGET VERSION with one space between");
  }
  return {};
}

Status CheckField(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return Refuse("a header line is folded");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return Refuse("a header line is not NAME: VALUE");
  }
  return {};
}

}  // namespace

Status CheckHead(std::string_view received) {
  constexpr std::string_view kLineEnd = "\r\n";
  // An empty line before the request is to be ignored (RFC 9112, section 2.2).
  if (received.starts_with(kLineEnd)) received.remove_prefix(kLineEnd.size());
  bool is_first = true;
  while (true) {
    const std::size_t end = received.find(kLineEnd);
    if (end == std::string_view::npos) return Refuse("a line does not end with CR LF");
    const std::string_view line = received.substr(0, end);
    if (line.empty() && !is_first) return {};
    if (!IsFieldText(line)) {
      return Refuse("a line of the header holds a control character, or CR or LF by itself");
    }
    const Status status = is_first ? CheckRequestLine(line) : CheckField(line);
    if (!status) return status;
    is_first = false;
    received.remove_prefix(end + kLineEnd.size());
  }
}

}  // namespace procmarshal
