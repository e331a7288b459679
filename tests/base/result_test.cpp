#include "base/result.h"

#include <gtest/gtest.h>

namespace procmarshal::testing {

TEST(Result, TakesWhatIsSwitchedOffForMissing) {
  EXPECT_EQ(FailErrno("read pressure/io", EOPNOTSUPP).value().code, ErrorCode::kNotFound);
  EXPECT_EQ(FailErrno("read eth0/mtu", ENODEV).value().code, ErrorCode::kNotFound);
}

TEST(Result, NamesWhatWasTriedAndTheCause) {
  const Error error = FailErrno("open /proc/7/io", EACCES).value();
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_EQ(error.message, "open /proc/7/io: Permission denied");
}

}  // namespace procmarshal::testing
