// Whatever names those who may make cgroups choose: labels must be plain text of bounded length,
// and ids and names of the form that they have.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ascii.h"
#include "collectors/cgroup_path.h"

namespace {

constexpr std::string_view kMarks = "-_.:@\\";
constexpr std::size_t kMaxUnit = 255;
constexpr std::size_t kMaxContainer = 64;
constexpr std::size_t kMaxPod = 36;

bool IsLabel(std::string_view label, std::size_t max_length) {
  return label.size() <= max_length && std::ranges::all_of(label, [](char c) {
           return procmarshal::IsAlphanumeric(c) || kMarks.find(c) != std::string_view::npos;
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procmarshal;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const CgroupPlace place = ParseCgroup(text);
  if (!place.path.starts_with('/')) std::abort();
  if (!IsLabel(place.unit, kMaxUnit) || !IsLabel(place.slice, kMaxUnit)) std::abort();
  if (!IsLabel(place.container, kMaxContainer) || !IsLabel(place.pod, kMaxPod)) std::abort();
  for (const std::string_view path : CgroupPaths(text)) {
    if (!path.starts_with('/') || text.find(path) == std::string_view::npos) std::abort();
  }
  return 0;
}
