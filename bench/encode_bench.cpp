// What it costs to refill families, to write them as text and to compress that: ns per series.
#include <benchmark/benchmark.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/family_writer.h"
#include "collectors/text_encoder.h"
#include "exporter/web/gzip.h"

namespace procmarshal {
namespace {

constexpr std::size_t kMetricsPerProcess = 20;

struct Owner {
  std::string pid, name, user, group;
};

std::vector<Owner> Owners(std::size_t count) {
  constexpr std::array<const char*, 4> kNames{"nginx", "postgres", "systemd-journald", "java"};
  constexpr std::array<const char*, 3> kUsers{"root", "www-data", "postgres"};
  std::vector<Owner> owners;
  for (std::size_t i = 0; i < count; ++i) {
    const char* name = kNames.at(i % kNames.size());
    owners.push_back({std::to_string(1000 + (7 * i)), name, kUsers.at(i % kUsers.size()), name});
  }
  return owners;
}

// As real ones: a third each of small integers, byte counts and seconds with two decimals.
double ValueOf(std::size_t metric, std::size_t owner) {
  const auto seed = static_cast<double>((owner * 7919) + (metric * 104729));
  if (metric % 3 == 0) return static_cast<double>(owner % 64);
  return metric % 3 == 1 ? seed * 4096 : seed / 100;
}

void Fill(const std::vector<Owner>& owners, std::vector<prometheus::MetricFamily>& families) {
  FamilyWriter out(families);
  for (std::size_t metric = 0; metric < kMetricsPerProcess; ++metric) {
    auto family = out.Counter("linux_process_some_quantity_" + std::to_string(metric) + "_total",
                              "What the process used of some quantity.");
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const Owner& owner = owners[i];
      family.Add(ValueOf(metric, i), {{"pid", owner.pid},
                                      {"name", owner.name},
                                      {"user", owner.user},
                                      {"groupname", owner.group}});
    }
  }
  out.Finish();
}

std::vector<prometheus::MetricFamily> Families(std::size_t series) {
  std::vector<prometheus::MetricFamily> families;
  Fill(Owners(series / kMetricsPerProcess), families);
  return families;
}

// CPU time of this process: unlike the time of day, it stays the same while others use the machine.
double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + (static_cast<double>(now.tv_nsec) * 1e-9);
}

// Call it when the loop is done, with the time it began.
void Report(benchmark::State& state, double start) {
  const auto series = static_cast<double>(state.iterations() * state.range(0));
  state.counters["ns_per_series"] = (CpuSeconds() - start) * 1e9 / series;
}

void Sizes(benchmark::internal::Benchmark* bench) {
  for (const int series : {1000, 10'000, 100'000}) bench->Arg(series);
  bench->Unit(benchmark::kMicrosecond);
}

void Refill(benchmark::State& state) {
  const auto owners = Owners(static_cast<std::size_t>(state.range(0)) / kMetricsPerProcess);
  std::vector<prometheus::MetricFamily> families;
  const double start = CpuSeconds();
  while (state.KeepRunning()) Fill(owners, families);
  Report(state, start);
}
BENCHMARK(Refill)->Apply(Sizes);

void Encode(benchmark::State& state, TextFormat format) {
  const auto families = Families(static_cast<std::size_t>(state.range(0)));
  std::string text;
  const double start = CpuSeconds();
  while (state.KeepRunning()) {
    text.clear();
    EncodeText(families, format, text);
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
  Report(state, start);
}
BENCHMARK_CAPTURE(Encode, Prometheus, TextFormat::kPrometheus)->Apply(Sizes);
BENCHMARK_CAPTURE(Encode, OpenMetrics, TextFormat::kOpenMetrics)->Apply(Sizes);

// Into fresh memory, as once per snapshot; the difference to the above is the kernel's page faults.
void EncodeFresh(benchmark::State& state) {
  const auto families = Families(static_cast<std::size_t>(state.range(0)));
  const double start = CpuSeconds();
  while (state.KeepRunning()) {
    std::string text;
    EncodeText(families, TextFormat::kPrometheus, text);
    benchmark::DoNotOptimize(text.data());
  }
  Report(state, start);
}
BENCHMARK(EncodeFresh)->Apply(Sizes);

// What prometheus-cpp brings, for comparison.
void Serializer(benchmark::State& state) {
  const auto families = Families(static_cast<std::size_t>(state.range(0)));
  const prometheus::TextSerializer serializer;
  const double start = CpuSeconds();
  while (state.KeepRunning()) benchmark::DoNotOptimize(serializer.Serialize(families));
  Report(state, start);
}
BENCHMARK(Serializer)->Apply(Sizes);

void Compress(benchmark::State& state, std::string (*gzip)(std::string_view)) {
  std::string text;
  EncodeText(Families(static_cast<std::size_t>(state.range(0))), TextFormat::kPrometheus, text);
  std::size_t size = 0;
  const double start = CpuSeconds();
  while (state.KeepRunning()) size = gzip(text).size();
  state.counters["bytes"] = static_cast<double>(size);
  Report(state, start);
}
#ifdef PROCMARSHAL_HAVE_ISAL
BENCHMARK_CAPTURE(Compress, Isal, &GzipIsal)->Apply(Sizes);
#endif
BENCHMARK_CAPTURE(Compress, Zlib, &GzipZlib)->Apply(Sizes);

}  // namespace
}  // namespace procmarshal
