#pragma once

#include <filesystem>

#include "base/result.h"
#include "exporter/config.h"

namespace procmarshal {

// Reads `file`, then each conf.d/*.toml beside it in the order of their names, on top of `base`: a
// later value replaces an earlier one. All mistakes of all files are reported, as above; the code
// is the first one's.
[[nodiscard]] Result<Config> LoadConfig(const std::filesystem::path& file, const Config& base);

}  // namespace procmarshal
