// File descriptors of the host, from /proc/sys/fs/file-nr: "1216\t0\t9223372036854775807": in use,
// nothing since Linux 2.6, and how many there may be.

#include <cstdint>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Descriptors {
  std::uint64_t allocated = 0;
  std::uint64_t maximum = 0;
};

Result<Descriptors> Parse(std::string_view text) {
  const std::string_view line = TakeUntil(text, '\n');
  std::string_view rest = line;
  const auto allocated = ParseNumber<std::uint64_t>(TakeUntil(rest, '\t'));
  TakeUntil(rest, '\t');
  const auto maximum = ParseNumber<std::uint64_t>(rest);
  if (!allocated || !maximum) return FailExpected("file-nr: expected three numbers", line);
  return Descriptors{*allocated, *maximum};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto descriptors = env.proc.RereadLines("sys/fs/file-nr").and_then(Parse);
  if (!descriptors) return tl::unexpected(descriptors.error());

  out.Gauge("node_filefd_allocated", "File descriptors in use on the host.")
      .Add(static_cast<double>(descriptors->allocated));
  out.Gauge("node_filefd_maximum", "File descriptors that the host may have in use.")
      .Add(static_cast<double>(descriptors->maximum));
  return {};
}

const Registration kRegistration("filefd", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
