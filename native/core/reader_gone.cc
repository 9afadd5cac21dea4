#include "core/reader_gone.h"

namespace brickwork {

bool ReaderGone(const Syscalls& sys, int fd) {
  // Without POLLOUT: a pipe that has room would always be ready.
  pollfd polled{fd, 0, 0};
  return sys.Poll(&polled, 1, 0) > 0 && (polled.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace brickwork
