// How well the kernel's clock is disciplined, by NTP or PPS, from adjtimex(2).
#include "collectors/timex.h"

#include <array>

#include "collectors/collector.h"

namespace procmarshal {
namespace {

constexpr double kMicroseconds = 1e6;  // in a second
constexpr double kNanoseconds = 1e9;
constexpr double kScaledPpm = 65536 * 1e6;  // parts per million with a fraction of 16 bits

struct Field {
  std::string_view name;
  std::string_view help;
  double value;
};

void WriteGauges(const timex& clock, FamilyWriter& out) {
  const double unit = (clock.status & STA_NANO) != 0 ? kNanoseconds : kMicroseconds;
  const auto value = [](auto number) { return static_cast<double>(number); };
  const std::array<Field, 12> fields = {{
      {"offset_seconds", "The reference clock minus the local one.", value(clock.offset) / unit},
      {"frequency_adjustment_ratio", "By what the local clock's frequency is multiplied.",
       1 + (value(clock.freq) / kScaledPpm)},
      {"maxerror_seconds", "Most the clock may be wrong.", value(clock.maxerror) / kMicroseconds},
      {"estimated_error_seconds", "How much the clock is thought to be wrong.",
       value(clock.esterror) / kMicroseconds},
      {"status", "Bits STA_* of adjtimex(2).", value(clock.status)},
      {"loop_time_constant", "Time constant of the phase-locked loop.", value(clock.constant)},
      {"tick_seconds", "Time between two ticks of the clock.", value(clock.tick) / kMicroseconds},
      {"pps_frequency_hertz", "Frequency of the pulse per second.",
       value(clock.ppsfreq) / kScaledPpm},
      {"pps_jitter_seconds", "Jitter of the pulse per second.", value(clock.jitter) / unit},
      {"pps_shift_seconds", "Interval of the pulse per second, as its binary logarithm.",
       value(clock.shift)},
      {"pps_stability_hertz", "Mean change of the pulse per second's frequency.",
       value(clock.stabil) / kScaledPpm},
      {"tai_offset_seconds", "International Atomic Time minus UTC.", value(clock.tai)},
  }};
  for (const Field& field : fields) {
    out.Gauge("node_timex_" + std::string(field.name), field.help).Add(field.value);
  }
}

void WriteCounters(const timex& clock, FamilyWriter& out) {
  out.Counter("node_timex_pps_jitter_total", "Pulses per second with too much jitter.")
      .Add(static_cast<double>(clock.jitcnt));
  out.Counter("node_timex_pps_calibration_total", "Calibrations by the pulse per second.")
      .Add(static_cast<double>(clock.calcnt));
  out.Counter("node_timex_pps_error_total", "Calibrations by the pulse per second that failed.")
      .Add(static_cast<double>(clock.errcnt));
  out.Counter("node_timex_pps_stability_exceeded_total",
              "Calibrations that found the pulse per second too unstable.")
      .Add(static_cast<double>(clock.stbcnt));
}

Status Collect(const Environment& /*env*/, FamilyWriter& out) {
  timex clock{};  // no modes: nothing is set
  const int state = ::adjtimex(&clock);
  // Where a sandbox forbids the call, the host has no such numbers for us. That is no fault.
  if (state < 0 && errno == EPERM) {
    return Fail(ErrorCode::kNotFound, "adjtimex: Operation not permitted");
  }
  if (state < 0) return FailErrno("adjtimex");
  WriteTimex(clock, state, out);
  return {};
}

const Registration kRegistration("timex", Default::kOn, &Collect);

}  // namespace

void WriteTimex(const timex& clock, int state, FamilyWriter& out) {
  out.Gauge("node_timex_sync_status", "1 if the clock is synchronized to a server, else 0.")
      .Add(state == TIME_ERROR ? 0 : 1);
  WriteGauges(clock, out);
  WriteCounters(clock, out);
}

}  // namespace procmarshal
