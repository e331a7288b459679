#include <gtest/gtest.h>

#include "tests/support/collect.h"

namespace procmarshal::testing {

TEST(Filefd, ReadsWhatIsInUseAndWhatMayBe) {
  EXPECT_EQ(CollectFrom("filefd", {{"sys/fs/file-nr", "1216\t0\t262144\n"}}),
            "node_filefd_allocated 1216\n"
            "node_filefd_maximum 262144\n");
}

TEST(Filefd, KnowsHostsWithoutALimit) {
  EXPECT_EQ(CollectFrom("filefd", {{"sys/fs/file-nr", "1216\t0\t9223372036854775807\n"}}),
            "node_filefd_allocated 1216\n"
            "node_filefd_maximum 9.223372036854776e+18\n");
}

TEST(Filefd, RefusesAShortLine) {
  EXPECT_EQ(CollectFrom("filefd", {{"sys/fs/file-nr", "1216\t0\n"}}),
            "error: file-nr: expected three numbers, found \"1216\t0\"");
}

TEST(Filefd, RefusesWhatIsNoNumber) {
  EXPECT_EQ(CollectFrom("filefd", {{"sys/fs/file-nr", "many\t0\t99\n"}}),
            "error: file-nr: expected three numbers, found \"many\t0\t99\"");
}

}  // namespace procmarshal::testing
