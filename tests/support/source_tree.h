#pragma once

#include <filesystem>

namespace procmarshal::testing {

// The top folder of the source that the tests were built from.
[[nodiscard]] std::filesystem::path SourceTree();

}  // namespace procmarshal::testing
