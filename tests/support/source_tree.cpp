#include "tests/support/source_tree.h"

namespace procmarshal::testing {

std::filesystem::path SourceTree() {
  return SOURCE_DIR;
}

}  // namespace procmarshal::testing
