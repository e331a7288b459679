#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {

TEST(Uname, GivesTheNamesOfTheSystem) {
  utsname names{};
  ASSERT_EQ(::uname(&names), 0);
  EXPECT_EQ(CollectFrom("uname", {}), std::string("node_uname_info{sysname=\"Linux\",release=\"") +
                                          names.release + "\",version=\"" + names.version +
                                          "\",machine=\"" + names.machine + "\",nodename=\"" +
                                          names.nodename + "\",domainname=\"" + names.domainname +
                                          "\"} 1\n");
}

}  // namespace procmarshal::testing
