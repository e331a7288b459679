#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/group_name.h"

namespace procmarshal {

// What a process has to be like. Of each list one text has to fit, of `cmdline` all; an empty list
// fits every process. All six have to fit.
struct GroupConditions {
  std::vector<std::string> comm;     // exactly this name
  std::vector<std::string> exe;      // argv[0], or where it has no slash, its base name
  std::vector<std::string> cmdline;  // RE2 expressions, found anywhere in the arguments
  // Shell patterns (fnmatch(3), a backslash being itself). None fits a process that has no such
  // thing.
  std::vector<std::string> user;
  std::vector<std::string> unit;
  std::vector<std::string> container;

  bool operator==(const GroupConditions&) const = default;
};

// Which processes are a group. Those that `exclude` fits, if it has a condition, are not.
struct GroupRule {
  std::string name = "{{.ExeBase}}";  // a template, see GroupName
  GroupConditions match;
  GroupConditions exclude;
  bool children = false;  // whether children go where their parent is

  bool operator==(const GroupRule&) const = default;
};

// Whether `text` can be one of GroupConditions::cmdline; kInvalid says why not, in RE2's words.
[[nodiscard]] Status CheckGroupExpression(std::string_view text);

// Says to which group a process belongs. Const methods may be called from any thread.
class GroupMatcher final {
 public:
  struct Match {
    std::string group;
    bool children = false;
  };

  // Without rules: every process by its comm (see GroupOfComm).
  GroupMatcher();
  GroupMatcher(const GroupMatcher&) = delete;
  GroupMatcher& operator=(const GroupMatcher&) = delete;
  GroupMatcher(GroupMatcher&& other) noexcept;
  GroupMatcher& operator=(GroupMatcher&& other) noexcept;
  ~GroupMatcher();

  // kInvalid tells of the first expression or name that does not compile. No rules, as above.
  [[nodiscard]] static Result<GroupMatcher> Make(const std::vector<GroupRule>& rules);

  // By the first rule that fits; nullopt where none does. Takes time in proportion to the length of
  // the command line.
  [[nodiscard]] std::optional<Match> Find(const MatchSubject& subject) const;

  // Without them, a process's name is all that counts.
  [[nodiscard]] bool HasRules() const;

  // The groups whose names have no template, each once, in the order of the rules.
  [[nodiscard]] const std::vector<std::string>& Declared() const { return declared_; }

 private:
  struct Rule;

  std::vector<Rule> rules_;
  std::vector<std::string> declared_;
};

}  // namespace procmarshal
