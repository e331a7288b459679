#include "tests/support/fake_systemd.h"

#ifdef PROCMARSHAL_TEST_BUS

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace procmarshal::testing {
namespace {

constexpr const char* kDaemon = "/usr/bin/dbus-daemon";
constexpr const char* kRunner = "/usr/bin/setpriv";  // which becomes the daemon

int ReplyUnits(sd_bus_message* call, const FakeSystemd::Script& script) {
  if (!script.answers_list) return 1;
  sd_bus_message* reply = nullptr;
  int code = sd_bus_message_new_method_return(call, &reply);
  if (code >= 0) code = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
  for (const FakeSystemd::Unit& unit : script.units) {
    if (code < 0) break;
    code = sd_bus_message_append(reply, "(ssssssouso)", unit.name.c_str(), "Description",
                                 unit.load_state.c_str(), unit.active_state.c_str(), "sub", "",
                                 unit.object.c_str(), 0, "", "/");
  }
  if (code >= 0) code = sd_bus_message_close_container(reply);
  if (code >= 0) code = sd_bus_send(nullptr, reply, nullptr);
  sd_bus_message_unref(reply);
  return code < 0 ? code : 1;
}

int ReplyProperty(sd_bus_message* call, const FakeSystemd::Script& script) {
  if (!script.answers_get) return 1;
  constexpr std::size_t kPrefix = std::string_view("org.freedesktop.systemd1.").size();
  const char* interface = nullptr;
  const char* name = nullptr;
  const int code = sd_bus_message_read(call, "ss", &interface, &name);
  if (code < 0) return code;
  const auto found = script.properties.find(std::string(sd_bus_message_get_path(call)) + ' ' +
                                            std::string(interface).substr(kPrefix) + ' ' + name);
  if (found == script.properties.end()) {
    return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "No %s", name);
  }
  const FakeSystemd::Value& value = found->second;
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sd_bus_reply_method_return(call, "v", "s", text->c_str());
  }
  if (const auto* small = std::get_if<std::uint32_t>(&value)) {
    return sd_bus_reply_method_return(call, "v", "u", *small);
  }
  if (const auto* large = std::get_if<std::uint64_t>(&value)) {
    return sd_bus_reply_method_return(call, "v", "t", *large);
  }
  return sd_bus_reply_method_return(call, "v", "d", std::get<double>(value));
}

int Answer(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
  const auto& script = *static_cast<const FakeSystemd::Script*>(data);
  if (sd_bus_message_is_method_call(call, "org.freedesktop.systemd1.Manager", "ListUnits") > 0) {
    return ReplyUnits(call, script);
  }
  if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get") > 0) {
    return ReplyProperty(call, script);
  }
  return 0;
}

}  // namespace

PrivateBus::PrivateBus() : address_("unix:path=" + folder_.Path("bus")) {
  folder_.Write("bus.conf", "<busconfig><listen>" + address_ +
                                "</listen><auth>EXTERNAL</auth><policy context=\"default\">"
                                "<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
                                "<allow own=\"*\"/></policy></busconfig>");
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);  // NOLINT(*-mt-unsafe)
  Start();
}

PrivateBus::~PrivateBus() {
  Stop();
}

bool PrivateBus::IsPossible() {
  return ::access(kDaemon, X_OK) == 0 && ::access(kRunner, X_OK) == 0;
}

// It prints its address when it listens, and ends with the test, however that ends.
void PrivateBus::Start() {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string runner = kRunner;
  std::string until = "--pdeathsig";
  std::string signal = "KILL";
  std::string program = kDaemon;
  std::string config = "--config-file=" + folder_.Path("bus.conf");
  std::string foreground = "--nofork";
  std::string print = "--print-address=1";
  const std::array<char*, 8> arguments = {runner.data(),  until.data(),  signal.data(),
                                          program.data(), config.data(), foreground.data(),
                                          print.data(),   nullptr};
  const int error = ::posix_spawn(&pid_, kRunner, &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  char first = 0;
  EXPECT_EQ(error, 0);
  EXPECT_EQ(::read(ends[0], &first, 1), 1);
  ::close(ends[0]);
}

void PrivateBus::Stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

FakeSystemd::FakeSystemd(const PrivateBus& bus, Script script) : script_(std::move(script)) {
  thread_ = std::thread([this, address = bus.Address()] { Serve(address); });
  serves_.wait(false);
}

FakeSystemd::~FakeSystemd() {
  stops_ = true;
  thread_.join();
}

void FakeSystemd::Serve(const std::string& address) {
  sd_bus* bus = nullptr;
  int code = sd_bus_new(&bus);
  if (code >= 0) code = sd_bus_set_address(bus, address.c_str());
  if (code >= 0) code = sd_bus_set_bus_client(bus, 1);
  if (code >= 0) code = sd_bus_start(bus);
  // NOLINTNEXTLINE(*-const-cast): it is read only
  void* const script = const_cast<Script*>(&script_);
  if (code >= 0) code = sd_bus_add_filter(bus, nullptr, &Answer, script);
  if (code >= 0) code = sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
  EXPECT_GE(code, 0);
  serves_ = true;
  serves_.notify_all();
  constexpr std::uint64_t kMicroseconds = 5000;
  while (code >= 0 && !stops_) {
    code = sd_bus_process(bus, nullptr);
    if (code == 0) code = sd_bus_wait(bus, kMicroseconds);
  }
  sd_bus_flush_close_unref(bus);
}

}  // namespace procmarshal::testing

#endif
