#include "exporter/daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/fixture.h"
#include "tests/support/http_client.h"
#include "tests/support/temporary_folder.h"

namespace procmarshal::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A daemon on a captured host, on a port that the kernel picked.
class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() {
    config_ = Daemon::Defaults();
    config_.web.listen = {"127.0.0.1:0"};
    daemon_ = Daemon::Start(config_, {.proc = tree_.Fs()}, clock_).value();
  }
  std::string Get(const std::string& path) { return HttpGet(daemon_->Addresses()[0], path); }

  SystemClock clock_;
  ProcTree tree_{"linux-6.18"};
  Config config_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(DaemonTest, ServesGroupsProcessesSystemAndItself) {
  const std::string page = Get("/metrics");
  EXPECT_THAT(page, HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(page, HasSubstr("namedprocess_namegroup_num_procs{groupname=\"webapp\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("linux_process_nice{pid=\"1001\",name=\"webapp\",user=\"root\","
                              "groupname=\"webapp\",unit=\"fixture.service\",container=\"\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("node_memory_MemTotal_bytes "));
  EXPECT_THAT(page, HasSubstr("procmarshal_build_info{"));
  EXPECT_THAT(page, HasSubstr("process_resident_memory_bytes "));
  EXPECT_THAT(page, HasSubstr("node_scrape_collector_success{collector=\"namedprocess\"} 1\n"));
}

TEST_F(DaemonTest, ServesHostileNames) {
  const std::string page = Get("/metrics");
  EXPECT_THAT(page, HasSubstr("num_procs{groupname=\"new\\nline\\\"\\\\\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("num_procs{groupname=\"\uFFFD\uFFFDbytes\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("num_procs{groupname=\"a ) S ( b\"} 1\n"));
}

TEST_F(DaemonTest, HasTheOtherPages) {
  EXPECT_THAT(Get("/"), HasSubstr("href=\"/metrics\""));
  EXPECT_THAT(Get("/-/healthy"), HasSubstr("200 OK"));
  (void)Get("/metrics");
  EXPECT_THAT(Get("/-/ready"), HasSubstr("200 OK"));
  EXPECT_THAT(Get("/nonesuch"), HasSubstr("404 Not Found"));
}

TEST_F(DaemonTest, AppliesAnotherConfiguration) {
  EXPECT_THAT(Get("/metrics"), HasSubstr("node_load1 "));
  Config changed = config_;
  changed.collectors["loadavg"] = false;
  changed.processes.top = 0;
  changed.sampling_interval = std::chrono::milliseconds(100);
  daemon_->Apply(changed);
  std::string page;
  for (int i = 0; i < 2000; ++i) {  // until the next sample
    page = Get("/metrics");
    if (page.find("node_load1 ") == std::string::npos) break;
    std::this_thread::yield();
  }
  EXPECT_THAT(page, Not(HasSubstr("node_load1 ")));
  EXPECT_THAT(page, Not(HasSubstr("linux_process_nice{")));
  EXPECT_THAT(page, HasSubstr("namedprocess_namegroup_num_procs{"));
}

TEST_F(DaemonTest, TakesOtherTextfileDirectories) {
  const TemporaryFolder folder;
  folder.Write("a.prom", "my_metric 1\n");
  EXPECT_THAT(Get("/metrics"), HasSubstr("node_textfile_scrape_error 0\n"));
  Config changed = config_;
  changed.textfile_directories = {folder.Path("")};
  changed.sampling_interval = std::chrono::milliseconds(100);
  daemon_->Apply(changed);
  std::string page;
  for (int i = 0; i < 2000; ++i) {  // until the next sample
    page = Get("/metrics");
    if (page.find("my_metric") != std::string::npos) break;
    std::this_thread::yield();
  }
  EXPECT_THAT(page, HasSubstr("my_metric 1\n"));
}

TEST_F(DaemonTest, RefusesToStartOnWhatItCannotRead) {
  const auto daemon = Daemon::Start(config_, {.proc = PseudoFs("/nonexistent")}, clock_);
  ASSERT_FALSE(daemon);
  EXPECT_EQ(daemon.error().message, "open /nonexistent: No such file or directory");
}

TEST(Daemon, KnowsItsDefaults) {
  const Config config = Daemon::Defaults();
  EXPECT_TRUE(config.collectors.contains("loadavg"));
  EXPECT_TRUE(config.collectors.at("cpu"));
}

}  // namespace
}  // namespace procmarshal::testing
