#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "exporter/web/address.h"
#include "exporter/web/refusal.h"
#include "exporter/web/settings.h"
#include "exporter/web/web_metrics.h"

namespace procmarshal {

// Who is connected, and until when. CivetWeb gives a thread to each connection, for as long as the
// client likes; the gate keeps one client, or many slow ones, from taking them all. Any thread may
// call it.
class ConnectionGate {
 public:
  // Clock and metrics must outlive it.
  ConnectionGate(const WebLimits& limits, const Clock& clock, WebMetrics& metrics);
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;
  ~ConnectionGate();  // closes what is still open

  // A connection that was just accepted. If it is one too many, says so: it is not remembered then.
  [[nodiscard]] std::optional<RefusedFor> Admit(int fd, const Address& peer);

  // Its request has been read: from now on it is the answer that must not take too long.
  void BeginAnswer(int fd);

  // Closes it, now or a little later, when Reap does; until then the connection counts. Later if
  // the kernel has bytes that the client does not take: one that never reads must not keep memory
  // for nothing. Later too if the client still sends or is about to (`expects_more`): a reset would
  // make it lose its answer (RFC 9112, section 9.6).
  void Close(int fd, bool expects_more = false);

  // Closes those whose time has come, and cuts those that keep the workers from others: what is
  // long overdue, and, when all workers are taken, who has had kPatience and says nothing. To be
  // called every kReapInterval while this says that there is more to do, and otherwise now and
  // then.
  static constexpr std::chrono::milliseconds kReapInterval{50};
  static constexpr std::chrono::seconds kPatience{1};
  bool Reap();

  struct Connection {
    Address peer;
    BootTime accepted;
    BootTime deadline;  // when it is cut
    bool answering = false;
    bool cut = false;
    bool closed = false;                    // by the web server, and left to Reap
    std::optional<BootTime> lingers_until;  // if the client may still send
  };
  // What is known of an open connection; nullopt if it is none.
  [[nodiscard]] std::optional<Connection> Find(int fd) const;

  // How long the connection may still take; zero or less once it must be cut, nullopt if it is
  // none.
  [[nodiscard]] std::optional<std::chrono::milliseconds> TimeLeft(int fd) const;

  // Ends a connection whose time is over: what blocks in it, or will, fails at once.
  void Cut(int fd);

 private:
  using Connections = std::unordered_map<int, Connection>;
  [[nodiscard]] static bool IsDone(int fd, const Connection& connection, BootTime now);
  void CutHolders(BootTime now);  // mutex_ must be held
  static void Cut(int fd, Connection& connection);
  Connections::iterator Forget(Connections::iterator connection);  // mutex_ must be held

  const WebLimits limits_;
  const Clock& clock_;
  WebMetrics& metrics_;
  mutable std::mutex mutex_;
  Connections connections_;                 // by descriptor; guarded by mutex_
  std::map<Address, std::size_t> clients_;  // open connections of each; guarded by mutex_
  std::size_t closed_ = 0;  // of connections_, those left to Reap; guarded by mutex_
};

}  // namespace procmarshal
