// Tasks that hung for long in the kernel since boot, from /proc/sys/kernel/hung_task_detect_count
// (Linux 6.13): "4".

#include "collectors/attribute.h"
#include "collectors/collector.h"

namespace procmarshal {
namespace {

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto count = ReadCount(env.proc, "sys/kernel/hung_task_detect_count");
  if (!count) return tl::unexpected(count.error());
  out.Counter("node_kernel_hung_tasks_total",
              "Tasks that the kernel found waiting for longer than kernel.hung_task_timeout_secs.")
      .Add(*count);
  return {};
}

const Registration kRegistration("kernel_hung", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
