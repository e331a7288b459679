#pragma once

#if __has_include(<systemd/sd-bus.h>)
#define PROCMARSHAL_TEST_BUS

#include <sys/types.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace procmarshal::testing {

// A bus of our own, of the real dbus-daemon, which DBUS_SYSTEM_BUS_ADDRESS leads to.
class PrivateBus {
 public:
  PrivateBus();
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;
  ~PrivateBus();

  [[nodiscard]] static bool IsPossible();  // whether there is a dbus-daemon
  [[nodiscard]] const std::string& Address() const { return address_; }
  void Start();
  void Stop();  // as if it had crashed

 private:
  TemporaryFolder folder_;
  std::string address_;
  pid_t pid_ = -1;
};

// What answers for systemd on a bus, in a thread of its own.
class FakeSystemd {
 public:
  struct Unit {
    std::string name, load_state, active_state, object;
  };
  using Value = std::variant<std::string, std::uint32_t, std::uint64_t, double>;
  struct Script {
    std::vector<Unit> units;
    // By object, interface behind "org.freedesktop.systemd1." and name: "/a Service Type".
    std::map<std::string, Value> properties;
    bool answers_list = true;
    bool answers_get = true;
  };

  FakeSystemd(const PrivateBus& bus, Script script);
  FakeSystemd(const FakeSystemd&) = delete;
  FakeSystemd& operator=(const FakeSystemd&) = delete;
  ~FakeSystemd();

 private:
  void Serve(const std::string& address);

  const Script script_;
  std::atomic<bool> stops_ = false;
  std::atomic<bool> serves_ = false;
  std::thread thread_;
};

}  // namespace procmarshal::testing

#endif
