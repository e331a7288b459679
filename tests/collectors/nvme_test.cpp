#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/collect.h"
#include "tests/support/manual_clock.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A disk, nvme0, and more files of its folder.
std::string CollectDisk(const std::vector<File>& more, const std::string& state = "live\n") {
  const std::string folder = "sys/class/nvme/nvme0/";
  std::vector<File> files = {{folder + "model", "Samsung SSD 970 PRO 512GB               \n"},
                             {folder + "serial", "S680HF8N190894I     \n"},
                             {folder + "firmware_rev", "1B2QEXP7\n"},
                             {folder + "state", state},
                             {folder + "cntlid", "4\n"}};
  files.reserve(files.size() + more.size());
  for (const File& file : more) files.push_back({folder + file.path, file.content});
  return CollectHost("nvme", files);
}

TEST(Nvme, TellsWhatADiskIs) {
  EXPECT_EQ(CollectDisk({}),
            R"(node_nvme_info{device="nvme0",firmware_revision="1B2QEXP7",)"
            R"(model="Samsung SSD 970 PRO 512GB",serial="S680HF8N190894I",state="live",)"
            R"(cntlid="4"} 1)"
            "\n");
}

TEST(Nvme, ReadsANamespace) {
  const std::string metrics = CollectDisk({{"nvme0c0n1/size", "1000\n"},
                                           {"nvme0c0n1/queue/logical_block_size", "512\n"},
                                           {"nvme0c0n1/nuse", "400\n"},
                                           {"nvme0c0n1/ana_state", "optimized\n"},
                                           {"power/control", "auto\n"}});
  EXPECT_THAT(metrics,
              HasSubstr(R"(node_nvme_namespace_capacity_bytes{device="nvme0",nsid="1"} 512000
node_nvme_namespace_info{device="nvme0",nsid="1",ana_state="optimized"} 1
node_nvme_namespace_logical_block_size_bytes{device="nvme0",nsid="1"} 512
node_nvme_namespace_size_bytes{device="nvme0",nsid="1"} 512000
node_nvme_namespace_used_bytes{device="nvme0",nsid="1"} 204800
)"));
}

TEST(Nvme, KnowsThatSizesAreInSectorsWhateverTheBlocksAre) {
  const std::string metrics = CollectDisk({{"nvme0n12/size", "8000\n"},
                                           {"nvme0n12/queue/logical_block_size", "4096\n"},
                                           {"nvme0n12/nuse", "10\n"}});
  EXPECT_THAT(metrics, HasSubstr(R"(namespace_size_bytes{device="nvme0",nsid="12"} 4096000)"));
  EXPECT_THAT(metrics, HasSubstr(R"(namespace_used_bytes{device="nvme0",nsid="12"} 40960)"));
  EXPECT_THAT(metrics, HasSubstr(R"(nsid="12",ana_state="unknown"} 1)"));
}

TEST(Nvme, DoesWithoutWhatOldKernelsLack) {
  const std::string metrics = CollectDisk({{"nvme0n1/size", "8000\n"}});
  EXPECT_THAT(metrics, HasSubstr("namespace_size_bytes"));
  EXPECT_THAT(metrics, Not(HasSubstr("used_bytes")));
  EXPECT_THAT(metrics, Not(HasSubstr("logical_block_size")));
}

TEST(Nvme, AsksTheDiskOnceAMinute) {
  const ProcTree host;
  const std::string folder = "sys/class/nvme/nvme0/";
  host.Write(folder + "state", "live\n");
  host.Write(folder + "nvme0n1/queue/logical_block_size", "512\n");
  host.Write(folder + "nvme0n1/nuse", "2\n");
  ManualClock clock;
  Environment env = HostOf(host);
  env.clock = &clock;
  const auto nvme = MakeCollector("nvme", env);
  EXPECT_THAT(CollectOnce(*nvme), HasSubstr("used_bytes{device=\"nvme0\",nsid=\"1\"} 1024\n"));
  host.Write(folder + "nvme0n1/nuse", "3\n");
  clock.Advance(std::chrono::seconds(59));
  EXPECT_THAT(CollectOnce(*nvme), HasSubstr("used_bytes{device=\"nvme0\",nsid=\"1\"} 1024\n"));
  clock.Advance(std::chrono::seconds(1));
  EXPECT_THAT(CollectOnce(*nvme), HasSubstr("used_bytes{device=\"nvme0\",nsid=\"1\"} 1536\n"));
}

TEST(Nvme, RefusesAUseThatIsNoNumber) {
  EXPECT_EQ(CollectDisk({{"nvme0n1/queue/logical_block_size", "512\n"}, {"nvme0n1/nuse", "all\n"}}),
            "error: class/nvme/nvme0/nvme0n1/nuse: expected a number, found \"all\"");
}

TEST(Nvme, AsksNothingOfADiskThatDoesNotAnswer) {
  const std::vector<File> files = {{"nvme0n1/size", "8000\n"},
                                   {"nvme0n1/queue/logical_block_size", "512\n"},
                                   {"nvme0n1/nuse", "10\n"}};
  EXPECT_THAT(CollectDisk(files, "resetting\n"), Not(HasSubstr("used_bytes")));
  EXPECT_THAT(CollectDisk(files, "resetting\n"), HasSubstr(R"(state="resetting")"));
}

TEST(Nvme, LeavesOutADiskThatWasUnplugged) {
  EXPECT_EQ(CollectHost("nvme", {{"sys/class/nvme/nvme0/model", "x\n"}}), "");
}

TEST(Nvme, SaysThatThereIsNone) {
  EXPECT_THAT(CollectHost("nvme", {{"sys/class/net/lo/mtu", "1\n"}}),
              HasSubstr("No such file or directory"));
}

TEST(Nvme, RefusesWhatIsNoNumber) {
  EXPECT_THAT(CollectDisk({{"nvme0n1/size", "big\n"}}), HasSubstr("error: "));
  EXPECT_THAT(CollectDisk({{"nvme0n1/size", ""}}), HasSubstr("error: "));
}

TEST(Nvme, TakesAnyNameForWhatItIs) {
  EXPECT_THAT(CollectDisk({{"nvme0n1p1/size", "5\n"}, {"nvmexn1/size", "5\n"}, {"n1/size", "5\n"}}),
              Not(HasSubstr("namespace")));
}

}  // namespace
}  // namespace procmarshal::testing
