#pragma once

#include <string>

#include "collectors/snapshot.h"
#include "collectors/text_encoder.h"

namespace procmarshal {

// Appends the page of /metrics to `out`: the families of the snapshot, with linux_process_* of the
// processes that are shown. As families these would take more memory than all the rest.
void EncodeSnapshot(const Snapshot& snapshot, TextFormat format, std::string& out);

}  // namespace procmarshal
