#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "collectors/snapshot.h"
#include "collectors/snapshot_text.h"

namespace procmarshal {

// Which collectors a query for /metrics wants of a snapshot: those of "collect[]=NAME", or all but
// those of "exclude[]=NAME"; nullopt if that is all. As with node_exporter, "collect[]" takes only
// collectors that run, "exclude[]" any name, and other parameters mean nothing. kInvalid, with a
// message for the client: a name that is none, both kinds together, a query that ParseQuery
// refuses.
[[nodiscard]] Result<std::optional<CollectorNames>> ChooseCollectors(std::string_view query,
                                                                     const Snapshot& snapshot);

}  // namespace procmarshal
