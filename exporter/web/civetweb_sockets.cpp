// CivetWeb is compiled with these in place of accept(2), close(2) and poll(2) (see CMakeLists.txt):
// it has no other way to limit connections. For now they only pass on.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

// NOLINTBEGIN(readability-identifier-naming): names of C
extern "C" {

int procmarshal_accept(int fd, sockaddr* address, socklen_t* size) {
  return ::accept(fd, address, size);
}

int procmarshal_close(int fd) {
  return ::close(fd);
}

int procmarshal_poll(pollfd* fds, nfds_t count, int timeout_ms) {
  return ::poll(fds, count, timeout_ms);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
