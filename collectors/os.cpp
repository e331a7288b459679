// The distribution, from /etc/os-release: "PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"".

#include <array>
#include <chrono>
#include <optional>

#include "base/parse.h"
#include "collectors/collector.h"
#include "collectors/os_release.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

struct Label {
  std::string_view label;
  std::string_view name;
};

constexpr std::array<Label, 12> kLabels = {{
    {"build_id", "BUILD_ID"},
    {"id", "ID"},
    {"id_like", "ID_LIKE"},
    {"image_id", "IMAGE_ID"},
    {"image_version", "IMAGE_VERSION"},
    {"name", "NAME"},
    {"pretty_name", "PRETTY_NAME"},
    {"variant", "VARIANT"},
    {"variant_id", "VARIANT_ID"},
    {"version", "VERSION"},
    {"version_codename", "VERSION_CODENAME"},
    {"version_id", "VERSION_ID"},
}};

std::string_view Value(const OsRelease& release, std::string_view name) {
  const auto entry = release.find(name);
  return entry == release.end() ? std::string_view() : entry->second;
}

// The file is opened anew each time: an upgrade puts another one in its place.
Result<std::string> ReadFile(const PseudoFs& root) {
  auto text = root.Read("etc/os-release");
  if (!text && text.error().code == ErrorCode::kNotFound) text = root.Read("usr/lib/os-release");
  return text;
}

// 22.04 of "22.04.3 LTS".
std::optional<double> MajorMinor(std::string_view version) {
  constexpr std::string_view kDigits = "0123456789";
  std::size_t end = std::min(version.find_first_not_of(kDigits), version.size());
  if (end > 0 && version.substr(end).starts_with('.')) {
    end = std::min(version.find_first_not_of(kDigits, end + 1), version.size());
  }
  return ParseFinite(version.substr(0, end));
}

// Midnight UTC of "2028-06-30".
std::optional<double> ParseDate(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const auto year = ParseNumber<int>(TakeUntil(text, '-'));
  const auto month = ParseNumber<unsigned>(TakeUntil(text, '-'));
  const auto day = ParseNumber<unsigned>(text);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return Seconds(std::chrono::sys_days(date).time_since_epoch());
}

Status WriteSupportEnd(std::string_view date, FamilyWriter& out) {
  if (date.empty()) return {};
  const auto end = ParseDate(date);
  if (!end) {
    return FailExpected("os-release: expected SUPPORT_END=YEAR-MONTH-DAY", date);
  }
  out.Gauge("node_os_support_end_timestamp_seconds",
            "When the distribution's support ends, as Unix time.")
      .Add(*end);
  return {};
}

Status Collect(const Environment& env, FamilyWriter& out) {
  const auto release = ReadFile(env.root).and_then(ParseOsRelease);
  if (!release) return tl::unexpected(release.error());

  std::array<LabelView, kLabels.size()> labels;
  for (std::size_t i = 0; i < kLabels.size(); ++i) {
    labels.at(i) = {kLabels.at(i).label, Value(*release, kLabels.at(i).name)};
  }
  out.Gauge("node_os_info", "Names and versions of the distribution.").Add(1, labels);

  const auto version = MajorMinor(Value(*release, "VERSION_ID"));
  if (version && *version > 0) {
    out.Gauge("node_os_version", "The distribution's version, as MAJOR.MINOR.")
        .Add(*version, {{"id", Value(*release, "ID")},
                        {"id_like", Value(*release, "ID_LIKE")},
                        {"name", Value(*release, "NAME")}});
  }
  return WriteSupportEnd(Value(*release, "SUPPORT_END"), out);
}

const Registration kRegistration("os", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
