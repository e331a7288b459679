#pragma once

#include <sys/timex.h>

#include "collectors/family_writer.h"

namespace procmarshal {

// Writes what adjtimex(2) says of the kernel's clock discipline; `state` is what it returned.
void WriteTimex(const timex& clock, int state, FamilyWriter& out);

}  // namespace procmarshal
