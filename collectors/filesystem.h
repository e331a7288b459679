#pragma once

#include <memory>

#include "collectors/collector.h"
#include "collectors/statfs_pool.h"

namespace procmarshal {

// The collector "filesystem", with file systems asked by `call`.
[[nodiscard]] std::unique_ptr<Collector> MakeFilesystemCollector(const Environment& env,
                                                                 StatfsPool::Call call);

}  // namespace procmarshal
