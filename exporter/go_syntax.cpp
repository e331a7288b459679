#include "exporter/go_syntax.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/ascii.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kCapture = ".Matches.";
constexpr auto kFields = std::to_array<std::string_view>(
    {".Comm", ".ExeBase", ".ExeFull", ".Username", ".PID", ".StartTime", ".Cgroups"});

constexpr std::string_view kNewCapture = "(?<";
constexpr std::size_t kLongestReason = 100;  // RE2 repeats as much of an expression as it dislikes

// How many bytes at the front of `rest` belong to an escape: `\d`, or all of `\Q...\E`.
std::size_t EscapeLength(std::string_view rest) {
  constexpr std::size_t kPair = 2;
  if (!rest.starts_with("\\Q")) return std::min(kPair, rest.size());
  const std::size_t end = rest.find("\\E");
  return end == std::string_view::npos ? rest.size() : end + kPair;
}

// How many bytes at the front of `rest` are a class: `[^](?<a[:word:]\]]`.
std::size_t ClassLength(std::string_view rest) {
  std::size_t at = rest.starts_with("[^") ? 2 : 1;
  if (at < rest.size() && rest[at] == ']') ++at;
  while (at < rest.size() && rest[at] != ']') {
    const bool is_named = rest.substr(at).starts_with("[:");
    const std::size_t end = is_named ? rest.find(":]", at) : std::string_view::npos;
    if (end != std::string_view::npos) {
      at = end + 2;
    } else {
      at += rest[at] == '\\' ? 2 : 1;
    }
  }
  return std::min(at + 1, rest.size());
}

// Whether what stands here captures by a name; else it looks behind, which neither can.
bool IsNewCapture(std::string_view rest) {
  if (!rest.starts_with(kNewCapture) || rest.size() == kNewCapture.size()) return false;
  const char first = rest[kNewCapture.size()];
  return IsAlphanumeric(first) || first == '_';
}

std::string WithOldCaptures(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    std::size_t length = 1;
    if (rest.front() == '\\') length = EscapeLength(rest);
    if (rest.front() == '[') length = ClassLength(rest);
    if (IsNewCapture(rest)) {
      out += "(?P<";
      length = kNewCapture.size();
    } else {
      out += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  return out;
}

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

bool IsCapture(std::string_view field) {
  if (!field.starts_with(kCapture)) return false;
  field.remove_prefix(kCapture.size());
  return !field.empty() &&
         std::ranges::all_of(field, [](char c) { return IsAlphanumeric(c) || c == '_'; });
}

// An action with its braces.
Result<std::string> CarryAction(std::string_view action, const std::set<std::string>& captures) {
  const std::string_view inside =
      action.substr(kOpen.size(), action.size() - kOpen.size() - kClose.size());
  const std::string_view field = TrimBlanks(inside);
  if (std::ranges::find(kFields, field) != kFields.end()) return std::string(action);
  if (!IsCapture(field)) return Fail(ErrorCode::kNotFound, Quote(action));
  const bool known = captures.contains(std::string(field.substr(kCapture.size())));
  return std::string(known ? action : "<no value>");
}

}  // namespace

Result<Expression> Re2Expression(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  Expression out{.text = WithOldCaptures(expression), .captures = {}, .program_size = 0};
  const re2::RE2 compiled(out.text, options);
  if (!compiled.ok()) {
    return Fail(ErrorCode::kInvalid,
                Printable(std::string_view(compiled.error()).substr(0, kLongestReason)));
  }
  for (const auto& [name, index] : compiled.NamedCapturingGroups()) out.captures.insert(name);
  out.program_size = compiled.ProgramSize();
  return out;
}

Result<std::string> GroupNameOfTemplate(std::string_view name,
                                        const std::set<std::string>& captures) {
  std::string out;
  while (!name.empty()) {
    const std::size_t open = name.find(kOpen);
    out += name.substr(0, open);
    if (open == std::string_view::npos) break;

    name.remove_prefix(open);
    const std::size_t close = name.find(kClose, kOpen.size());
    if (close == std::string_view::npos) {
      return Fail(ErrorCode::kInvalid, Quote(name) + " has {{ without }}");
    }
    const auto action = CarryAction(name.substr(0, close + kClose.size()), captures);
    if (!action) return action;
    out += *action;
    name.remove_prefix(close + kClose.size());
  }
  return out;
}

}  // namespace procmarshal
