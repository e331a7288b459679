#pragma once

#include <span>

#include "base/clock.h"
#include "collectors/family_writer.h"
#include "collectors/group.h"

namespace procmarshal {

// Which families groups have beside those that always are.
struct GroupFamilies {
  bool smaps = false;    // proportional memory
  bool threads = false;  // thread names and wait channels
};

// namedprocess_namegroup_*, with the names, labels and types of process-exporter, and
// linux_group_*.
void WriteGroups(std::span<const Group> groups, WallTime now, const GroupFamilies& wanted,
                 FamilyWriter& out);

}  // namespace procmarshal
