// This program itself: the process_* metrics that every Prometheus exporter has, from getrusage(2),
// getrlimit(2) and /proc/self, whatever tree the other collectors read.
// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>

#include "base/clock.h"
#include "base/parse.h"
#include "collectors/collector.h"
#include "collectors/proc_directory.h"

namespace procmarshal {
namespace {

// As good as the start of the process: this is made before main runs.
const double kStart = Seconds(SystemClock().Wall().time_since_epoch());

double CpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + (static_cast<double>(used.tv_nsec) * 1e-9);
}

double SoftLimit(__rlimit_resource_t resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

class SelfCollector final : public Collector {
 public:
  Status Collect(FamilyWriter& out) override {
    const auto statm =
        proc_.RereadLines("self/statm");  // "783 394 365 ...": pages in all, resident, ...
    if (!statm) return tl::unexpected(statm.error());
    std::string_view rest = *statm;
    const auto size = ParseNumber<double>(TakeUntil(rest, ' '));
    const auto resident = ParseNumber<double>(TakeUntil(rest, ' '));
    if (!size || !resident) return Fail(ErrorCode::kInvalid, "statm: expected two numbers");
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));

    out.Counter("process_cpu_seconds_total", "CPU time that procmarshal used.").Add(CpuSeconds());
    out.Gauge("process_resident_memory_bytes", "Memory of procmarshal that is in RAM.")
        .Add(*resident * page);
    out.Gauge("process_virtual_memory_bytes", "Address space of procmarshal.").Add(*size * page);
    out.Gauge("process_virtual_memory_max_bytes", "Most address space procmarshal may have.")
        .Add(SoftLimit(RLIMIT_AS));
    out.Gauge("process_max_fds", "Most file descriptors procmarshal may have open.")
        .Add(SoftLimit(RLIMIT_NOFILE));
    out.Gauge("process_start_time_seconds", "Start of procmarshal as Unix time.").Add(kStart);
    return WriteOpenFds(out);
  }

 private:
  Status WriteOpenFds(FamilyWriter& out) {
    const auto directory = ProcDirectory::Open(proc_);
    if (!directory) return tl::unexpected(directory.error());
    std::uint64_t fds = 0;
    if (directory->CountFds(::getpid(), fds) != ReadOutcome::kOk) {
      return Fail(ErrorCode::kInternal, "count open files of procmarshal: not possible");
    }
    out.Gauge("process_open_fds", "File descriptors procmarshal has open.")
        .Add(static_cast<double>(fds));
    return {};
  }

  PseudoFs proc_{"/proc"};
};

std::unique_ptr<Collector> Make(const Environment& /*env*/) {
  return std::make_unique<SelfCollector>();
}

const Registration kRegistration("self", Default::kOn, &Make);

}  // namespace
}  // namespace procmarshal
