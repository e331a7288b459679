#include "exporter/config.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "exporter/config_groups.h"
#include "exporter/config_keys.h"
#include "exporter/config_toml.h"

namespace procmarshal {
namespace {

constexpr std::ptrdiff_t kMostDotsInALine = 1024;
constexpr int kDeepestTable = 16;

std::string Path(std::string_view section, std::string_view name) {
  return section.empty() ? std::string(name) : std::string(section) + '.' + std::string(name);
}

// Walks one file's tables and puts each value where the table of keys says.
class Reader {
 public:
  Reader(Config& config, std::filesystem::path folder)
      : config_(config), folder_(std::move(folder)) {}

  void Read(const toml::table& table, const std::string& section = "", int depth = 0) {
    for (const auto& [key, node] : table) ReadKey(section, key, node, depth);
  }

  // One line each, in the order of the file.
  [[nodiscard]] std::string Mistakes(const std::string& prefix) const {
    std::string lines;
    for (const ConfigMistake& mistake : mistakes_) {
      if (!lines.empty()) lines += '\n';
      lines += prefix + std::to_string(mistake.line) + ": " + mistake.text;
    }
    return lines;
  }

 private:
  void ReadKey(const std::string& section, const toml::key& key, const toml::node& node,
               int depth) {
    // A key keeps the quotes it needs: "log.level" in quotes is not the level of log.
    const std::string name = TomlKey(key);
    const std::string path = Path(section, name);
    if (path == kGroupsKey) {
      TakeGroups(key, node);
      return;
    }
    if (const auto field = FindConfigField(section, key.str(), config_)) {
      const Status set = SetConfigField(*field, Resolved(*field, ValueOf(node)), config_);
      if (!set) Complain(node.source(), path + ": " + set.error().message);
      return;
    }
    const auto* table = node.as_table();
    const bool known = IsConfigSection(path);
    // Down in an unknown table too: its keys, not its name, show what is meant.
    if (table != nullptr && (known || !table->empty()) && depth < kDeepestTable) {
      Read(*table, path, depth + 1);
    } else if (known) {
      Complain(key.source(), path + ": expected a table, written [" + path + "]");
    } else {
      Complain(key.source(), "unknown key " + Quote(path) + ConfigHint(section, name, config_));
    }
  }

  void TakeGroups(const toml::key& key, const toml::node& node) {
    for (ConfigMistake& mistake : ReadGroups(key, node, config_.groups)) Add(std::move(mistake));
  }

  // A relative path begins where the file is.
  [[nodiscard]] ConfigValue Resolved(const ConfigField& field, ConfigValue value) const {
    auto* text = std::get_if<std::string>(&value.held);
    const bool is_path = std::holds_alternative<PathField>(field);
    if (is_path && text != nullptr && !text->empty()) *text = (folder_ / *text).string();
    return value;
  }

  void Complain(const toml::source_region& where, std::string text) {
    Add({where.begin.line, std::move(text)});
  }

  void Add(ConfigMistake mistake) {
    const auto behind = std::ranges::upper_bound(mistakes_, mistake.line, {}, &ConfigMistake::line);
    mistakes_.insert(behind, std::move(mistake));
  }

  Config& config_;
  std::filesystem::path folder_;         // of the file
  std::vector<ConfigMistake> mistakes_;  // by line
};

// toml++ 3.3 frees nested tables by recursion, and "a.a.a.a = 1" nests without a limit.
std::optional<std::size_t> LineOfTooManyDots(std::string_view text) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view content = text.substr(0, length);
    if (std::count(content.begin(), content.end(), '.') > kMostDotsInALine) return line;
    text.remove_prefix(length);
  }
  return std::nullopt;
}

std::string Heading(std::string_view section) {
  return '[' + std::string(section) + "]\n";
}

std::string Line(std::string_view name, const ConfigField& field, const Config& config) {
  return TomlKey(name) + " = " + PrintConfigField(field, config) + '\n';
}

}  // namespace

WebSettings DefaultWebSettings() {
  WebSettings settings;
  settings.headers.emplace("X-Content-Type-Options", "nosniff");
  return settings;
}

Result<Config> ParseConfig(std::string_view text, std::string_view file_name, Config base) {
  const std::string prefix = Printable(file_name) + ':';
  if (const auto line = LineOfTooManyDots(text)) {
    return Fail(ErrorCode::kInvalid, prefix + std::to_string(*line) + ": more than " +
                                         std::to_string(kMostDotsInALine) + " dots in one line");
  }
  try {
    Reader reader(base, std::filesystem::path(file_name).parent_path());
    reader.Read(toml::parse(text));
    const std::string mistakes = reader.Mistakes(prefix);
    if (!mistakes.empty()) return Fail(ErrorCode::kInvalid, mistakes);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return Fail(ErrorCode::kInvalid, prefix + std::to_string(at.line) + ':' +
                                         std::to_string(at.column) + ": " +
                                         Printable(error.description()));
  }
  return base;
}

std::string ToToml(const Config& config) {
  std::string out;
  std::string_view open_section;
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.Section() != open_section) {
      open_section = key.Section();
      out += (out.empty() ? "" : "\n") + Heading(open_section);
    }
    out += "# " + std::string(key.doc) + '\n' + Line(key.Name(), key.field, config);
  }
  out +=
      '\n' + Heading(kUsersSection) + "# Who may log in; everybody may read while it is empty.\n";
  for (const auto& [name, hash] : config.web.basic_auth_users) {
    out += Line(name, UserField{name}, config);
  }
  out += '\n' + Heading(kCollectorsSection);
  for (const auto& [name, on] : config.collectors) out += Line(name, CollectorField{name}, config);
  for (const GroupRule& rule : config.groups) out += '\n' + PrintGroup(rule);
  return out;
}

}  // namespace procmarshal
