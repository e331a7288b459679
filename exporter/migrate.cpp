#include "exporter/migrate.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/parse.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "collectors/group_name.h"
#include "exporter/config_checks.h"
#include "exporter/config_fields.h"
#include "exporter/go_syntax.h"
#include "exporter/process_exporter_file.h"

namespace procmarshal {
namespace {

using File = ProcessExporterFile;

constexpr std::size_t kLargestFile = 1U << 20U;  // whoever writes one by hand is far below
// Of the expressions' programs, in instructions: with all of them RE2 is done within seconds.
constexpr int kLargestPrograms = 20'000'000;
constexpr int kCostOfRefusal = 100'000;  // RE2 may find out late that one is too large
constexpr std::size_t kLongestLine = 100;
constexpr std::string_view kDefaultName = "{{.ExeBase}}";
// Without a group, each process would be in one that has its name.
constexpr std::string_view kNoGroups = R"(
# There is no rule to carry over, and nothing fits this one: no process is in a group.
[[group]]
name = "{{.Comm}}"
cmdline = ['[^\x00-\x{10FFFF}]']
)";

std::string Settings(std::string_view file, const ProcessExporterFlags& flags) {
  std::string out = "# What " + Printable(file) + " tells process-exporter, for procmarshal.\n";
  out += "\n[processes]\nthreads = ";
  out += flags.threads ? "true" : "false";
  out += "  # process-exporter's -threads\nsmaps = ";
  out += flags.gather_smaps ? "true" : "false";
  out += "  # its -gather-smaps\ngroup_ttl = ";
  out += flags.remove_empty_groups ? "\"1s\"  # its -remove-empty-groups\n"
                                   : "\"0s\"  # groups without processes stay\n";
  return out + "top = 0  # it shows no single processes\n";
}

// As a literal, '...', where that spares backslashes.
std::string TomlString(std::string_view text) {
  std::string basic = TomlText(text);
  const auto escapes = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return c == '"' || c == '\\'; }));
  constexpr std::size_t kQuotes = 2;
  const bool needs_no_other = basic.size() == text.size() + escapes + kQuotes;
  if (escapes == 0 || !needs_no_other || text.find('\'') != std::string_view::npos) return basic;
  return '\'' + std::string(text) + '\'';
}

std::string TomlList(std::string_view key, const std::vector<std::string>& texts) {
  std::string line = std::string(key) + " = [";
  std::string lines = line + '\n';
  for (const std::string& text : texts) {
    const std::string quoted = TomlString(text);
    line += (&text == texts.data() ? "" : ", ") + quoted;
    lines += "  " + quoted + ",\n";
  }
  return (line.size() < kLongestLine ? line : lines) + "]\n";
}

// The list is there, but nothing in it carried over.
bool FitsNothing(const File::List& list, const std::vector<std::string>& carried) {
  return list && carried.empty();
}

bool IsFixed(std::string_view name) {
  return name.find("{{") == std::string_view::npos;
}

struct Group {
  std::string name;
  std::vector<std::string> comm, exe, cmdline;
};

std::string ToToml(const Group& group, bool children) {
  std::string out = "[[group]]\nname = " + TomlString(group.name) + '\n';
  if (!group.comm.empty()) out += TomlList("comm", group.comm);
  if (!group.exe.empty()) out += TomlList("exe", group.exe);
  if (!group.cmdline.empty()) out += TomlList("cmdline", group.cmdline);
  if (children) out += "children = true\n";
  return out;
}

class Writer {
 public:
  Writer(std::string_view file, const ProcessExporterFlags& flags) : file_(file), flags_(flags) {
    out_.toml = Settings(file, flags);
  }

  Result<Migration> Write(const File& yaml) {
    for (const File::Text& each : yaml.ignored) Lose(each.line, each.text);
    for (const File::Rule& rule : yaml.rules) {
      out_.toml += '\n';
      if (Status written = WriteRule(rule); !written) return tl::unexpected(written.error());
    }
    if (!has_groups_) out_.toml += kNoGroups;
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string Where(int line) const {
    return Printable(file_) + ':' + std::to_string(line) + ": ";
  }

  void Lose(int line, const std::string& what) {
    out_.losses.push_back(Where(line) + what);
    out_.toml += "# " + out_.losses.back() + '\n';
  }

  Status WriteRule(const File::Rule& rule) {
    for (const File::Text& each : rule.ignored) Lose(each.line, each.text);
    Group group{.name = {}, .comm = Names(rule.comm), .exe = Programs(rule.exe), .cmdline = {}};
    std::set<std::string> captures;
    const bool complete = AddExpressions(rule.cmdline, group.cmdline, captures);
    auto name = NameOf(rule, captures);
    if (!name) return tl::unexpected(name.error());
    group.name = *std::move(name);
    if (FitsNothing(rule.comm, group.comm) || FitsNothing(rule.exe, group.exe)) {
      Lose(rule.line, "an empty comm or exe fits no process: the rule is left out");
    } else if (!complete) {
      Lose(rule.line, "without it the rule would take more: it is left out");
      // Its captures are not known, but whoever mends the expression wants them.
      if (!rule.name.text.empty()) group.name = rule.name.text;
      Comment(ToToml(group, flags_.children));
    } else {
      Add(rule, group);
    }
    return {};
  }

  void Add(const File::Rule& rule, const Group& group) {
    has_groups_ = true;
    if (flags_.remove_empty_groups && IsFixed(group.name)) {
      Lose(rule.line, "a name without a template stays when its processes are gone");
    }
    out_.toml += ToToml(group, flags_.children);
  }

  void Comment(std::string_view text) {
    while (!text.empty()) out_.toml += "# " + std::string(TakeUntil(text, '\n')) + '\n';
  }

  // Whether it can stand in [[group]].
  bool Carries(const File::Text& name) {
    const bool can = CheckPattern(name.text).has_value();
    if (!can) {
      Lose(name.line, Quote(name.text) + " is empty or has control characters: it is left out");
    }
    return can;
  }

  std::vector<std::string> Names(const File::List& list) {
    std::vector<std::string> names;
    if (!list) return names;
    for (const File::Text& each : *list) {
      if (Carries(each)) names.push_back(each.text);
    }
    return names;
  }

  // process-exporter finds programs by their base names: of those with the same, the last counts.
  std::vector<std::string> Programs(const File::List& list) {
    std::vector<std::string> programs;
    if (!list) return programs;
    std::map<std::string_view, std::string> last;
    for (const auto& [text, line] : *list) last[BaseName(text)] = text;
    for (const File::Text& each : *list) {
      const std::string& heeded = last[BaseName(each.text)];
      if (heeded == each.text) {
        if (Carries(each)) programs.push_back(each.text);
      } else {
        Lose(each.line, Quote(each.text) +
                            " has no effect in process-exporter, which heeds the last with " +
                            "this base name, " + Quote(heeded) + ": it is left out");
      }
    }
    return programs;
  }

  // Whether all of them carry over. Those that don't are added as they are.
  bool AddExpressions(const File::List& list, std::vector<std::string>& out,
                      std::set<std::string>& captures) {
    bool complete = true;
    if (!list) return complete;
    for (const auto& [text, line] : *list) {
      const auto& carried = Carry(text);
      out.push_back(carried ? carried->text : text);
      if (carried) captures.insert(carried->captures.begin(), carried->captures.end());
      if (!carried) Lose(line, "RE2 cannot take " + Quote(text) + ": " + carried.error().message);
      complete = complete && carried.has_value();
    }
    return complete;
  }

  // Aliases may bring the same expression thousands of times, and some take RE2 long.
  const Result<Expression>& Carry(const std::string& text) {
    const auto found = expressions_.find(text);
    if (found != expressions_.end()) return found->second;
    const Result<Expression> refused =
        Fail(ErrorCode::kInvalid, "with those before it, it takes too much memory");
    const auto& carried =
        expressions_.emplace(text, program_left_ > 0 ? Re2Expression(text) : refused).first->second;
    program_left_ -= carried ? carried->program_size : kCostOfRefusal;
    return carried;
  }

  // The rule keeps its place even when its name does not carry over: what it takes would else go to
  // the rules behind it.
  Result<std::string> NameOf(const File::Rule& rule, const std::set<std::string>& captures) {
    if (rule.name.text.empty()) return std::string(kDefaultName);
    auto name = GroupNameOfTemplate(rule.name.text, captures);
    if (name) return name;
    if (name.error().code == ErrorCode::kInvalid) {
      return Fail(ErrorCode::kInvalid, Where(rule.name.line) + name.error().message);
    }
    Lose(rule.name.line, name.error().message + " of " + Quote(rule.name.text) +
                             " has no equivalent: the group's name is " + Quote(kDefaultName));
    return std::string(kDefaultName);
  }

  std::string_view file_;
  ProcessExporterFlags flags_;
  std::map<std::string, Result<Expression>> expressions_;
  int program_left_ = kLargestPrograms;
  Migration out_;
  bool has_groups_ = false;
};

// Not asked for its size: it may be a pipe.
Result<std::string> ReadFile(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FailErrno("open " + Printable(file.string()));

  std::string text;
  std::array<char, 16'384> buffer{};
  while (text.size() <= kLargestFile) {
    const ssize_t count = ::read(fd.Get(), buffer.data(), buffer.size());
    if (count < 0) return FailErrno("read " + Printable(file.string()));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return Fail(ErrorCode::kInvalid, "read " + Printable(file.string()) + ": larger than 1 MiB");
}

}  // namespace

Result<Migration> Migrate(std::string_view yaml, std::string_view file,
                          const ProcessExporterFlags& flags) {
  const auto parsed = ParseProcessExporterFile(yaml, file);
  if (!parsed) return tl::unexpected(parsed.error());
  return Writer(file, flags).Write(*parsed);
}

Result<Migration> MigrateFile(const std::filesystem::path& file,
                              const ProcessExporterFlags& flags) {
  const auto text = ReadFile(file);
  if (!text) return tl::unexpected(text.error());
  return Migrate(*text, file.string(), flags);
}

}  // namespace procmarshal
