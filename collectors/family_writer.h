#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace procmarshal {

struct LabelView {
  std::string_view name;
  std::string_view value;
};

// Whether a metric of this type has more than one line, and holds vectors of its own.
[[nodiscard]] bool IsCompound(prometheus::MetricType type);

// Fills a list of metric families, into the storage of the list's previous life: the strings and
// vectors that are already there are overwritten, so that a steady host allocates nothing for its
// samples. A family gets the storage of its namesake, wherever in the list that was.
//
//   FamilyWriter out(families);
//   out.Gauge("node_load1", "1 minute load average.").Add(0.2);
//   auto cpu = out.Counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.");
//   cpu.Add(12.5, {{"cpu", "0"}, {"mode", "idle"}});
//   out.Finish();
//
// The list is in the order of declaration. A family that is declared twice with one type is one
// family, with the first help text. Declared again with another type, it is a conflict: its samples
// are dropped and TakeConflict() says so.
class FamilyWriter {
 public:
  // Adds the samples of one family. Valid until Finish().
  class Family {
   public:
    using Labels = std::initializer_list<LabelView>;
    void Add(double value, Labels labels = {}) { Write(value, {labels.begin(), labels.size()}); }
    void Add(double value, std::span<const LabelView> labels) { Write(value, labels); }

   private:
    friend class FamilyWriter;
    Family(FamilyWriter& writer, std::size_t index) : writer_(&writer), index_(index) {}
    void Write(double value, std::span<const LabelView> labels);
    FamilyWriter* writer_;
    std::size_t index_;  // kDropped after a conflict
  };

  explicit FamilyWriter(std::vector<prometheus::MetricFamily>& families) : families_(families) {}

  Family Counter(std::string_view name, std::string_view help) {
    return Declare(name, help, prometheus::MetricType::Counter);
  }
  Family Gauge(std::string_view name, std::string_view help) {
    return Declare(name, help, prometheus::MetricType::Gauge);
  }

  Family Untyped(std::string_view name, std::string_view help) {
    return Declare(name, help, prometheus::MetricType::Untyped);
  }

  // Takes over whole families, of any type, from a prometheus::Collectable.
  void Append(std::vector<prometheus::MetricFamily>&& families);

  // The type of a family declared so far.
  [[nodiscard]] std::optional<prometheus::MetricType> TypeOf(std::string_view name) const;

  // How many families there are so far.
  [[nodiscard]] std::size_t Size() const { return used_.size(); }

  // The families declared with two types since the last call: "NAME is a counter and a gauge",
  // separated by "; ", or empty.
  [[nodiscard]] std::string TakeConflict();

  // Cuts what the previous life had more of. The list holds just what was added since construction.
  void Finish();

 private:
  static constexpr std::size_t kDropped = static_cast<std::size_t>(-1);

  Family Declare(std::string_view name, std::string_view help, prometheus::MetricType type);
  std::size_t Claim(std::string_view name, std::string_view help, prometheus::MetricType type);
  prometheus::MetricFamily& NextFamily(std::string_view name);
  prometheus::ClientMetric& NextSample(std::size_t index);

  std::vector<prometheus::MetricFamily>& families_;
  std::vector<std::size_t> used_;  // samples filled, of each family declared so far
  std::unordered_map<std::string, std::size_t> index_;
  std::string conflict_;
};

}  // namespace procmarshal
