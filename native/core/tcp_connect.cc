#include "core/tcp_connect.h"

#include "core/namespace_socket.h"

namespace brickwork {

std::optional<Polled::Wait> TcpConnection::Begin() {
  auto opened = OpenSocket(sys_, netns_, address_.family(), SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (!opened.ok()) return Answer(opened.error());
  fd_ = std::move(opened.value());
  if (sys_.Connect(fd_.get(), address_.get(), address_.length) == 0) return Answer(0);
  if (errno != EINPROGRESS) return Answer(errno);
  return Wait{fd_.get(), POLLOUT, deadline_.endsAtMs()};
}

std::optional<Polled::Wait> TcpConnection::Advance(bool ready) {
  if (!fd_) return Begin();
  if (!ready) return Answer(ETIMEDOUT);
  int outcome = 0;
  socklen_t length = sizeof outcome;
  if (sys_.Getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &outcome, &length) != 0) return Answer(LastError("getsockopt", {}));
  return Answer(outcome);
}

}  // namespace brickwork
