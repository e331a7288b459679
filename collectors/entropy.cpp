// Randomness that the kernel has gathered, from /proc/sys/kernel/random/entropy_avail: "256".

#include "collectors/attribute.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto available = ReadCount(env.proc, "sys/kernel/random/entropy_avail");
  if (!available) return tl::unexpected(available.error());
  out.Gauge("node_entropy_available_bits", "Bits of randomness in the kernel's pool.")
      .Add(*available);

  const auto size = ReadCount(env.proc, "sys/kernel/random/poolsize");
  if (!size) return tl::unexpected(size.error());
  out.Gauge("node_entropy_pool_size_bits", "Bits that the kernel's pool has room for.").Add(*size);
  return {};
}

const Registration kRegistration("entropy", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
