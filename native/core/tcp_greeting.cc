#include "core/tcp_greeting.h"

#include "core/namespace_socket.h"

namespace brickwork {

std::optional<Polled::Wait> TcpGreeting::Advance(bool ready) {
  if (!ready) return Failed(ETIMEDOUT);
  switch (stage_) {
    case Stage::kOpen:
      return Open();
    case Stage::kConnect:
      return Connected();
    case Stage::kSend:
      return Send();
    default:
      return Receive();
  }
}

std::optional<Polled::Wait> TcpGreeting::Open() {
  auto opened = OpenSocket(sys_, request_.netns, request_.address.family(), SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (!opened.ok()) return Answer(opened.error());
  fd_ = std::move(opened.value());
  stage_ = Stage::kSend;
  if (sys_.Connect(fd_.get(), request_.address.get(), request_.address.length) == 0) return Send();
  if (errno != EINPROGRESS) return Failed(errno);
  stage_ = Stage::kConnect;
  return WaitFor(POLLOUT);
}

std::optional<Polled::Wait> TcpGreeting::Connected() {
  int outcome = 0;
  socklen_t length = sizeof outcome;
  if (sys_.Getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &outcome, &length) != 0) return Answer(LastError("getsockopt", {}));
  if (outcome != 0) return Failed(outcome);
  stage_ = Stage::kSend;
  return Send();
}

std::optional<Polled::Wait> TcpGreeting::Send() {
  while (sent_ < request_.bytes.size()) {
    const ssize_t taken = sys_.Send(fd_.get(), request_.bytes.data() + sent_, request_.bytes.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0 && errno == EAGAIN) return WaitFor(POLLOUT);
    if (taken < 0) return Failed(errno);
    sent_ += static_cast<size_t>(taken);
  }
  stage_ = Stage::kReceive;
  return WaitFor(POLLIN);
}

std::optional<Polled::Wait> TcpGreeting::Receive() {
  while (filled_ < reply_.bytes.size()) {
    const ssize_t got = sys_.Recv(fd_.get(), reply_.bytes.data() + filled_, reply_.bytes.size() - filled_, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return WaitFor(POLLIN);
    if (got <= 0) return Failed(got < 0 ? errno : EPIPE);
    filled_ += static_cast<size_t>(got);
  }
  return Answer(std::move(reply_));
}

}  // namespace brickwork
