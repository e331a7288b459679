// Calls go out together and answers are taken as they come. sd_bus_call(3) would wait for a bus
// that takes the connection and says nothing, whatever its timeout.
#include "collectors/systemd_bus.h"

#ifdef PROCMARSHAL_HAVE_LIBSYSTEMD

#include <systemd/sd-bus.h>

#include <cerrno>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>

namespace procmarshal {
namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kManager = "/org/freedesktop/systemd1";

tl::unexpected<Error> Unavailable(const std::string& what) {
  return Fail(ErrorCode::kUnavailable, "systemd on the system bus: " + what);
}

// `code` is what sd-bus returned, a negative errno.
tl::unexpected<Error> Unavailable(int code) {
  return Unavailable(std::generic_category().message(-code));
}

// One value of any kind that we know, out of a variant.
decltype(SystemdProperty::value) ReadVariant(sd_bus_message* message) {
  const char* contents = nullptr;
  char type = 0;
  if (sd_bus_message_peek_type(message, &type, &contents) <= 0 || type != SD_BUS_TYPE_VARIANT) {
    return {};
  }
  const std::string_view kind = contents;
  const char* text = nullptr;
  std::uint32_t small = 0;
  std::uint64_t large = 0;
  if (kind == "s" && sd_bus_message_read(message, "v", "s", &text) >= 0) return std::string(text);
  if (kind == "u" && sd_bus_message_read(message, "v", "u", &small) >= 0) {
    return std::uint64_t{small};
  }
  if (kind == "t" && sd_bus_message_read(message, "v", "t", &large) >= 0) return large;
  return {};
}

// An array of (name, description, load, active, sub, following, object, job, job's kind, its
// object).
Result<std::vector<SystemdUnit>> ReadUnits(sd_bus_message* message) {
  std::vector<SystemdUnit> units;
  int code = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "(ssssssouso)");
  while (code >= 0) {
    const char* name = nullptr;
    const char* load = nullptr;
    const char* active = nullptr;
    const char* object = nullptr;
    code = sd_bus_message_read(message, "(ssssssouso)", &name, nullptr, &load, &active, nullptr,
                               nullptr, &object, nullptr, nullptr, nullptr);
    if (code == 0) return units;
    if (code > 0) units.push_back({name, load, active, object});
  }
  return Unavailable(code);
}

}  // namespace

class SystemdBus::Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open() {
    sd_bus* bus = nullptr;
    // Only begins to connect.
    if (const int code = sd_bus_open_system(&bus); code < 0) return Unavailable(code);
    return std::make_unique<Connection>(bus);
  }

  explicit Connection(sd_bus* bus) : bus_(bus) {}

  // An answer, or an error message.
  using Reply = std::function<void(sd_bus_message*)>;

  // Sends a call; its answer comes while Wait() runs.
  int Call(const char* object, const char* interface, const char* member, Reply reply,
           const SystemdProperty* property = nullptr) {
    sd_bus_message* made = nullptr;
    int code =
        sd_bus_message_new_method_call(bus_.get(), &made, kService, object, interface, member);
    const std::unique_ptr<sd_bus_message, Unref> message(made);
    if (code >= 0 && property != nullptr) {
      const std::string of = std::string(kService) + '.' + property->interface;
      code = sd_bus_message_append(made, "ss", of.c_str(), property->name.c_str());
    }
    if (code < 0) return code;
    // Our own deadline is earlier than this one.
    constexpr std::uint64_t kTimeoutMicroseconds = 60'000'000;
    pending_.push_back(
        std::make_unique<Pending>(Pending{.owner = this, .reply = std::move(reply)}));
    sd_bus_slot* slot = nullptr;
    code = sd_bus_call_async(bus_.get(), &slot, made, &Connection::Take, pending_.back().get(),
                             kTimeoutMicroseconds);
    pending_.back()->slot.reset(slot);
    open_ += code >= 0 ? 1U : 0U;
    return code;
  }

  // Until so few answers are missing. -ETIMEDOUT if it is not so at the deadline.
  int Wait(const Clock& clock, BootTime deadline, std::size_t missing = 0) {
    int code = 0;
    while (open_ > missing && code >= 0) code = Step(clock, deadline);
    if (open_ == 0) pending_.clear();
    return code;
  }

 private:
  struct Unref {
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
  };
  struct Pending {
    Connection* owner;
    Reply reply;
    std::unique_ptr<sd_bus_slot, Unref> slot = nullptr;
  };

  int Step(const Clock& clock, BootTime deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline - clock.Boot());
    if (left.count() <= 0) return -ETIMEDOUT;
    const int code = sd_bus_process(bus_.get(), nullptr);
    if (code != 0) return code;
    const int waited = sd_bus_wait(bus_.get(), static_cast<std::uint64_t>(left.count()));
    return waited == -EINTR ? 0 : waited;
  }

  static int Take(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
    auto* const pending = static_cast<Pending*>(data);
    --pending->owner->open_;
    pending->reply(message);
    return 0;
  }

  std::unique_ptr<sd_bus, Unref> bus_;
  std::vector<std::unique_ptr<Pending>> pending_;  // gone before the bus is
  std::size_t open_ = 0;                           // calls without an answer
};

SystemdBus::SystemdBus(const Clock& clock, std::chrono::milliseconds patience)
    : clock_(clock), patience_(patience) {}

SystemdBus::~SystemdBus() = default;

Result<std::vector<SystemdUnit>> SystemdBus::ListUnits() {
  if (clock_.Boot() < pause_until_) return NoAnswer();
  deadline_ = clock_.Boot() + patience_;
  const bool is_kept = connection_ != nullptr;
  auto units = TryToList();
  // The bus may have been started anew since.
  const bool is_lost = is_kept && connection_ == nullptr && clock_.Boot() >= pause_until_;
  return is_lost ? TryToList() : units;
}

Result<std::vector<SystemdUnit>> SystemdBus::TryToList() {
  if (!connection_) {
    auto opened = Connection::Open();
    if (!opened) return tl::unexpected(opened.error());
    connection_ = *std::move(opened);
  }
  Result<std::vector<SystemdUnit>> units;
  const auto take = [&units](sd_bus_message* message) {
    const sd_bus_error* const error = sd_bus_message_get_error(message);
    if (error == nullptr) {
      units = ReadUnits(message);
    } else {
      units = Unavailable(error->message != nullptr ? error->message : error->name);
    }
  };
  int code = connection_->Call(kManager, "org.freedesktop.systemd1.Manager", "ListUnits", take);
  if (code >= 0) code = connection_->Wait(clock_, deadline_);
  if (const Status status = Note(code); !status) return tl::unexpected(status.error());
  return units;
}

Status SystemdBus::Read(std::vector<SystemdProperty>& properties) {
  if (!connection_) return Unavailable("no connection");
  constexpr std::size_t kMostAtOnce = 64;  // dbus-daemon may refuse more than 128
  int code = 0;
  for (SystemdProperty& property : properties) {
    if (code >= 0) code = connection_->Wait(clock_, deadline_, kMostAtOnce - 1);
    if (code < 0) break;
    code = connection_->Call(
        property.object.c_str(), "org.freedesktop.DBus.Properties", "Get",
        [&property](sd_bus_message* message) { property.value = ReadVariant(message); }, &property);
  }
  if (code >= 0) code = connection_->Wait(clock_, deadline_);
  return Note(code);
}

// The end of what sd-bus returned `code` for.
Status SystemdBus::Note(int code) {
  constexpr std::chrono::seconds kPause{30};
  if (code >= 0) return {};
  connection_.reset();
  if (code != -ETIMEDOUT) return Unavailable(code);
  pause_until_ = clock_.Boot() + kPause;
  return NoAnswer();
}

// Why there is a pause, as long as it lasts: a log that tells of changes then has it once.
tl::unexpected<Error> SystemdBus::NoAnswer() const {
  return Unavailable("no answer within " + std::to_string(patience_.count()) + " ms");
}

}  // namespace procmarshal

#endif
