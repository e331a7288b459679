#include "collectors/group_name.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "base/suggest.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kCapture = ".Matches.";
// Of a name in bytes: a rule may capture a whole command line, and each series repeats the name.
constexpr std::size_t kLongestName = 256;

// One byte more than a name can have is enough to see that it has to be cut.
void Append(std::string_view text, std::string& out) {
  AppendValidUtf8(text.substr(0, kLongestName + 1), out);
}

// A process without arguments goes by its comm.
void AppendExeFull(const MatchSubject& subject, std::string& out) {
  Append(subject.executable.empty() ? GroupOfComm(subject.comm) : subject.executable, out);
}

void AppendExeBase(const MatchSubject& subject, std::string& out) {
  Append(subject.executable.empty() ? GroupOfComm(subject.comm) : BaseName(subject.executable),
         out);
}

// As Go prints a time: "2006-01-02 15:04:05.99 +0000 UTC", without a fraction that is zero. The
// kernel counts start times in hundredths of a second.
void AppendStartTime(const MatchSubject& subject, std::string& out) {
  constexpr long long kHundredths = 100;
  const long long start = std::llround(subject.start_time_seconds * kHundredths);
  const std::time_t seconds = start / kHundredths;
  std::tm parts{};
  if (start < 0 || ::gmtime_r(&seconds, &parts) == nullptr) return;
  std::array<char, 64> text{};
  out.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts));

  std::string fraction = std::to_string(kHundredths + (start % kHundredths));
  fraction.front() = '.';
  out.append(fraction, 0, fraction.find_last_not_of(".0") + 1);
  out += " +0000 UTC";
}

// As Go prints a list of strings: "[/a /b]".
void AppendCgroups(const MatchSubject& subject, std::string& out) {
  out += '[';
  for (const std::string_view& path : subject.cgroups) {
    if (out.size() > kLongestName) return;
    if (&path != subject.cgroups.data()) out += ' ';
    Append(path, out);
  }
  out += ']';
}

struct NamedField {
  std::string_view name;
  void (*append)(const MatchSubject& subject, std::string& out);
};
constexpr auto kFields = std::to_array<NamedField>({
    {".Comm", [](const MatchSubject& s, std::string& out) { Append(GroupOfComm(s.comm), out); }},
    {".ExeBase", &AppendExeBase},
    {".ExeFull", &AppendExeFull},
    {".Username", [](const MatchSubject& s, std::string& out) { Append(s.user, out); }},
    {".PID", [](const MatchSubject& s, std::string& out) { out += std::to_string(s.pid); }},
    {".StartTime", &AppendStartTime},
    {".Cgroups", &AppendCgroups},
    {".Unit", [](const MatchSubject& s, std::string& out) { Append(s.unit, out); }},
    {".Slice", [](const MatchSubject& s, std::string& out) { Append(s.slice, out); }},
    {".Container", [](const MatchSubject& s, std::string& out) { Append(s.container, out); }},
    {".Pod", [](const MatchSubject& s, std::string& out) { Append(s.pod, out); }},
});

std::string InBraces(std::string_view field) {
  return std::string(kOpen) + std::string(field) + std::string(kClose);
}

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

tl::unexpected<Error> RefuseField(std::string_view field) {
  std::string known;
  std::vector<std::string> all;
  for (const NamedField& each : kFields) {
    known += InBraces(each.name) + ", ";
    all.push_back(InBraces(each.name));
  }
  const std::string written = InBraces(field);
  return Fail(ErrorCode::kInvalid,
              Quote(written) + " is not known in a name, expected " + known +
                  "or {{.Matches.NAME}} with the NAME of a capture" +
                  DidYouMean(written, std::vector<std::string_view>(all.begin(), all.end())));
}

tl::unexpected<Error> RefuseCapture(std::string_view name, std::span<const std::string> captures) {
  std::string known;
  for (const std::string& each : captures) known += (known.empty() ? "" : ", ") + Quote(each);
  const std::string there_are =
      captures.empty() ? "none, which in cmdline are written (?P<NAME>...)" : known;
  return Fail(ErrorCode::kInvalid, Quote(InBraces(std::string(kCapture) + std::string(name))) +
                                       " is not a capture of this rule, which has " + there_are +
                                       DidYouMean(name, std::vector<std::string_view>(
                                                            captures.begin(), captures.end())));
}

// Cuts `name`, which is valid UTF-8, in front of the first character that is not wholly in.
void Cut(std::string& name) {
  if (name.size() <= kLongestName) return;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::size_t end = kLongestName;
  while (end > 0 && continues(name[end])) --end;
  name.resize(end);
}

}  // namespace

std::string_view BaseName(std::string_view path) {
  const std::size_t last = path.find_last_not_of('/');
  if (last == std::string_view::npos) return path.substr(0, 1);
  path = path.substr(0, last + 1);
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view GroupOfComm(std::string_view comm) {
  if (!comm.starts_with("kworker/")) return comm;
  return comm.substr(0, comm.find_first_of("-+"));
}

Result<GroupName> GroupName::Parse(std::string_view text, std::span<const std::string> captures) {
  GroupName name;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t open = rest.find(kOpen);
    if (open != 0) name.pieces_.emplace_back(std::string(rest.substr(0, open)));
    if (open == std::string_view::npos) break;

    rest.remove_prefix(open + kOpen.size());
    const std::size_t close = rest.find(kClose);
    if (close == std::string_view::npos) {
      return Fail(ErrorCode::kInvalid, Quote(text) + " has {{ without }} behind it");
    }
    auto piece = ParseField(TrimBlanks(rest.substr(0, close)), captures);
    if (!piece) return tl::unexpected(piece.error());
    name.pieces_.push_back(*std::move(piece));
    rest.remove_prefix(close + kClose.size());
  }
  return name;
}

Result<GroupName::Piece> GroupName::ParseField(std::string_view field,
                                               std::span<const std::string> captures) {
  const auto known = std::ranges::find(kFields, field, &NamedField::name);
  if (known != kFields.end()) return Piece(known->append);
  if (!field.starts_with(kCapture)) return RefuseField(field);

  field.remove_prefix(kCapture.size());
  const auto capture = std::ranges::find(captures, field);
  if (capture == captures.end()) return RefuseCapture(field, captures);
  return Piece(static_cast<std::size_t>(capture - captures.begin()));
}

bool GroupName::IsFixed() const {
  return std::ranges::all_of(
      pieces_, [](const Piece& piece) { return std::holds_alternative<std::string>(piece); });
}

bool GroupName::UsesCaptures() const {
  return std::ranges::any_of(
      pieces_, [](const Piece& piece) { return std::holds_alternative<std::size_t>(piece); });
}

std::string GroupName::Of(const MatchSubject& subject,
                          std::span<const std::string_view> captured) const {
  std::string name;
  for (const Piece& piece : pieces_) {
    if (name.size() > kLongestName) break;
    if (const auto* text = std::get_if<std::string>(&piece)) Append(*text, name);
    if (const auto* field = std::get_if<Field>(&piece)) (*field)(subject, name);
    if (const auto* capture = std::get_if<std::size_t>(&piece)) Append(captured[*capture], name);
  }
  if (name.empty()) Append(GroupOfComm(subject.comm), name);
  Cut(name);
  return name;
}

}  // namespace procmarshal
