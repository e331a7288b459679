// What somebody meant who wrote a key that does not exist.

#include <algorithm>
#include <array>
#include <set>

#include "base/suggest.h"
#include "exporter/config_groups.h"
#include "exporter/config_keys.h"

namespace procmarshal {
namespace {

std::string_view Parent(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? "" : path.substr(0, dot);
}

std::string_view Last(std::string_view path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
}

// The paths of all keys that are known beforehand, and of all tables.
std::set<std::string, std::less<>> KnownPaths(const Config& config) {
  std::set<std::string, std::less<>> paths = {std::string(kUsersSection), std::string(kGroupsKey)};
  for (const ConfigKey& key : ConfigKeys()) paths.emplace(key.path);
  for (const auto& [name, on] : config.collectors) {
    paths.insert(std::string(kCollectorsSection) + '.' + name);
  }
  const auto keys = paths;
  for (std::string_view path : keys) {
    while (!(path = Parent(path)).empty()) paths.emplace(path);
  }
  return paths;
}

// Only names count among neighbours: what is before them is the same, and would make all alike.
std::string HintInside(std::string_view section, std::string_view name,
                       const std::set<std::string, std::less<>>& paths) {
  std::vector<std::string_view> neighbours;
  for (const std::string_view path : paths) {
    if (Parent(path) == section) neighbours.push_back(Last(path));
  }
  if (const auto nearest = Nearest(name, neighbours)) {
    const std::string path = std::string(section) + '.' + std::string(*nearest);
    return DidYouMean(path, std::array<std::string_view, 1>{path});
  }
  // Or it stands in the wrong table.
  const auto found =
      std::ranges::find_if(paths, [name](std::string_view path) { return Last(path) == name; });
  if (found == paths.end()) return "";
  return DidYouMean(*found, std::array<std::string_view, 1>{*found});
}

}  // namespace

std::string ConfigHint(std::string_view section, std::string_view name, const Config& config) {
  const auto paths = KnownPaths(config);
  if (IsConfigSection(section)) return HintInside(section, name, paths);

  const std::string path =
      section.empty() ? std::string(name) : std::string(section) + '.' + std::string(name);
  return DidYouMean(path, std::vector<std::string_view>(paths.begin(), paths.end()));
}

}  // namespace procmarshal
