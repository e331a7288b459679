#include "exporter/config_groups.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/suggest.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

constexpr std::string_view kExclude = "exclude";

struct Condition {
  std::string_view name;
  std::vector<std::string> GroupConditions::* texts;
  TextCheck check;
  std::string_view example;
};
constexpr auto kConditions = std::to_array<Condition>({
    {"comm", &GroupConditions::comm, &CheckPattern, "nginx"},
    {"exe", &GroupConditions::exe, &CheckPattern, "/usr/sbin/nginx"},
    {"cmdline", &GroupConditions::cmdline, &CheckExpression, "--port (?P<port>[0-9]+)"},
    {"user", &GroupConditions::user, &CheckPattern, "www-*"},
    {"unit", &GroupConditions::unit, &CheckPattern, "nginx*.service"},
    {"container", &GroupConditions::container, &CheckPattern, "*"},
});

const Condition* FindCondition(std::string_view name) {
  const auto* found = std::ranges::find(kConditions, name, &Condition::name);
  return found == kConditions.end() ? nullptr : found;
}

// Only the whole rule tells what a name may have.
Result<std::string> AnyText(std::string_view text) {
  return std::string(text);
}

// Reads one [[group]].
class GroupReader final {
 public:
  GroupReader(std::string where, std::vector<ConfigMistake>& mistakes)
      : where_(std::move(where)), mistakes_(mistakes) {}

  [[nodiscard]] GroupRule Read(const toml::table& table) {
    const std::size_t mistakes_before = mistakes_.size();
    GroupRule rule;
    for (const auto& [key, node] : table) ReadKey(key, node, rule);
    if (mistakes_.size() != mistakes_before) return rule;

    // All that is left is the name: what it may have depends on the expressions.
    const auto matcher = GroupMatcher::Make({rule});
    if (!matcher) Complain(*table.get("name"), "name: " + matcher.error().message);
    return rule;
  }

 private:
  void ReadKey(const toml::key& key, const toml::node& node, GroupRule& rule) {
    if (key == "name") {
      Keep("name", node, TextOf(ValueOf(node), &AnyText, "web"), rule.name);
    } else if (key == "children") {
      Keep("children", node, BoolOf(ValueOf(node)), rule.children);
    } else if (key == kExclude) {
      ReadExclude(node, rule.exclude);
    } else if (const Condition* condition = FindCondition(key)) {
      ReadCondition(*condition, "", node, rule.match);
    } else {
      Refuse(key, "", {"name", "children", kExclude});
    }
  }

  void ReadExclude(const toml::node& node, GroupConditions& conditions) {
    const auto* table = node.as_table();
    if (table == nullptr || table->empty()) {
      Complain(node, R"(exclude: expected a table such as { user = ["root"] })");
      return;
    }
    for (const auto& [key, value] : *table) {
      if (const Condition* condition = FindCondition(key)) {
        ReadCondition(*condition, "exclude.", value, conditions);
      } else {
        Refuse(key, "exclude.", {});
      }
    }
  }

  void ReadCondition(const Condition& condition, const std::string& table, const toml::node& node,
                     GroupConditions& conditions) {
    Keep(table + std::string(condition.name), node,
         TextsOf(ValueOf(node), condition.check, condition.example, false),
         conditions.*condition.texts);
  }

  // Puts `value`, read from the key at `path`, into its place.
  template <typename T>
  void Keep(const std::string& path, const toml::node& node, Result<T> value, T& place) {
    if (value) {
      place = *std::move(value);
    } else {
      Complain(node, path + ": " + value.error().message);
    }
  }

  // The conditions are known everywhere.
  void Refuse(const toml::key& key, const std::string& table, std::vector<std::string_view> known) {
    for (const Condition& condition : kConditions) known.push_back(condition.name);
    const auto nearest = Nearest(key, known);
    const std::string meant = nearest ? table + std::string(*nearest) : "";
    ComplainAt(key.source(), "unknown key " + Quote(table + TomlKey(key)) +
                                 (nearest ? ", did you mean " + Quote(meant) + '?' : ""));
  }

  void Complain(const toml::node& node, const std::string& text) {
    ComplainAt(node.source(), text);
  }

  void ComplainAt(const toml::source_region& at, const std::string& text) {
    mistakes_.push_back({at.begin.line, where_ + text});
  }

  std::string where_;  // before each message
  std::vector<ConfigMistake>& mistakes_;
};

// "comm = [...]" and so on, one for each list that is not empty.
std::vector<std::string> PrintConditions(const GroupConditions& conditions) {
  std::vector<std::string> printed;
  for (const Condition& condition : kConditions) {
    const std::vector<std::string>& texts = conditions.*condition.texts;
    if (!texts.empty()) printed.push_back(std::string(condition.name) + " = " + TomlList(texts));
  }
  return printed;
}

}  // namespace

std::vector<ConfigMistake> ReadGroups(const toml::key& key, const toml::node& node,
                                      std::vector<GroupRule>& groups) {
  std::vector<ConfigMistake> mistakes;
  const auto* array = node.as_array();
  const bool tables = array != nullptr && std::ranges::all_of(*array, [](const toml::node& each) {
                        return each.is_table();
                      });
  if (!tables) {
    mistakes.push_back({key.source().begin.line, "group: expected tables, written [[group]]"});
    return mistakes;
  }
  std::size_t number = 0;
  for (const toml::node& each : *array) {
    GroupReader reader("[[group]] " + std::to_string(++number) + ": ", mistakes);
    groups.push_back(reader.Read(*each.as_table()));
  }
  return mistakes;
}

std::string PrintGroup(const GroupRule& rule) {
  std::string out = "[[group]]\nname = " + TomlText(rule.name) + '\n';
  for (const std::string& line : PrintConditions(rule.match)) out += line + '\n';
  out += std::string("children = ") + (rule.children ? "true" : "false") + '\n';

  std::string exclude;
  for (const std::string& part : PrintConditions(rule.exclude)) {
    exclude += (exclude.empty() ? "" : ", ") + part;
  }
  if (!exclude.empty()) out += "exclude = { " + exclude + " }\n";
  return out;
}

}  // namespace procmarshal
