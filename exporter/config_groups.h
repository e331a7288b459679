#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/group_matcher.h"
#include "exporter/config_toml.h"

namespace procmarshal {

// The key of the tables [[group]].
inline constexpr std::string_view kGroupsKey = "group";

// Appends the rules that `node`, the value of `key`, holds to `groups`. Returns what is wrong with
// them, each with the number that the [[group]] has in its file.
[[nodiscard]] std::vector<ConfigMistake> ReadGroups(const toml::key& key, const toml::node& node,
                                                    std::vector<GroupRule>& groups);

// The rule as a table [[group]].
[[nodiscard]] std::string PrintGroup(const GroupRule& rule);

}  // namespace procmarshal
