// Mounts, from /proc/PID/mountinfo: "36 35 98:0 /top /mnt/my\040disk rw,noatime shared:1 - ext4
// /dev/sdb1 rw,errors=continue": number, number of the parent, device, directory that is mounted,
// mount point, options, any number of optional fields, "-", type, source, options of the file
// system. See proc_pid_mountinfo(5).

#include "collectors/mount_table.h"

#include <algorithm>
#include <optional>

#include "collectors/words.h"

namespace procmarshal {
namespace {

constexpr std::size_t kOctalDigits = 3;

bool IsOctalDigit(char c) {
  return c >= '0' && c <= '7';
}

// The byte that "040" stands for.
std::optional<char> ParseOctal(std::string_view digits) {
  if (digits.size() != kOctalDigits || digits[0] > '3') return std::nullopt;
  if (!std::ranges::all_of(digits, IsOctalDigit)) return std::nullopt;
  const int byte = ((digits[0] - '0') * 64) + ((digits[1] - '0') * 8) + (digits[2] - '0');
  return static_cast<char>(byte);
}

// The kernel writes blanks, newlines, '\' and '#' as '\' and three octal digits.
std::string Unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const auto byte =
        text.front() == '\\' ? ParseOctal(text.substr(1, kOctalDigits)) : std::nullopt;
    plain += byte.value_or(text.front());
    text.remove_prefix(byte ? 1 + kOctalDigits : 1);
  }
  return plain;
}

bool HasReadOnly(std::string_view options) {
  while (!options.empty()) {
    const std::string_view option = TakeUntil(options, ',');
    if (option == "ro" || option == "emergency_ro") return true;  // the latter of ext4, Linux 6.15
  }
  return false;
}

std::optional<Mount> ParseLine(std::string_view line) {
  TakeUntil(line, ' ');
  TakeUntil(line, ' ');
  std::string_view device = TakeUntil(line, ' ');
  const auto major = ParseNumber<unsigned>(TakeUntil(device, ':'));
  const auto minor = ParseNumber<unsigned>(device);
  TakeUntil(line, ' ');
  const std::string_view point = TakeUntil(line, ' ');
  const std::string_view options = TakeUntil(line, ' ');
  while (!line.empty() && TakeUntil(line, ' ') != "-") {
  }
  const std::string_view type = TakeUntil(line, ' ');
  const std::string_view source = TakeUntil(line, ' ');  // empty if mount(2) was given none
  const std::string_view super_options = line;
  if (!major || !minor || !point.starts_with('/') || type.empty() || super_options.empty()) {
    return std::nullopt;
  }
  return Mount{.major = *major,
               .minor = *minor,
               .point = Unescape(point),
               .type = std::string(type),
               .source = std::string(source),
               .is_read_only = HasReadOnly(options) || HasReadOnly(super_options)};
}

}  // namespace

Result<std::vector<Mount>> ParseMountInfo(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    const std::string_view line = TakeUntil(text, '\n');
    auto mount = ParseLine(line);
    if (!mount) {
      return FailExpected(
          R"(mountinfo: expected "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS - TYPE SOURCE OPTIONS")",
          line);
    }
    mounts.push_back(*std::move(mount));
  }
  return mounts;
}

}  // namespace procmarshal
