#include "exporter/config.h"

#include <toml++/toml.h>
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/suggest.h"
#include "base/utf8.h"
#include "exporter/config_keys.h"

namespace procmarshal {
namespace {

constexpr std::ptrdiff_t kMostDotsInALine = 1024;
constexpr int kDeepestTable = 16;

// toml++ hands out keys by name; mistakes are reported by line.
struct Mistake {
  std::size_t line;
  std::string text;
};

ConfigValue ListValue(const toml::array& array) {
  ConfigValue list{.held = {}, .shown = "a list"};
  std::vector<std::string> texts;
  for (const toml::node& element : array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return {.held = {}, .shown = "a list of something else than strings"};
    texts.push_back(*text);
  }
  list.held = std::move(texts);
  return list;
}

ConfigValue ValueOf(const toml::node& node) {
  if (const auto text = node.value_exact<std::string_view>()) return TextValue(*text);
  if (const auto number = node.value_exact<std::int64_t>()) {
    return {.held = *number, .shown = std::to_string(*number)};
  }
  if (const auto on = node.value_exact<bool>())
    return {.held = *on, .shown = *on ? "true" : "false"};
  if (const auto* array = node.as_array()) return ListValue(*array);
  if (node.is_table()) return {.held = {}, .shown = "a table"};
  return {.held = {}, .shown = node.is_number() ? "a fraction" : "a date or time"};
}

// Walks one file's tables and puts each value where the table of keys says.
class Reader {
 public:
  explicit Reader(Config& config) : config_(config), paths_(ConfigPaths(config)) {
    for (const std::string& path : paths_) {
      const std::string_view section = std::string_view(path).substr(0, path.find('.'));
      if (!IsSection(section)) sections_.push_back(section);
    }
  }

  void Read(const toml::table& table, const std::string& prefix = "", int depth = 0) {
    for (const auto& [key, node] : table) ReadKey(prefix + Segment(key.str()), key, node, depth);
  }

  // One line each, in the order of the file.
  [[nodiscard]] std::string Mistakes(const std::string& prefix) const {
    std::string lines;
    for (const Mistake& mistake : mistakes_) {
      if (!lines.empty()) lines += '\n';
      lines += prefix + std::to_string(mistake.line) + ": " + mistake.text;
    }
    return lines;
  }

 private:
  // A key that TOML needs quotes for keeps them: "log.level" in quotes is not the level of log.
  static std::string Segment(std::string_view key) {
    const bool bare = !key.empty() && std::ranges::all_of(key, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    });
    return bare ? std::string(key) : Quote(key);
  }

  [[nodiscard]] bool IsSection(std::string_view path) const {
    return std::ranges::find(sections_, path) != sections_.end();
  }

  void ReadKey(const std::string& path, const toml::key& key, const toml::node& node, int depth) {
    if (const auto field = FindConfigField(path, config_)) {
      const Status set = SetConfigField(*field, ValueOf(node), config_);
      if (!set) Complain(node.source(), path + ": " + set.error().message);
      return;
    }
    const auto* table = node.as_table();
    const bool section = IsSection(path);
    // Down in an unknown table too: its keys, not its name, show what is meant.
    if (table != nullptr && (section || !table->empty()) && depth < kDeepestTable) {
      Read(*table, path + ".", depth + 1);
    } else if (section) {
      Complain(key.source(), path + ": expected a table, written [" + path + "]");
    } else {
      Complain(key.source(), "unknown key " + Quote(path) + Hint(path));
    }
  }

  [[nodiscard]] std::string Hint(std::string_view path) const {
    std::vector<std::string_view> known(paths_.begin(), paths_.end());
    known.insert(known.end(), sections_.begin(), sections_.end());
    return DidYouMean(path, known);
  }

  void Complain(const toml::source_region& where, std::string text) {
    const std::size_t line = where.begin.line;
    const auto behind = std::ranges::upper_bound(mistakes_, line, {}, &Mistake::line);
    mistakes_.insert(behind, {line, std::move(text)});
  }

  Config& config_;
  std::vector<std::string> paths_;
  std::vector<std::string_view> sections_;  // into paths_
  std::vector<Mistake> mistakes_;           // by line
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

}  // namespace

Result<Config> ParseConfig(std::string_view text, std::string_view file_name, Config base) {
  const std::string prefix = Printable(file_name) + ':';
  if (const auto line = LineOfTooManyDots(text)) {
    return Fail(ErrorCode::kInvalid, prefix + std::to_string(*line) + ": more than " +
                                         std::to_string(kMostDotsInALine) + " dots in one line");
  }
  try {
    Reader reader(base);
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
    const std::size_t dot = key.path.find('.');
    const std::string_view section = key.path.substr(0, dot);
    if (section != open_section) {
      out += (out.empty() ? "[" : "\n[") + std::string(section) + "]\n";
      open_section = section;
    }
    out += "# " + std::string(key.doc) + '\n' + std::string(key.path.substr(dot + 1)) + " = " +
           PrintConfigField(key.field, config) + '\n';
  }
  out += "\n[collectors]\n";
  for (const auto& [name, on] : config.collectors) {
    out += name + " = " + PrintConfigField(CollectorField{name}, config) + '\n';
  }
  return out;
}

}  // namespace procmarshal
