// Whatever a configuration and a process hold: rules that are accepted give names that are valid
// and short. The first lines are a rule, the rest is the process.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse.h"
#include "base/utf8.h"
#include "collectors/group_matcher.h"

namespace {

std::string TakeLine(std::string_view& rest) {
  std::string line;
  procmarshal::AppendValidUtf8(procmarshal::TakeUntil(rest, '\n'), line);
  return line;
}

void CheckName(const std::string& name) {
  std::string valid;
  procmarshal::AppendValidUtf8(name, valid);
  if (valid != name || name.size() > 256) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procmarshal;  // NOLINT(google-build-using-namespace)
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  GroupRule rule;
  rule.name = TakeLine(rest);
  rule.match.cmdline = {TakeLine(rest), TakeLine(rest)};
  rule.exclude.unit = {TakeLine(rest)};
  const std::string comm = TakeLine(rest);
  const std::string unit = TakeLine(rest);
  const std::string executable = TakeLine(rest);
  std::string command_line;
  AppendValidUtf8(rest, command_line);
  const std::vector<std::string_view> cgroups = {unit, executable};

  const auto matcher = GroupMatcher::Make({rule});
  if (!matcher) return 0;
  for (const std::string& name : matcher->Declared()) CheckName(name);
  const auto match = matcher->Find({.comm = comm,
                                    .executable = executable,
                                    .command_line = command_line,
                                    .user = comm,
                                    .unit = unit,
                                    .slice = unit,
                                    .container = comm,
                                    .pod = executable,
                                    .cgroups = cgroups,
                                    .pid = 1,
                                    .start_time_seconds = static_cast<double>(size)});
  if (match) CheckName(match->group);
  return 0;
}
