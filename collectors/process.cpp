#include "collectors/process.h"

#include <unistd.h>

namespace procmarshal {

BootTime StartOf(ProcessKey key) {
  static const auto kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::chrono::duration<double> since_boot(static_cast<double>(key.start_ticks) /
                                                 kTicksPerSecond);
  return BootTime(std::chrono::duration_cast<BootClock::duration>(since_boot));
}

}  // namespace procmarshal
