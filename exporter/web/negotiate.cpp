// Reads headers such as
//   Accept:
//   application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1
//   Accept-Encoding: gzip, br;q=0.9
#include "exporter/web/negotiate.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "base/parse.h"

namespace procmarshal {
namespace {

// One entry of the header.
struct Choice {
  std::string_view name;
  std::string_view version;
  double quality = 1;
};

std::string Lowercase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view Unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  return text.substr(1, text.size() - 2);
}

// Nullopt for a quality that is not a number from 0 to 1.
std::optional<Choice> ParseChoice(std::string_view text) {
  Choice choice{.name = Trim(TakeUntil(text, ';')), .version = {}};
  while (!text.empty()) {
    std::string_view value = TakeUntil(text, ';');
    const std::string_view key = Trim(TakeUntil(value, '='));
    if (key == "version") choice.version = Unquote(Trim(value));
    if (key != "q") continue;

    const std::optional<double> quality = ParseNumber<double>(Trim(value));
    const bool valid = quality && *quality >= 0 && *quality <= 1;
    if (!valid) return std::nullopt;
    choice.quality = *quality;
  }
  return choice;
}

bool IsOpenMetrics(const Choice& choice) {
  if (choice.name != "application/openmetrics-text") return false;
  return choice.version.empty() || choice.version == "1.0.0" || choice.version == "0.0.1";
}

// The entries that make sense. They point into `header`.
std::vector<Choice> ParseChoices(std::string_view header) {
  std::vector<Choice> choices;
  while (!header.empty()) {
    if (const auto choice = ParseChoice(TakeUntil(header, ','))) choices.push_back(*choice);
  }
  return choices;
}

// The highest quality given for the first of `names` that is there. They go from the most specific
// to the least, so that "text/plain;q=0, */*" refuses text.
double Quality(const std::vector<Choice>& choices, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    std::optional<double> best;
    for (const Choice& choice : choices) {
      if (choice.name == name) best = std::max(best.value_or(0), choice.quality);
    }
    if (best) return *best;
  }
  return 0;
}

}  // namespace

TextFormat NegotiateFormat(std::string_view accept) {
  const std::string header = Lowercase(accept);
  const std::vector<Choice> choices = ParseChoices(header);
  double open_metrics = 0;
  for (const Choice& choice : choices) {
    if (IsOpenMetrics(choice)) open_metrics = std::max(open_metrics, choice.quality);
  }
  const double text = Quality(choices, {"text/plain", "text/*", "*/*"});
  const bool wins = open_metrics > 0 && open_metrics >= text;
  return wins ? TextFormat::kOpenMetrics : TextFormat::kPrometheus;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  const std::string header = Lowercase(accept_encoding);
  return Quality(ParseChoices(header), {"gzip", "x-gzip", "*"}) > 0;
}

}  // namespace procmarshal
