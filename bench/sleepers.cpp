// sleepers N: makes N processes that are mostly idle, as on a real host: 50 names; every 20th has
// four threads, every 10th 30 open files, every 7th 256 KiB of memory of its own; five use 2 ms of
// CPU a second. Prints "ready N" when they are there, and ends them when its standard input closes.

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

namespace {

void Burn(std::chrono::nanoseconds time) {
  const std::clock_t until =
      std::clock() + static_cast<std::clock_t>(time.count() * CLOCKS_PER_SEC / 1'000'000'000);
  while (std::clock() < until) {
  }
}

[[noreturn]] void Sleep() {
  while (true) ::pause();
}

[[noreturn]] void Live(int index, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "sleeper-%02d", index % 50);
  ::prctl(PR_SET_NAME, name.data());
  if (index % 10 == 0) {
    for (int i = 0; i < 30; ++i) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  const std::vector<char> memory(index % 7 == 0 ? std::size_t{256} << 10U : 0, '\1');
  std::vector<std::jthread> threads;
  for (int i = 0; index % 20 == 0 && i < 3; ++i) threads.emplace_back([] { Sleep(); });
  Burn(std::chrono::microseconds(50 * (index % 40)));
  if (index >= 5) Sleep();
  while (true) {
    Burn(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace

int main(int argc, char* argv[]) {
  int count = 0;
  if (argc != 2 ||
      std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), count).ec != std::errc{}) {
    std::fputs("usage: sleepers N\n", stderr);
    return 2;
  }
  const pid_t self = ::getpid();
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) Live(i, self);
    if (child < 0) {
      std::perror("fork");
      break;
    }
    children.push_back(child);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300 + (count / 20)));
  std::printf("ready %zu\n", children.size());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return 0;
}
