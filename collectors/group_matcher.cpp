#include "collectors/group_matcher.h"

#include <fnmatch.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "base/utf8.h"

namespace procmarshal {
namespace {

// Of one expression: where it would take more, RE2 goes a slower way, still in linear time.
constexpr std::int64_t kMostMemory = 8 << 20;
constexpr std::size_t kLongestReason = 100;  // RE2 repeats as much of an expression as it dislikes

using Expression = std::unique_ptr<const re2::RE2>;

Result<Expression> Compile(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  auto expression = std::make_unique<const re2::RE2>(text, options);
  if (expression->ok()) return expression;
  return Fail(ErrorCode::kInvalid,
              Quote(text) + " is not a regular expression: " +
                  Printable(std::string_view(expression->error()).substr(0, kLongestReason)));
}

bool FitsComm(const std::vector<std::string>& names, std::string_view comm) {
  return names.empty() || std::ranges::find(names, comm) != names.end();
}

// A kernel thread has no arguments, so none fits it.
bool FitsExe(const std::vector<std::string>& names, std::string_view executable) {
  if (names.empty()) return true;
  if (executable.empty()) return false;

  const std::string_view base = BaseName(executable);
  return std::ranges::any_of(names, [&](const std::string& name) {
    return name == (name.find('/') == std::string::npos ? base : executable);
  });
}

bool FitsPattern(const std::vector<std::string>& patterns, std::string_view text) {
  if (patterns.empty()) return true;
  if (text.empty()) return false;

  const std::string terminated(text);
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), terminated.c_str(), FNM_NOESCAPE) == 0;
  });
}

// GroupConditions, ready for use.
class Conditions final {
 public:
  [[nodiscard]] static Result<Conditions> Make(const GroupConditions& texts) {
    Conditions conditions;
    conditions.texts_ = texts;
    for (const std::string& text : texts.cmdline) {
      auto expression = Compile(text);
      if (!expression) return tl::unexpected(expression.error());
      conditions.expressions_.push_back(*std::move(expression));
    }
    return conditions;
  }

  [[nodiscard]] bool IsEmpty() const { return texts_ == GroupConditions{}; }
  [[nodiscard]] const std::vector<Expression>& Expressions() const { return expressions_; }

  // What is dear comes last.
  [[nodiscard]] bool Fits(const MatchSubject& subject) const {
    return FitsComm(texts_.comm, subject.comm) && FitsExe(texts_.exe, subject.executable) &&
           FitsPattern(texts_.user, subject.user) && FitsPattern(texts_.unit, subject.unit) &&
           FitsPattern(texts_.container, subject.container) &&
           std::ranges::all_of(expressions_, [&](const Expression& expression) {
             return re2::RE2::PartialMatch(subject.command_line, *expression);
           });
  }

 private:
  GroupConditions texts_;
  std::vector<Expression> expressions_;  // of texts_.cmdline
};

// The named captures of a rule, for the template of its name.
class Captures final {
 public:
  // Of captures with the same name the last one counts, as in Go.
  explicit Captures(const std::vector<Expression>& expressions) {
    std::map<std::string, Place> places;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
      for (const auto& [group, name] : expressions[i]->CapturingGroupNames()) {
        places.insert_or_assign(name, Place{i, static_cast<std::size_t>(group)});
      }
    }
    for (const auto& [name, place] : places) {
      names_.push_back(name);
      places_.push_back(place);
    }
  }

  [[nodiscard]] const std::vector<std::string>& Names() const { return names_; }

  // What each captured in `text`, which all `expressions` fit.
  [[nodiscard]] std::vector<std::string_view> In(std::string_view text,
                                                 const std::vector<Expression>& expressions) const {
    std::vector<std::string_view> captured(places_.size());
    for (std::size_t i = 0; i < expressions.size(); ++i) {
      const int count = expressions[i]->NumberOfCapturingGroups() + 1;  // the first is the match
      std::vector<re2::StringPiece> groups(static_cast<std::size_t>(count));
      expressions[i]->Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), count);
      for (std::size_t name = 0; name < places_.size(); ++name) {
        if (places_[name].expression == i) captured[name] = groups[places_[name].group];
      }
    }
    return captured;
  }

 private:
  struct Place {
    std::size_t expression, group;
  };
  std::vector<std::string> names_;
  std::vector<Place> places_;  // of the name at the same index
};

}  // namespace

struct GroupMatcher::Rule {
  Conditions match, exclude;
  Captures captures;
  GroupName name;
  bool children;

  [[nodiscard]] static Result<Rule> Make(const GroupRule& texts) {
    auto match = Conditions::Make(texts.match);
    if (!match) return tl::unexpected(match.error());
    auto exclude = Conditions::Make(texts.exclude);
    if (!exclude) return tl::unexpected(exclude.error());
    Captures captures(match->Expressions());
    auto name = GroupName::Parse(texts.name, captures.Names());
    if (!name) return tl::unexpected(name.error());
    return Rule{.match = *std::move(match),
                .exclude = *std::move(exclude),
                .captures = std::move(captures),
                .name = *std::move(name),
                .children = texts.children};
  }

  [[nodiscard]] bool Fits(const MatchSubject& subject) const {
    return match.Fits(subject) && (exclude.IsEmpty() || !exclude.Fits(subject));
  }

  // Only for a process that fits.
  [[nodiscard]] std::string NameOf(const MatchSubject& subject) const {
    if (!name.UsesCaptures()) return name.Of(subject, {});
    return name.Of(subject, captures.In(subject.command_line, match.Expressions()));
  }
};

Status CheckGroupExpression(std::string_view text) {
  const auto expression = Compile(text);
  if (!expression) return tl::unexpected(expression.error());
  return {};
}

GroupMatcher::GroupMatcher() = default;
GroupMatcher::GroupMatcher(GroupMatcher&& other) noexcept = default;
GroupMatcher& GroupMatcher::operator=(GroupMatcher&& other) noexcept = default;
GroupMatcher::~GroupMatcher() = default;

Result<GroupMatcher> GroupMatcher::Make(const std::vector<GroupRule>& rules) {
  GroupMatcher matcher;
  for (const GroupRule& texts : rules) {
    auto rule = Rule::Make(texts);
    if (!rule) return tl::unexpected(rule.error());
    const std::string name = rule->name.IsFixed() ? rule->name.Of({}, {}) : "";
    const bool declared = std::ranges::find(matcher.declared_, name) != matcher.declared_.end();
    if (!name.empty() && !declared) matcher.declared_.push_back(name);
    matcher.rules_.push_back(*std::move(rule));
  }
  return matcher;
}

bool GroupMatcher::HasRules() const {
  return !rules_.empty();
}

std::optional<GroupMatcher::Match> GroupMatcher::Find(const MatchSubject& subject) const {
  if (rules_.empty()) return Match{.group = GroupName().Of(subject, {}), .children = false};

  const auto rule =
      std::ranges::find_if(rules_, [&](const Rule& each) { return each.Fits(subject); });
  if (rule == rules_.end()) return std::nullopt;
  return Match{.group = rule->NameOf(subject), .children = rule->children};
}

}  // namespace procmarshal
