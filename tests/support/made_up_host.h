#pragma once

#include <string_view>
#include <vector>

#include "tests/support/collect.h"
#include "tests/support/fixture.h"

namespace procmarshal::testing {

// Makes the host of tests/fixtures/hosts/NAME.txt in `tree`. Returns its files, without its links.
std::vector<File> WriteHost(const ProcTree& tree, std::string_view name);

}  // namespace procmarshal::testing
