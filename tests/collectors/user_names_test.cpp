#include "collectors/user_names.h"

#include <gtest/gtest.h>

namespace procmarshal::testing {

TEST(UserNames, KnowsTheHostsUsers) {
  UserNames names;
  EXPECT_EQ(names.Name(0), "root");
  EXPECT_EQ(names.Name(0), "root");
}

TEST(UserNames, GivesTheNumberOfAUserWithoutAName) {
  UserNames names;
  EXPECT_EQ(names.Name(3'999'999'999), "3999999999");
}

}  // namespace procmarshal::testing
