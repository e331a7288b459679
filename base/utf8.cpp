#include "base/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace procmarshal {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint64_t kHighBits = 0x8080808080808080U;  // of each byte of a word
constexpr std::size_t kLongestQuote = 80;

std::uint8_t ByteAt(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

// The bytes that may follow a lead byte. Only the second byte's range varies: that is what keeps
// out overlong forms (E0, F0), surrogates (ED) and code points above U+10FFFF (F4).
struct Lead {
  std::uint8_t first, last;
  std::uint8_t second_min, second_max;
  std::size_t length;
};
constexpr auto kLeads = std::to_array<Lead>({
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
});

struct Sequence {
  std::size_t length;  // of the character, or of the maximal subpart that is to be replaced
  bool valid;
};

// The first character of `text`, which must not be empty and must not begin with ASCII.
Sequence FirstSequence(std::string_view text) {
  const std::uint8_t byte = ByteAt(text, 0);
  for (const Lead& lead : kLeads) {
    if (byte < lead.first || byte > lead.last) continue;

    std::uint8_t min = lead.second_min;
    std::uint8_t max = lead.second_max;
    for (std::size_t i = 1; i < lead.length; ++i) {
      if (i == text.size() || ByteAt(text, i) < min || ByteAt(text, i) > max) return {i, false};
      min = 0x80;
      max = 0xBF;
    }
    return {lead.length, true};
  }
  return {1, false};
}

// How many bytes at the front of `text` are ASCII.
std::size_t AsciiPrefix(std::string_view text) {
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  while (at < text.size() && ByteAt(text, at) < 0x80) ++at;
  return at;
}

// How many bytes at the front of `text` are valid.
std::size_t ValidPrefix(std::string_view text) {
  std::size_t at = AsciiPrefix(text);
  while (at < text.size()) {
    const Sequence next = FirstSequence(text.substr(at));
    if (!next.valid) break;
    at += next.length;
    at += AsciiPrefix(text.substr(at));
  }
  return at;
}

struct Control {
  unsigned code_point;
  std::size_t length;  // in bytes
};

// The control character or line separator at the front of `text`, which is valid and not empty; its
// length is 0 when there is none. U+0080 to U+009F are controls too: a terminal obeys them.
Control FirstControl(std::string_view text) {
  const std::uint8_t byte = ByteAt(text, 0);
  if (byte < 0x20 || byte == 0x7F) return {byte, 1};
  if (byte == 0xC2 && ByteAt(text, 1) < 0xA0) return {ByteAt(text, 1), 2};
  if (text.starts_with("\xE2\x80\xA8")) return {0x2028, 3};
  if (text.starts_with("\xE2\x80\xA9")) return {0x2029, 3};
  return {0, 0};
}

void AppendControl(unsigned code_point, std::string& out) {
  if (code_point == '\n') {
    out += "\\n";
  } else if (code_point == '\r') {
    out += "\\r";
  } else if (code_point == '\t') {
    out += "\\t";
  } else {
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHexDigits[(code_point >> shift) & 0xFU];
  }
}

// Appends `text` repaired, its controls escaped and a backslash before each of `quoted`.
void AppendWithEscapes(std::string_view text, std::string_view quoted, std::string& out) {
  const std::string repaired = ValidUtf8(text);
  std::string_view rest = repaired;
  while (!rest.empty()) {
    if (const Control control = FirstControl(rest); control.length > 0) {
      AppendControl(control.code_point, out);
      rest.remove_prefix(control.length);
      continue;
    }
    if (quoted.find(rest.front()) != std::string_view::npos) out += '\\';
    out += rest.front();
    rest.remove_prefix(1);
  }
}

}  // namespace

void AppendValidUtf8(std::string_view text, std::string& out) {
  while (true) {
    const std::size_t valid = ValidPrefix(text);
    out.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) return;

    out.append(kReplacement);
    text.remove_prefix(FirstSequence(text).length);
  }
}

std::string ValidUtf8(std::string_view text) {
  std::string valid;
  AppendValidUtf8(text, valid);
  return valid;
}

bool IsValidUtf8(std::string_view text) {
  return ValidUtf8(text) == text;
}

void AppendEscaped(std::string_view text, std::string& out) {
  AppendWithEscapes(text, "\"\\", out);
}

std::string Printable(std::string_view text) {
  std::string out;
  AppendWithEscapes(text, "", out);
  return out;
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  AppendEscaped(text.substr(0, kLongestQuote), out);
  out += text.size() > kLongestQuote ? "...\"" : "\"";
  return out;
}

}  // namespace procmarshal
