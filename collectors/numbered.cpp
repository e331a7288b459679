#include "collectors/numbered.h"

namespace procmarshal {

std::vector<std::string> ListNumbered(const PseudoFs& fs, std::string_view folder,
                                      std::string_view prefix) {
  std::vector<std::string> numbers;
  const auto names = fs.List(folder);
  if (!names) return numbers;
  for (const std::string_view name : *names) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view number = name.substr(prefix.size());
    const bool is_number = number.find_first_not_of("0123456789") == std::string_view::npos;
    if (is_number && !number.empty()) numbers.emplace_back(number);
  }
  return numbers;
}

}  // namespace procmarshal
