// Settings and state of the network interfaces, from /sys/class/net/eth0/*: "mtu" 1500, "flags"
// 0x1003, "operstate" up, "speed" -1 (Mbit/s; not known).

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/words.h"

namespace procmarshal {
namespace {

enum class Kind { kCounter, kGauge, kMegabits };

struct Field {
  std::string_view file;
  std::string_view name;
  std::string_view help;
  Kind kind = Kind::kGauge;
};

constexpr std::size_t kFlags = 7;  // of kFields

constexpr std::array<Field, 17> kFields = {{
    {"addr_assign_type", "node_network_address_assign_type",
     "Where the address is from: 0 the hardware, 1 random, 2 another interface, 3 a user."},
    {"carrier", "node_network_carrier", "1 while there is a signal, of an interface that is on."},
    {"carrier_changes", "node_network_carrier_changes_total", "Times the signal came or went.",
     Kind::kCounter},
    {"carrier_up_count", "node_network_carrier_up_changes_total", "Times the signal came.",
     Kind::kCounter},
    {"carrier_down_count", "node_network_carrier_down_changes_total", "Times the signal went.",
     Kind::kCounter},
    {"dev_id", "node_network_device_id", "Tells apart interfaces that share an address."},
    {"dormant", "node_network_dormant", "1 while it waits for an event, such as a logon."},
    {"flags", "node_network_flags", "Flags, IFF_* of the kernel."},
    {"iflink", "node_network_iface_link", "Number of the interface that this one is on top of."},
    {"link_mode", "node_network_iface_link_mode", "1 if it is dormant until told otherwise."},
    {"mtu", "node_network_mtu_bytes", "Largest packet that can be sent, in bytes."},
    {"name_assign_type", "node_network_name_assign_type",
     "Where the name is from: 1 the kernel, 2 known in advance, 3 a user, 4 a user, later."},
    {"netdev_group", "node_network_net_dev_group", "Number of the group that it is in."},
    {"speed", "node_network_speed_bytes", "Speed in bytes a second; -125000 if not known.",
     Kind::kMegabits},
    {"tx_queue_len", "node_network_transmit_queue_length", "Packets that may wait to be sent."},
    {"type", "node_network_protocol_type", "Kind of hardware, ARPHRD_* of the kernel."},
    {"ifindex", "node_network_iface_id", "Number of the interface."},
}};

struct Interface {
  std::string name, address, broadcast, duplex, operstate, ifalias;
  std::array<std::optional<double>, kFields.size()> values;
};

// The files of one interface. Those that stay open belong to its device, even when that gets
// another name and its name another device.
class Files {
 public:
  Files(const PseudoFs& sys, const std::string& name, bool may_keep)
      : sys_(sys), folder_("class/net/" + name + "/"), index_(sys.Read(folder_ + "ifindex")) {
    keep_ = may_keep && index_ && sys.Reread(folder_ + "ifindex").value_or("") == *index_;
  }

  // False of another file in that folder, and of what came or went in the meantime.
  [[nodiscard]] bool IsOneInterface() const {
    return index_ && Read("ifindex").value_or("") == *index_;
  }

  // Drivers say by any error that they know nothing, such as EINVAL while there is no signal.
  [[nodiscard]] std::optional<std::string> Text(std::string_view file) const {
    auto text = Read(file);
    if (!text) return std::nullopt;
    while (text->ends_with('\n')) text->pop_back();
    return std::string(Trim(*text));
  }

  // Decimal, or "0x1003".
  [[nodiscard]] Result<std::optional<double>> Number(std::string_view file) const {
    const auto text = Text(file);
    if (!text) return std::optional<double>();
    if (text->starts_with("0x")) {
      const auto hex = ParseHex(text->substr(2));
      if (hex) return std::optional(static_cast<double>(*hex));
    }
    const auto number = ParseInteger(*text);
    if (!number) return FailExpected(folder_ + std::string(file) + ": expected a number", *text);
    return number;
  }

 private:
  [[nodiscard]] Result<std::string> Read(std::string_view file) const {
    const std::string path = folder_ + std::string(file);
    return keep_ ? sys_.Reread(path) : sys_.Read(path);
  }

  const PseudoFs& sys_;
  std::string folder_;
  Result<std::string> index_;
  bool keep_ = false;
};

// Nullopt if there is no such interface, or not any more.
Result<std::optional<Interface>> ReadInterface(const Files& files, const std::string& name) {
  Interface interface{.name = name,
                      .address = files.Text("address").value_or(""),
                      .broadcast = files.Text("broadcast").value_or(""),
                      .duplex = files.Text("duplex").value_or(""),
                      .operstate = files.Text("operstate").value_or(""),
                      .ifalias = files.Text("ifalias").value_or(""),
                      .values = {}};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const auto value = files.Number(kFields.at(i).file);
    if (!value) return tl::unexpected(value.error());
    interface.values.at(i) = *value;
  }
  if (!files.IsOneInterface()) return std::optional<Interface>();
  return interface;
}

std::string_view AdminState(const Interface& interface) {
  const auto flags = interface.values.at(kFlags);
  if (!flags) return "unknown";
  return std::fmod(*flags, 2) == 1 ? "up" : "down";  // IFF_UP is 1
}

void WriteState(const std::vector<Interface>& interfaces, FamilyWriter& out) {
  auto up = out.Gauge("node_network_up", "1 if the state of the interface is \"up\".");
  auto info = out.Gauge("node_network_info", "Addresses, mode and state of the interface; 1.");
  for (const Interface& interface : interfaces) {
    up.Add(interface.operstate == "up" ? 1 : 0, {{"device", interface.name}});
    info.Add(1, {{"device", interface.name},
                 {"address", interface.address},
                 {"broadcast", interface.broadcast},
                 {"duplex", interface.duplex},
                 {"operstate", interface.operstate},
                 {"adminstate", AdminState(interface)},
                 {"ifalias", interface.ifalias}});
  }
}

void WriteField(std::size_t index, const std::vector<Interface>& interfaces, FamilyWriter& out) {
  constexpr double kBytesPerMegabit = 125000;
  const Field& field = kFields.at(index);
  auto family = field.kind == Kind::kCounter ? out.Counter(field.name, field.help)
                                             : out.Gauge(field.name, field.help);
  for (const Interface& interface : interfaces) {
    const auto value = interface.values.at(index);
    if (!value) continue;
    family.Add(field.kind == Kind::kMegabits ? *value * kBytesPerMegabit : *value,
               {{"device", interface.name}});
  }
}

Status Collect(const Environment& env, FamilyWriter& out) {
  // A file that stays open is read in a seventh of the time; but there may be thousands.
  constexpr std::size_t kMostKept = 16;
  const auto names = env.sys.List("class/net");
  if (!names) return tl::unexpected(names.error());

  Status status;
  std::vector<Interface> interfaces;
  for (const std::string& name : *names) {
    auto interface = ReadInterface(Files(env.sys, name, names->size() <= kMostKept), name);
    if (!interface) {
      status = tl::unexpected(interface.error());
      continue;
    }
    std::optional<Interface>& found = *interface;
    if (found) interfaces.push_back(*std::move(found));
  }
  WriteState(interfaces, out);
  for (std::size_t i = 0; i < kFields.size(); ++i) WriteField(i, interfaces, out);
  return status;
}

const Registration kRegistration("netclass", Default::kOn, &Collect);

}  // namespace
}  // namespace procmarshal
