#include "core/daemon_exchange.h"

#include <algorithm>
#include <cstring>

#include "core/namespace_socket.h"
#include "core/socket_address.h"

namespace brickwork {
namespace {

constexpr size_t kFrameHeader = sizeof(uint64_t);
constexpr size_t kChunk = 64 * 1024;
// Chunks read at once before other calls get their turn.
constexpr int kChunksAtOnce = 16;
// With a full backlog, a non-blocking connect fails with EAGAIN, and no event announces free room (net/unix/af_unix.c).
constexpr int64_t kConnectAgainMs = 20;

}  // namespace

const char* Exchange::StageName() const {
  return stage_ == Stage::kConnect ? "connect" : stage_ == Stage::kSend ? "send" : "recv";
}

std::optional<Polled::Wait> Exchange::Failed(const char* syscall, int err) {
  return Answer(SysError{err, syscall, "@" + request_.socket});
}

std::optional<Polled::Wait> Exchange::WaitFor(short events) const { return Wait{fd_.get(), events, deadline_.endsAtMs()}; }

std::optional<Polled::Wait> Exchange::Advance(bool ready) {
  // A pause before the next connect attempt ends by time.
  if (!ready && (stage_ != Stage::kConnect || deadline_.RemainingMs() == 0)) return Failed(StageName(), ETIMEDOUT);
  switch (stage_) {
    case Stage::kOpen:
      return Open();
    case Stage::kConnect:
      return Connect();
    case Stage::kSend:
      return Send();
    default:
      return Receive();
  }
}

std::optional<Polled::Wait> Exchange::Open() {
  auto opened = OpenSocket(sys_, request_.netns, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (!opened.ok()) return Answer(opened.error());
  fd_ = std::move(opened.value());
  stage_ = Stage::kConnect;
  return Connect();
}

std::optional<Polled::Wait> Exchange::Connect() {
  const auto address = AbstractAddress(request_.socket);
  if (!address) return Failed("connect", EINVAL);
  if (sys_.Connect(fd_.get(), address->get(), address->length) != 0) {
    if (errno != EAGAIN) return Failed("connect", errno);
    return Wait{-1, 0, std::min(sys_.MonotonicMs() + kConnectAgainMs, deadline_.endsAtMs())};
  }
  ucred peer{};
  socklen_t length = sizeof peer;
  if (sys_.Getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return Failed("getsockopt", errno);
  if (length != sizeof peer || peer.uid != 0) return Failed("peercred", EPERM);
  stage_ = Stage::kSend;
  return Send();
}

std::optional<Polled::Wait> Exchange::Send() {
  while (sent_ < request_.bytes.size()) {
    const ssize_t taken = sys_.Send(fd_.get(), request_.bytes.data() + sent_, request_.bytes.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0 && errno == EAGAIN) return WaitFor(POLLOUT);
    if (taken < 0) return Failed("send", errno);
    sent_ += static_cast<size_t>(taken);
  }
  if (request_.reply == ReplyEnd::kEof && sys_.Shutdown(fd_.get(), SHUT_WR) != 0) return Failed("shutdown", errno);
  stage_ = request_.reply == ReplyEnd::kEof ? Stage::kUntilEof : Stage::kHeader;
  if (stage_ == Stage::kHeader) reply_.resize(kFrameHeader);
  return WaitFor(POLLIN);
}

size_t Exchange::Room() {
  if (stage_ == Stage::kUntilEof) reply_.resize(filled_ + kChunk);
  return reply_.size() - filled_;
}

std::optional<Polled::Wait> Exchange::Receive() {
  for (int chunk = 0; chunk < kChunksAtOnce; ++chunk) {
    const size_t room = Room();
    const ssize_t got = sys_.Recv(fd_.get(), reply_.data() + filled_, room, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) break;
    if (got < 0) return Failed("recv", errno);
    const auto next = Received(static_cast<size_t>(got));
    if (!next) return next;
  }
  return WaitFor(POLLIN);
}

std::optional<Polled::Wait> Exchange::Received(size_t got) {
  filled_ += got;
  if (stage_ == Stage::kUntilEof) {
    if (filled_ > kReplyLimit) return Failed("recv", EMSGSIZE);
    if (got > 0) return WaitFor(POLLIN);
    reply_.resize(filled_);
    return Answer(std::move(reply_));
  }
  if (got == 0) return Failed("recv", ECONNRESET);
  if (filled_ < reply_.size()) return WaitFor(POLLIN);
  if (stage_ == Stage::kHeader) {
    uint64_t length = 0;
    std::memcpy(&length, reply_.data(), sizeof length);
    if (length > kReplyLimit) return Failed("recv", EMSGSIZE);
    stage_ = Stage::kBody;
    filled_ = 0;
    reply_.resize(static_cast<size_t>(length));
    if (length > 0) return WaitFor(POLLIN);
  }
  return Answer(std::move(reply_));
}

}  // namespace brickwork
