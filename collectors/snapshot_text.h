#pragma once

#include <functional>
#include <set>
#include <string>

#include "collectors/snapshot.h"
#include "collectors/text_encoder.h"

namespace procmarshal {

using CollectorNames = std::set<std::string, std::less<>>;

// Appends the page of /metrics to `out`: the families of the snapshot, with linux_process_* of the
// processes that are shown. As families these would take more memory than all the rest. With
// `only`, it is a page of the families of these collectors, and of node_scrape_collector_* what
// concerns them.
void EncodeSnapshot(const Snapshot& snapshot, TextFormat format, std::string& out,
                    const CollectorNames* only = nullptr);

}  // namespace procmarshal
