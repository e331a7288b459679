// process-exporter's YAML:
//   process_names:
//     - name: "{{.Comm}}"
//       comm: [bash, zsh]
//       exe: [/usr/bin/ksh]
//       cmdline: ['--name=(?P<x>\S+)']
#include "exporter/process_exporter_file.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "base/parse.h"
#include "base/utf8.h"

namespace procmarshal {
namespace {

using File = ProcessExporterFile;

// A few bytes of aliases unfold to as many texts as you like.
constexpr std::size_t kMostBytes = 4U << 20U;
constexpr std::size_t kCostOfNode = 64;  // bytes, besides its text
constexpr int kDeepestMerge = 8;

constexpr std::string_view kRoot = "process_names";
constexpr std::string_view kBinary = "tag:yaml.org,2002:binary";

tl::unexpected<Error> Refuse(std::string_view file, int line, const std::string& reason) {
  return Fail(ErrorCode::kInvalid,
              Printable(file) + ':' + std::to_string(std::max(line, 1)) + ": " + reason);
}

int LineOf(const YAML::Node& node) {
  return node.Mark().line + 1;
}

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  Result<File> Read(const YAML::Node& root) {
    File out;
    bool found = false;
    const Take take = [&](const YAML::Node& key, const YAML::Node& value) -> Status {
      if (!Is(key, kRoot)) return Ignore(key, out.ignored);
      found = true;
      return ReadRules(value, out.rules);
    };
    if (root.IsMap()) {
      if (Status read = ForEachKey(root, take, out.ignored); !read) {
        return tl::unexpected(read.error());
      }
    }
    if (!found) {
      return Refuse(file_, 1,
                    "has no process_names, so it is no configuration of process-exporter");
    }
    return out;
  }

 private:
  using Take = std::function<Status(const YAML::Node& key, const YAML::Node& value)>;

  [[nodiscard]] tl::unexpected<Error> RefuseAt(const YAML::Node& node,
                                               const std::string& reason) const {
    return Refuse(file_, LineOf(node), reason);
  }

  static bool Is(const YAML::Node& key, std::string_view name) {
    return key.IsScalar() && key.Scalar() == name;
  }

  // A quoted "<<" is a key like others.
  static bool IsMerge(const YAML::Node& key) { return Is(key, "<<") && key.Tag() == "?"; }

  Status Spend(const YAML::Node& node) {
    const std::size_t cost = kCostOfNode + (node.IsScalar() ? node.Scalar().size() : 0);
    if (cost > left_) return RefuseAt(node, "the file unfolds to more than 4 MiB");
    left_ -= cost;
    return {};
  }

  static Status Ignore(const YAML::Node& key, std::vector<File::Text>& ignored) {
    const std::string name = key.IsScalar() ? Quote(key.Scalar()) : "a key that is no text";
    ignored.push_back({name + " is no key of process-exporter", LineOf(key)});
    return {};
  }

  // Hands over the keys of a map, and where it merges another ("<<"), that one's. So
  // process-exporter does it: of keys that come twice the last counts, wherever it comes from.
  Status ForEachKey(const YAML::Node& map, const Take& take, std::vector<File::Text>& ignored,
                    int depth = 0) {
    std::set<std::string> seen;
    for (const auto& pair : map) {
      if (Status spent = Spend(pair.first); !spent) return spent;
      const bool merge = IsMerge(pair.first);
      if (!merge && pair.first.IsScalar() && !seen.insert(pair.first.Scalar()).second) {
        ignored.push_back({Quote(pair.first.Scalar()) + " stands here twice: the last one counts",
                           LineOf(pair.first)});
      }
      const Status taken =
          merge ? Merge(pair.second, take, ignored, depth + 1) : take(pair.first, pair.second);
      if (!taken) return taken;
    }
    return {};
  }

  Status Merge(const YAML::Node& value, const Take& take, std::vector<File::Text>& ignored,
               int depth) {
    if (depth > kDeepestMerge) return RefuseAt(value, "maps merge each other too deeply");
    if (value.IsMap()) return ForEachKey(value, take, ignored, depth);
    if (!value.IsSequence()) return RefuseAt(value, "<< takes a map or a list of maps");

    for (std::size_t i = value.size(); i-- > 0;) {  // the first of them wins
      if (!value[i].IsMap()) return RefuseAt(value, "<< takes a map or a list of maps");
      if (Status taken = ForEachKey(value[i], take, ignored, depth); !taken) return taken;
    }
    return {};
  }

  Status ReadRules(const YAML::Node& list, std::vector<File::Rule>& rules) {
    rules.clear();
    if (list.IsNull()) return {};
    if (!list.IsSequence()) return RefuseAt(list, "process_names takes a list of rules");
    for (const YAML::Node& each : list) {
      auto rule = ReadRule(each);
      if (!rule) return tl::unexpected(rule.error());
      rules.push_back(*std::move(rule));
    }
    return {};
  }

  Result<File::Rule> ReadRule(const YAML::Node& node) {
    if (Status spent = Spend(node); !spent) return tl::unexpected(spent.error());
    if (!node.IsMap() && !node.IsNull()) {
      return RefuseAt(node, "a rule is expected, with name, comm, exe or cmdline");
    }
    File::Rule rule;
    rule.line = LineOf(node);
    const Take take = [&](const YAML::Node& key, const YAML::Node& value) {
      return ReadKey(key, value, rule);
    };
    if (node.IsMap()) {
      const Status read = ForEachKey(node, take, rule.ignored);
      if (!read) return tl::unexpected(read.error());
    }
    if (!rule.comm && !rule.exe && !rule.cmdline) {
      return RefuseAt(node, "a rule takes at least one of comm, exe and cmdline");
    }
    return rule;
  }

  Status ReadKey(const YAML::Node& key, const YAML::Node& value, File::Rule& rule) {
    if (Is(key, "name")) return ReadText(value, "name", rule.name);
    if (Is(key, "comm")) return ReadList(value, "comm", rule.comm);
    if (Is(key, "exe")) return ReadList(value, "exe", rule.exe);
    if (Is(key, "cmdline")) return ReadList(value, "cmdline", rule.cmdline);
    return Ignore(key, rule.ignored);
  }

  Status ReadList(const YAML::Node& node, const std::string& key, File::List& list) {
    list.reset();
    if (node.IsNull()) return {};
    if (!node.IsSequence()) return RefuseAt(node, key + " takes a list, such as [a, b]");
    list.emplace();
    for (const YAML::Node& each : node) {
      File::Text text;
      if (Status read = ReadText(each, key, text); !read) return read;
      list->push_back(std::move(text));
    }
    return {};
  }

  // Numbers and the like are texts too, as they are written.
  Status ReadText(const YAML::Node& node, const std::string& key, File::Text& text) {
    if (Status spent = Spend(node); !spent) return spent;
    if (node.Tag() == kBinary) return RefuseAt(node, key + ": !!binary has no equivalent");
    if (!node.IsScalar() && !node.IsNull()) return RefuseAt(node, key + ": a text is expected");
    text = {.text = node.IsScalar() ? node.Scalar() : "", .line = LineOf(node)};
    return {};
  }

  std::string_view file_;
  std::size_t left_ = kMostBytes;
};

Status CheckUtf8(std::string_view text, std::string_view file) {
  std::string repaired;
  AppendValidUtf8(text, repaired);
  if (repaired == text) return {};
  const auto good = std::ranges::mismatch(text, repaired).in1;
  return Refuse(file, 1 + static_cast<int>(std::count(text.begin(), good, '\n')), "is not UTF-8");
}

// "---" at the front of a line begins a document, wherever it stands.
bool BeginsDocument(std::string_view line) {
  constexpr std::string_view kMarker = "---";
  if (!line.starts_with(kMarker)) return false;
  line.remove_prefix(kMarker.size());
  return line.empty() || std::string_view(" \t\r").find(line.front()) != std::string_view::npos;
}

// The first document is all that process-exporter reads.
void NoteFurtherDocuments(std::string_view text, int first_line, File& out) {
  for (int line = 1; !text.empty(); ++line) {
    if (!BeginsDocument(TakeUntil(text, '\n')) || line <= first_line) continue;
    out.ignored.push_back({"process-exporter reads nothing behind the first document", line});
    return;
  }
}

}  // namespace

Result<File> ParseProcessExporterFile(std::string_view text, std::string_view file) {
  if (Status valid = CheckUtf8(text, file); !valid) return tl::unexpected(valid.error());
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    auto out = Reader(file).Read(root);
    if (out) NoteFurtherDocuments(text, LineOf(root), *out);
    return out;
  } catch (const YAML::DeepRecursion& error) {
    return Refuse(file, error.mark.line + 1, "nests too deeply");
  } catch (const YAML::Exception& error) {
    return Refuse(file, error.mark.line + 1, Printable(error.msg));
  }
}

}  // namespace procmarshal
