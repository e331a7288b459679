// What a pass of each collector costs on this host: µs of CPU, those that are off by default too. A
// collector that this host has nothing for is passed over.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "collectors/collector.h"

namespace procmarshal {
namespace {

void Collect(benchmark::State& state, const Registration* entry) {
  const auto collector = entry->Make({});
  std::vector<prometheus::MetricFamily> families;
  const auto pass = [&] {
    FamilyWriter out(families);
    const Status status = collector->Collect(out);
    out.Finish();
    return status;
  };
  if (const Status status = pass(); !status) {
    state.SkipWithError(status.error().message.c_str());
    return;
  }
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(pass());
  std::size_t series = 0;
  for (const auto& family : families) series += family.metric.size();
  state.counters["series"] = static_cast<double>(series);
}

const int kRegistered = [] {
  for (const Registration* entry : Registration::All()) {
    const std::string name =
        "Collect/" + std::string(entry->Name()) + (entry->OnByDefault() ? "" : "/off_by_default");
    benchmark::RegisterBenchmark(name.c_str(), &Collect, entry)->Unit(benchmark::kMicrosecond);
  }
  return 0;
}();

}  // namespace
}  // namespace procmarshal
