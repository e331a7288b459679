#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "collectors/family_writer.h"

namespace procmarshal {

// Of what pages are made: how much there is of it.
struct PageSize {
  std::size_t metrics = 0;  // names of them
  std::size_t lines = 0;    // of samples
  std::size_t labels = 0;

  bool operator==(const PageSize&) const = default;
};
[[nodiscard]] PageSize SizeOf(const std::vector<prometheus::MetricFamily>& families);

// Paths for people to read, however many there are: "a.prom, b.prom, c.prom and 2 more".
class PathList {
 public:
  explicit PathList(std::string first) : text_(std::move(first)) {}
  void Add(const std::string& path);
  [[nodiscard]] std::string Text() const;

 private:
  static constexpr std::size_t kMost = 3;
  std::string text_;  // of the first kMost
  std::size_t size_ = 1;
};

// The families of several files as those of one page, that Prometheus takes. The first file that
// has something wins.
class PromMerge {
 public:
  // What can't be taken, for it has another type or help text than before, or is a series that is
  // there already, is a text in Problems().
  void Add(const std::string& path, const std::vector<prometheus::MetricFamily>& families);

  [[nodiscard]] const std::vector<std::string>& Problems() const { return problems_; }

  // Writes all but what clashes with families that are there already; `problems` gets a text each.
  void Write(FamilyWriter& out, std::vector<std::string>& problems) const;

 private:
  struct Merged {
    prometheus::MetricFamily family;
    PathList from;
  };

  Merged* Claim(const std::string& path, const prometheus::MetricFamily& family);

  std::vector<Merged> merged_;
  std::unordered_map<std::string, std::size_t> index_;   // of merged_, by name
  std::vector<std::unordered_set<std::string>> series_;  // SeriesKey, of each of merged_
  std::vector<std::string> problems_;
};

}  // namespace procmarshal
