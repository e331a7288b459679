#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "collectors/systemd_bus.h"
#include "tests/support/collect.h"
#include "tests/support/fake_systemd.h"

#ifdef PROCMARSHAL_TEST_BUS

namespace procmarshal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::uint32_t operator""_u(unsigned long long value) {
  return static_cast<std::uint32_t>(value);
}

// systemd with its own properties, and these units.
FakeSystemd::Script With(std::vector<FakeSystemd::Unit> units) {
  return {.units = std::move(units),
          .properties = {{"/org/freedesktop/systemd1 Manager Version", "252.39-1~deb12u1"},
                         {"/org/freedesktop/systemd1 Manager Virtualization", "kvm"},
                         {"/org/freedesktop/systemd1 Manager SystemState", "running"}}};
}

class Systemd : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!PrivateBus::IsPossible()) GTEST_SKIP() << "no dbus-daemon here";
    bus_ = std::make_unique<PrivateBus>();
    collector_ = MakeCollector("systemd", {});
  }
  std::string Collect(FakeSystemd::Script script) {
    const FakeSystemd systemd(*bus_, std::move(script));
    return CollectOnce(*collector_);
  }

  std::unique_ptr<PrivateBus> bus_;
  std::unique_ptr<Collector> collector_;
};

TEST_F(Systemd, ShowsStatesOfAService) {
  auto script = With({{"a.service", "loaded", "failed", "/a"}});
  script.properties["/a Service Type"] = "notify";
  script.properties["/a Service NRestarts"] = 7_u;
  EXPECT_EQ(Collect(script),
            "node_systemd_service_restart_total{name=\"a.service\"} 7\n"
            "node_systemd_system_running 1\n"
            "node_systemd_unit_state{name=\"a.service\",state=\"activating\",type=\"notify\"} 0\n"
            "node_systemd_unit_state{name=\"a.service\",state=\"active\",type=\"notify\"} 0\n"
            "node_systemd_unit_state{name=\"a.service\",state=\"deactivating\",type=\"notify\"} 0\n"
            "node_systemd_unit_state{name=\"a.service\",state=\"failed\",type=\"notify\"} 1\n"
            "node_systemd_unit_state{name=\"a.service\",state=\"inactive\",type=\"notify\"} 0\n"
            "node_systemd_units{state=\"activating\"} 0\n"
            "node_systemd_units{state=\"active\"} 0\n"
            "node_systemd_units{state=\"deactivating\"} 0\n"
            "node_systemd_units{state=\"failed\"} 1\n"
            "node_systemd_units{state=\"inactive\"} 0\n"
            "node_systemd_version{version=\"252.39-1~deb12u1\"} 252.39\n"
            "node_systemd_virtualization_info{virtualization_type=\"kvm\"} 1\n");
}

TEST_F(Systemd, ShowsTimersAndSockets) {
  auto script =
      With({{"a.timer", "loaded", "active", "/t"}, {"b.socket", "loaded", "active", "/s"}});
  script.properties["/t Timer LastTriggerUSec"] = std::uint64_t{1'700'000'000'500'000};
  script.properties["/s Socket NAccepted"] = 1_u;
  script.properties["/s Socket NConnections"] = 2_u;
  script.properties["/s Socket NRefused"] = 3_u;
  EXPECT_THAT(
      Collect(script),
      AllOf(HasSubstr("node_systemd_timer_last_trigger_seconds{name=\"a.timer\"} 1700000000.5\n"),
            HasSubstr("node_systemd_socket_accepted_connections_total{name=\"b.socket\"} 1\n"),
            HasSubstr("node_systemd_socket_current_connections{name=\"b.socket\"} 2\n"),
            HasSubstr("node_systemd_socket_refused_connections_total{name=\"b.socket\"} 3\n"),
            HasSubstr("{name=\"b.socket\",state=\"active\",type=\"\"} 1\n")));
}

TEST_F(Systemd, LeavesOutKindsAndWhatIsNotLoaded) {
  const std::string page = Collect(With({{"a.automount", "loaded", "active", "/a"},
                                         {"b.device", "loaded", "active", "/b"},
                                         {"c.mount", "loaded", "active", "/c"},
                                         {"d.scope", "loaded", "active", "/d"},
                                         {"e.slice", "loaded", "active", "/e"},
                                         {"f.target", "loaded", "active", "/f"},
                                         {"g.service", "not-found", "inactive", "/g"},
                                         {"h.path", "loaded", "reloading", "/h"}}));
  EXPECT_THAT(page, AllOf(HasSubstr("node_systemd_unit_state{name=\"h.path\""),
                          Not(HasSubstr("name=\"a.")), HasSubstr("name=\"f.target\""),
                          Not(HasSubstr("name=\"g.")), HasSubstr("units{state=\"active\"} 6\n"),
                          HasSubstr("units{state=\"reloading\"} 1\n")));
}

TEST_F(Systemd, TakesNamesAsTheyAre) {
  EXPECT_THAT(Collect(With({{"a \"\n\\x2d ß.service", "loaded", "active", "/a"},
                            {".service", "loaded", "active", "/b"}})),
              AllOf(HasSubstr("{name=\"a \"\n\\x2d ß.service\",state=\"active\",type=\"\"} 1\n"),
                    HasSubstr("{name=\".service\",")));
}

TEST_F(Systemd, DoesWithoutPropertiesThatAreNotThere) {
  auto script = With({{"a.service", "loaded", "active", "/a"}});
  script.properties = {{"/org/freedesktop/systemd1 Manager Version", "unknown"},
                       {"/a Service NRestarts", 1.5}};
  EXPECT_THAT(
      Collect(script),
      AllOf(HasSubstr("state=\"active\",type=\"\"} 1\n"), Not(HasSubstr("restart_total")),
            Not(HasSubstr("node_systemd_version")), Not(HasSubstr("node_systemd_system_running")),
            HasSubstr("info{virtualization_type=\"unknown\"} 1\n")));
}

TEST_F(Systemd, KnowsADegradedHostAndBareMetal) {
  auto script = With({});
  script.properties["/org/freedesktop/systemd1 Manager SystemState"] = "degraded";
  script.properties["/org/freedesktop/systemd1 Manager Virtualization"] = "";
  EXPECT_THAT(Collect(script), AllOf(HasSubstr("node_systemd_system_running 0\n"),
                                     HasSubstr("info{virtualization_type=\"none\"} 1\n")));
}

TEST_F(Systemd, ReadsThousandsOfUnits) {
  auto script = With({});
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "u" + std::to_string(i);
    script.units.push_back({name + ".service", "loaded", "active", "/" + name});
    script.properties["/" + name + " Service NRestarts"] = static_cast<std::uint32_t>(i);
  }
  // The fake one is slow under sanitizers, so with more patience than the collector has.
  const FakeSystemd systemd(*bus_, script);
  SystemdBus bus(kSystemClock, std::chrono::seconds(60));
  const auto units = bus.ListUnits();
  ASSERT_TRUE(units) << units.error().message;
  std::vector<SystemdProperty> properties;
  for (const SystemdUnit& unit : *units) {
    properties.push_back({unit.object, "Service", "NRestarts", {}});
  }
  ASSERT_TRUE(bus.Read(properties));
  EXPECT_EQ(std::get<std::uint64_t>(properties.at(2999).value), 2999);
}

TEST_F(Systemd, SaysThatSystemdIsNotThere) {
  EXPECT_THAT(CollectOnce(*collector_), StartsWith("error: systemd on the system bus: "));
}

TEST_F(Systemd, SaysThatThereIsNoBus) {
  bus_->Stop();
  EXPECT_EQ(CollectOnce(*collector_), "error: systemd on the system bus: Connection refused");
}

TEST_F(Systemd, FindsTheBusAgainAfterARestart) {
  EXPECT_THAT(Collect(With({})), HasSubstr("node_systemd_system_running 1\n"));
  bus_->Stop();
  EXPECT_THAT(CollectOnce(*collector_), StartsWith("error: "));
  bus_->Start();
  EXPECT_THAT(Collect(With({})), HasSubstr("node_systemd_system_running 1\n"));
  bus_->Stop();
  bus_->Start();
  EXPECT_THAT(Collect(With({})), HasSubstr("node_systemd_system_running 1\n"));
}

TEST_F(Systemd, GivesUpOnOneThatDoesNotAnswer) {
  auto script = With({});
  script.answers_list = false;
  const FakeSystemd systemd(*bus_, script);
  SystemdBus bus(kSystemClock, std::chrono::milliseconds(20));
  const auto units = bus.ListUnits();
  ASSERT_FALSE(units);
  EXPECT_EQ(units.error().message, "systemd on the system bus: no answer within 20 ms");
}

// Else the log, which has a line when the text changes, would have two each half a minute.
TEST_F(Systemd, SaysTheSameWhileItPauses) {
  auto script = With({});
  script.answers_list = false;
  const FakeSystemd systemd(*bus_, script);
  SystemdBus bus(kSystemClock, std::chrono::milliseconds(20));
  ASSERT_FALSE(bus.ListUnits());
  bus_->Stop();  // who asked it now would find that out
  const auto units = bus.ListUnits();
  ASSERT_FALSE(units);
  EXPECT_EQ(units.error().message, "systemd on the system bus: no answer within 20 ms");
}

TEST_F(Systemd, GivesUpWhenPropertiesDoNotCome) {
  auto script = With({{"a.service", "loaded", "active", "/a"}});
  script.answers_get = false;
  const FakeSystemd systemd(*bus_, script);
  SystemdBus bus(kSystemClock, std::chrono::milliseconds(200));
  ASSERT_TRUE(bus.ListUnits());
  std::vector<SystemdProperty> properties = {{"/a", "Service", "Type", {}}};
  const Status read = bus.Read(properties);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "systemd on the system bus: no answer within 200 ms");
}

}  // namespace
}  // namespace procmarshal::testing

#endif
