#include "exporter/web/collector_choice.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/suggest.h"
#include "base/utf8.h"
#include "collectors/collector.h"
#include "exporter/web/query.h"

namespace procmarshal {
namespace {

CollectorNames Running(const Snapshot& snapshot) {
  CollectorNames names;
  for (const CollectorPart& part : snapshot.parts) names.insert(part.collector);
  return names;
}

bool IsRegistered(std::string_view name) {
  return std::ranges::any_of(Registration::All(),
                             [name](const Registration* entry) { return entry->Name() == name; });
}

// Why there is nothing to show of a collector.
tl::unexpected<Error> Missing(std::string_view name, const CollectorNames& running) {
  if (IsRegistered(name)) {
    return Fail(ErrorCode::kInvalid, "the collector " + Quote(name) + " is switched off");
  }
  const std::vector<std::string_view> candidates(running.begin(), running.end());
  return Fail(ErrorCode::kInvalid,
              "there is no collector " + Quote(name) + DidYouMean(name, candidates));
}

CollectorNames ValuesOf(const Parameters& parameters, std::string_view name) {
  CollectorNames values;
  for (const auto& [key, value] : parameters) {
    if (key == name) values.insert(value);
  }
  return values;
}

}  // namespace

Result<std::optional<CollectorNames>> ChooseCollectors(std::string_view query,
                                                       const Snapshot& snapshot) {
  const auto parameters = ParseQuery(query);
  if (!parameters) return tl::unexpected(parameters.error());
  CollectorNames wanted = ValuesOf(*parameters, "collect[]");
  const CollectorNames unwanted = ValuesOf(*parameters, "exclude[]");
  if (wanted.empty() && unwanted.empty()) return std::nullopt;
  if (!wanted.empty() && !unwanted.empty()) {
    return Fail(ErrorCode::kInvalid, "collect[] and exclude[] cannot be combined");
  }

  const CollectorNames running = Running(snapshot);
  for (const std::string& name : wanted) {
    if (!running.contains(name)) return Missing(name, running);
  }
  if (wanted.empty()) {
    wanted = running;
    for (const std::string& name : unwanted) wanted.erase(name);
  }
  if (wanted == running) return std::nullopt;
  return wanted;
}

}  // namespace procmarshal
