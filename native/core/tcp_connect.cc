#include "core/tcp_connect.h"

#include "core/deadline.h"
#include "core/namespace_socket.h"

namespace brickwork {

Result<int> TcpConnect(const Syscalls& sys, const SocketAddress& address, int timeoutMs, const std::string& netns) {
  const Deadline deadline(sys, timeoutMs);
  auto opened = OpenSocket(sys, netns, address.family(), SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (!opened.ok()) return opened.error();
  const int fd = opened.value().get();

  if (sys.Connect(fd, address.get(), address.length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  const auto ready = deadline.Await(fd, POLLOUT, "connect", {});
  if (!ready.ok() && ready.error().err == ETIMEDOUT) return ETIMEDOUT;
  if (!ready.ok()) return ready.error();

  int outcome = 0;
  socklen_t length = sizeof outcome;
  if (sys.Getsockopt(fd, SOL_SOCKET, SO_ERROR, &outcome, &length) != 0) return LastError("getsockopt", {});
  return outcome;
}

}  // namespace brickwork
