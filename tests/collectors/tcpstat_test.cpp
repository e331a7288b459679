#include <gtest/gtest.h>

#include <algorithm>

#include "collectors/collector.h"

namespace procmarshal::testing {

// The rest of it is in tcp_sockets_test.cpp: what the kernel tells is not in files.
TEST(Tcpstat, IsOffUnlessAskedFor) {
  const auto all = Registration::All();
  const auto found = std::ranges::find(all, "tcpstat", &Registration::Name);
  ASSERT_NE(found, all.end());
  EXPECT_FALSE((*found)->OnByDefault());
}

}  // namespace procmarshal::testing
