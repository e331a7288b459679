#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/parse.h"
#include "exporter/command_line.h"
#include "exporter/config_files.h"
#include "exporter/daemon.h"
#include "exporter/log.h"
#include "exporter/migrate.h"

namespace procmarshal {
namespace {

// How long clients and collectors that hang may hold up the end of the program.
constexpr std::chrono::milliseconds kStopTime{500};

Result<Config> Load(const CommandLine& line) {
  Config config = Daemon::Defaults();
  if (!line.config_file.empty()) {
    auto loaded = LoadConfig(line.config_file, config);
    if (!loaded) return loaded;
    config = *std::move(loaded);
  }
  return Apply(std::move(config), line.overrides);
}

// Reads the files of certificates and keys, as the start would.
Status CheckTls(const TlsSettings& settings) {
  if (!settings.IsOn()) return {};
  const SystemClock clock;
  const auto context = TlsContext::Load(settings, clock);
  if (!context) return tl::unexpected(context.error());
  return {};
}

// Who asked for a text must not take half of one for the whole: a full disk is a failure.
int Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return EXIT_SUCCESS;
  }
  fmt::print(stderr, "write standard output: {}\n", std::generic_category().message(errno));
  return EXIT_FAILURE;
}

int Check(const CommandLine& line) {
  const auto config = Load(line);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return EXIT_FAILURE;
  }
  if (const auto tls = CheckTls(config->web.tls); !tls) {
    fmt::print(stderr, "{}\n", tls.error().message);
    return EXIT_FAILURE;
  }
  return Print(fmt::format("# {} is valid. In force with it:\n{}", line.config_file.string(),
                           ToToml(*config)));
}

int MigrateToStdout(const CommandLine& line) {
  const auto migration = MigrateFile(line.migrate_file, line.migrate_flags);
  if (!migration) {
    fmt::print(stderr, "{}\n", migration.error().message);
    return EXIT_FAILURE;
  }
  for (const std::string& loss : migration->losses) fmt::print(stderr, "{}\n", loss);
  return Print(migration->toml);
}

// Files of processes stay open between samples, one and more for each process: the usual soft limit
// of 1024 is for programs that use select(2).
void RaiseFileLimit() {
  constexpr rlim_t kEnough = 32768;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Each thread that allocates would get a heap of its own, and keep what it freed: 4 MB more for the
// web server's, which all handle the same few pages (mallopt(3)).
void ShareHeaps() {
  constexpr int kLarge = 1024 * 1024;
  // NOLINTBEGIN(concurrency-mt-unsafe): before there are threads
  ::mallopt(M_ARENA_MAX, 2);
  // Lists of all processes of a large host go back to the system when they are done with.
  ::mallopt(M_MMAP_THRESHOLD, kLarge);
  // NOLINTEND(concurrency-mt-unsafe)
}

void Reload(const CommandLine& line, Daemon& daemon) {
  const auto config = Load(line);
  daemon.NoteReload(config.has_value());
  if (!config) {
    std::string_view mistakes = config.error().message;
    while (!mistakes.empty()) spdlog::error("reload: {}", TakeUntil(mistakes, '\n'));
    spdlog::error("reload failed: the configuration in force stays");
    return;
  }
  SetUpLogging(config->log_format, config->log_level);
  daemon.Apply(*config);
  spdlog::info("configuration reloaded");
}

// CivetWeb waits for clients that are slow to take their answer, and a sample for a collector that
// hangs. Nothing is left to save that would be worth waiting for with them.
void Stop(std::unique_ptr<Daemon> daemon) {
  std::promise<void> stopped;
  const auto done = stopped.get_future();
  std::thread stopping([&] {
    daemon.reset();
    stopped.set_value();
  });
  if (done.wait_for(kStopTime) == std::future_status::ready) {
    stopping.join();
    spdlog::info("stopped");
    return;
  }
  spdlog::info("stopped without waiting for clients or collectors that hang");
  spdlog::default_logger()->flush();
  std::_Exit(EXIT_SUCCESS);
}

int Serve(const CommandLine& line) {
  const auto config = Load(line);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return EXIT_FAILURE;
  }
  SetUpLogging(config->log_format, config->log_level);
  RaiseFileLimit();
  ShareHeaps();

  // Blocked before there is a second thread, so that only sigwait below takes them.
  sigset_t signals{};
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): it can't fail

  const SystemClock clock;
  auto daemon = Daemon::Start(*config,
                              {.proc = PseudoFs(line.procfs),
                               .sys = PseudoFs(line.sysfs),
                               .root = PseudoFs(line.rootfs),
                               .clock = &clock},
                              clock);
  if (!daemon) {
    spdlog::error("start: {}", daemon.error().message);
    return EXIT_FAILURE;
  }
  const char* scheme = config->web.tls.IsOn() ? "https" : "http";
  for (const std::string& address : (*daemon)->Addresses()) {
    if (address.starts_with("unix:")) {
      spdlog::info("listening on {}", address);
    } else {
      spdlog::info("listening on {}://{}, metrics at {}://{}/metrics", scheme, address, scheme,
                   address);
    }
  }

  int signal = 0;
  while (::sigwait(&signals, &signal) == 0 && signal == SIGHUP) Reload(line, **daemon);
  spdlog::info("signal {}: stopping", signal);
  Stop(*std::move(daemon));
  return EXIT_SUCCESS;
}

int Run(std::span<const char* const> arguments) {
  const auto line = ParseCommandLine(arguments);
  if (!line) {
    fmt::print(stderr, "procmarshal: {}\n", line.error().message);
    return 2;
  }
  switch (line->command) {
    case CommandLine::Command::kServe:
      return Serve(*line);
    case CommandLine::Command::kCheck:
      return Check(*line);
    case CommandLine::Command::kMigrate:
      return MigrateToStdout(*line);
    case CommandLine::Command::kVersion:
    case CommandLine::Command::kHelp:
      return Print(line->text);
  }
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace procmarshal

int main(int argc, char* argv[]) {
  return procmarshal::Run({argv, static_cast<std::size_t>(argc)});
}
