#pragma once

#include <prometheus/registry.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "collectors/sampler.h"
#include "tests/support/fake_source.h"
#include "tests/support/fixture.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {

// A sampler over made-up processes and a clock that stands still.
struct FakeHost {
  ManualClock clock;
  ProcTree tree{"linux-6.18"};
  FakeSource* source = nullptr;  // the sampler's own
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::unique_ptr<Sampler> sampler;

  explicit FakeHost(std::size_t processes = 0) {
    auto made = std::make_unique<FakeSource>();
    source = made.get();
    source->Set(MakeReadings(1, processes));
    sampler = std::make_unique<Sampler>(
        Sampler::Inputs{.source = std::move(made),
                        .table = ProcessTable::Open({.proc = tree.Fs(), .sys = tree.Fs()}).value(),
                        .memory = nullptr},
        clock, *registry);
    sampler->Add(registry);
  }
};

// The family of that name in a snapshot, or null.
inline const prometheus::MetricFamily* FindFamily(const Snapshot& snapshot, std::string_view name) {
  const auto found = std::ranges::find(snapshot.families, name, &prometheus::MetricFamily::name);
  return found == snapshot.families.end() ? nullptr : &*found;
}

}  // namespace procmarshal::testing
