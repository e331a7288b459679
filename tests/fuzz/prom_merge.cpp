// Whatever some *.prom files hold (here up to three, separated by 0xFF): together they make a page
// that is taken, with each metric and each series once.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/parse.h"
#include "collectors/prom_merge.h"
#include "collectors/text_encoder.h"
#include "collectors/text_parser.h"

namespace procmarshal {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

PromMerge Merge(std::string_view files) {
  PromMerge merge;
  for (const char* const path : {"a.prom", "b.prom", "c.prom"}) {
    if (const auto families = ParseText(TakeUntil(files, '\xFF'))) merge.Add(path, *families);
  }
  return merge;
}

// A page that has a metric already, as those of other collectors.
std::string Write(const PromMerge& merge) {
  std::vector<prometheus::MetricFamily> families;
  FamilyWriter out(families);
  out.Gauge("a", "Mine.").Add(1);
  std::vector<std::string> problems = merge.Problems();
  merge.Write(out, problems);
  Require(out.TakeConflict().empty());
  out.Finish();
  for (const std::string& problem : problems) {
    Require(problem.find('\n') == std::string::npos && problem.size() < 300);
  }
  std::string page;
  EncodeText(families, TextFormat::kPrometheus, page);
  return page;
}

void Check(std::string_view page) {
  const auto families = ParseText(page);
  Require(families.has_value());
  std::unordered_set<std::string> names;
  for (const auto& family : *families) {
    Require(names.insert(family.name).second);
    std::unordered_set<std::string> series;
    for (const auto& metric : family.metric) Require(series.insert(SeriesKey(metric.label)).second);
  }
}

}  // namespace
}  // namespace procmarshal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procmarshal;  // NOLINT(google-build-using-namespace)
  Check(Write(Merge({reinterpret_cast<const char*>(data), size})));
  return 0;
}
