#include "collectors/timex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string PrintTimex(const timex& clock, int state) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  WriteTimex(clock, state, out);
  out.Finish();
  return Print(families);
}

// What a host with chrony says, and with a receiver that gives a pulse per second.
timex Disciplined() {
  timex clock{};
  clock.offset = 1500;
  clock.freq = 65536;  // 1 ppm
  clock.maxerror = 16500;
  clock.esterror = 250;
  clock.status = STA_PLL;
  clock.constant = 7;
  clock.tick = 10000;
  clock.ppsfreq = -131072;
  clock.jitter = 2500;
  clock.shift = 4;
  clock.stabil = 65536;
  clock.jitcnt = 11;
  clock.calcnt = 12;
  clock.errcnt = 13;
  clock.stbcnt = 14;
  clock.tai = 37;
  return clock;
}

TEST(Timex, GivesBaseUnits) {
  EXPECT_EQ(PrintTimex(Disciplined(), TIME_OK),
            "node_timex_estimated_error_seconds 0.00025\n"
            "node_timex_frequency_adjustment_ratio 1.000001\n"
            "node_timex_loop_time_constant 7\n"
            "node_timex_maxerror_seconds 0.0165\n"
            "node_timex_offset_seconds 0.0015\n"
            "node_timex_pps_calibration_total 12\n"
            "node_timex_pps_error_total 13\n"
            "node_timex_pps_frequency_hertz -2e-06\n"
            "node_timex_pps_jitter_seconds 0.0025\n"
            "node_timex_pps_jitter_total 11\n"
            "node_timex_pps_shift_seconds 4\n"
            "node_timex_pps_stability_exceeded_total 14\n"
            "node_timex_pps_stability_hertz 1e-06\n"
            "node_timex_status 1\n"
            "node_timex_sync_status 1\n"
            "node_timex_tai_offset_seconds 37\n"
            "node_timex_tick_seconds 0.01\n");
}

TEST(Timex, ReadsOffsetAndJitterInNanosecondsIfTheKernelSaysSo) {
  timex clock = Disciplined();
  clock.status |= STA_NANO;
  const std::string metrics = PrintTimex(clock, TIME_OK);
  EXPECT_THAT(metrics, HasSubstr("node_timex_offset_seconds 1.5e-06\n"));
  EXPECT_THAT(metrics, HasSubstr("node_timex_pps_jitter_seconds 2.5e-06\n"));
  EXPECT_THAT(metrics, HasSubstr("node_timex_maxerror_seconds 0.0165\n"));
}

TEST(Timex, SaysWhenTheClockIsNotSynchronized) {
  EXPECT_THAT(PrintTimex(Disciplined(), TIME_ERROR), HasSubstr("node_timex_sync_status 0\n"));
}

TEST(Timex, AsksTheKernelUnlessItMayNot) {
  EXPECT_THAT(CollectFrom("timex", {}),
              AnyOf(HasSubstr("node_timex_tick_seconds 0.0"), HasSubstr("error: adjtimex: ")));
}

}  // namespace
}  // namespace procmarshal::testing
