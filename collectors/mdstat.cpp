// Software RAID, from /proc/mdstat:
//
//   Personalities : [raid1] [raid6] [raid5] [raid4]
//   md1 : active raid5 sdd1[3] sdc1[2](S) sdb1[1](F) sda1[0]
//         4190208 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [U_U]
//         [=>...................]  recovery =  8.5% (178176/2095104) finish=0.7min speed=44544K/sec
//         bitmap: 0/1 pages [0KB], 65536KB chunk
//
//   unused devices: <none>
//
// "resync=PENDING", "resync=DELAYED" and the like stand for what has not begun.
#include "collectors/mdstat.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/parse.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

// What the kernel calls it, and the state by node_exporter's name, or one like it.
struct Action {
  std::string_view word;
  std::string_view state;
};
constexpr std::array<Action, 4> kActions = {
    {{"recovery", "recovering"}, {"resync", "resync"}, {"check", "check"}, {"reshape", "reshape"}}};

std::uint64_t CountOf(std::string_view what, std::string_view text) {
  std::uint64_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

bool IsIndented(std::string_view line) {
  return line.empty() || line.front() == ' ' || line.front() == '\t';
}

// "[3/2]": wanted, and there.
bool ParseDisks(std::string_view word, MdArray& array) {
  if (!word.starts_with('[') || !word.ends_with(']')) return false;
  word = word.substr(1, word.size() - 2);
  const auto required = ParseNumber<std::uint64_t>(TakeUntil(word, '/'));
  const auto active = ParseNumber<std::uint64_t>(word);
  if (!required || !active) return false;
  array.disks_required = *required;
  array.disks_active = *active;
  return true;
}

// "4190208 blocks super 1.2 ... [3/2] [U_U]". Kinds without redundancy lack the count of disks:
// all of them are needed. Inactive arrays without disks lack the line.
bool ParseStatus(std::string_view line, std::uint64_t components, MdArray& array) {
  const bool is_inactive = array.state == "inactive";
  line = Trim(line);
  if (line.empty()) return is_inactive;
  const auto blocks = ParseNumber<std::uint64_t>(TakeWord(line));
  if (!blocks || TakeWord(line) != "blocks") return false;
  array.blocks = array.blocks_synced = *blocks;
  if (is_inactive) return true;
  while (!line.empty()) {
    if (ParseDisks(TakeWord(line), array)) return true;
  }
  array.disks_required = array.disks_active = components;
  return true;
}

// "(178176/2095104)"; nothing was synced of what has not begun.
std::optional<std::uint64_t> ParseSynced(std::string_view line) {
  const auto open = line.find('(');
  if (open == std::string_view::npos) return 0;
  std::string_view synced = line.substr(open + 1);
  return ParseNumber<std::uint64_t>(TakeUntil(synced, '/'));
}

// Any line behind the status: progress, a bitmap, or blank.
bool ParseProgress(std::string_view line, MdArray& array) {
  line = Trim(line);
  if (line.starts_with('[')) TakeWord(line);  // the bar
  line = Trim(line);
  const std::string_view word = line.substr(0, line.find_first_of(" ="));
  const auto* const action = std::ranges::find(kActions, word, &Action::word);
  if (action == kActions.end()) return true;
  const auto synced = ParseSynced(line);
  if (!synced) return false;
  array.state = action->state;
  array.blocks_synced = *synced;
  return true;
}

// "md1 : active raid5 sdd1[3] ...", and the indented lines behind it.
std::optional<MdArray> ParseArray(std::string_view head, std::string_view body) {
  MdArray array;
  array.disks_failed = CountOf("(F)", head);
  array.disks_spare = CountOf("(S)", head);
  const std::uint64_t components = CountOf("[", head);
  array.name = TakeWord(head);
  if (TakeWord(head) != ":") return std::nullopt;
  array.state = TakeWord(head);
  if (array.name.empty() || array.state.empty()) return std::nullopt;
  if (!ParseStatus(TakeUntil(body, '\n'), components, array)) return std::nullopt;
  while (!body.empty()) {
    if (!ParseProgress(TakeUntil(body, '\n'), array)) return std::nullopt;
  }
  return array;
}

// The lines up to the next that is not indented.
std::string_view TakeIndented(std::string_view& text) {
  std::string_view rest = text;
  std::string_view next = text;
  while (!next.empty() && IsIndented(TakeUntil(next, '\n'))) rest = next;
  const std::string_view indented = text.substr(0, text.size() - rest.size());
  text = rest;
  return indented;
}

}  // namespace

Result<std::vector<MdArray>> ParseMdstat(std::string_view text) {
  std::vector<MdArray> arrays;
  while (!text.empty()) {
    const std::string_view head = TakeUntil(text, '\n');
    if (IsIndented(head) || head.starts_with("Personalities") || head.starts_with("unused")) {
      continue;
    }
    auto array = ParseArray(head, TakeIndented(text));
    if (!array) {
      return FailExpected(R"(mdstat: expected "NAME : STATE ...", blocks and progress behind it)",
                          head);
    }
    arrays.push_back(*std::move(array));
  }
  return arrays;
}

}  // namespace procmarshal
