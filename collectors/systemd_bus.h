#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace procmarshal {

struct SystemdUnit {
  std::string name;
  std::string load_state;    // "loaded", "not-found"
  std::string active_state;  // "active", "failed"
  std::string object;        // its path on the bus
};

// A property of an object of systemd's, and what was read.
struct SystemdProperty {
  std::string object;
  std::string interface;  // behind "org.freedesktop.systemd1.", such as "Service"
  std::string name;
  std::variant<std::monostate, std::string, std::uint64_t> value;  // none: could not be read
};

// systemd, asked over the system bus. The connection is kept; one that fails is dropped, and made
// anew when it is needed again. One pass, ListUnits and Read, takes `patience` at most: after one
// that took longer there is none for half a minute, and its error stands.
class SystemdBus {
 public:
  // `clock` must outlive it.
  SystemdBus(const Clock& clock, std::chrono::milliseconds patience);
  SystemdBus(const SystemdBus&) = delete;
  SystemdBus& operator=(const SystemdBus&) = delete;
  ~SystemdBus();

  // Begins a pass. kUnavailable if nobody answers.
  [[nodiscard]] Result<std::vector<SystemdUnit>> ListUnits();

  // Reads all at once. On failure none is to be used.
  [[nodiscard]] Status Read(std::vector<SystemdProperty>& properties);

 private:
  class Connection;
  Result<std::vector<SystemdUnit>> TryToList();
  Status Note(int code);
  [[nodiscard]] tl::unexpected<Error> NoAnswer() const;

  const Clock& clock_;
  std::chrono::milliseconds patience_;
  BootTime deadline_;  // of this pass
  BootTime pause_until_;
  std::unique_ptr<Connection> connection_;  // null: there is none
};

}  // namespace procmarshal
