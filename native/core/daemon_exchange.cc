#include "core/daemon_exchange.h"

#include <sys/time.h>

#include <algorithm>
#include <cstring>

#include "core/deadline.h"
#include "core/namespace_socket.h"
#include "core/socket_address.h"

namespace brickwork {
namespace {

constexpr size_t kFrameHeader = sizeof(uint64_t);

class Conversation {
 public:
  Conversation(const Syscalls& sys, const ExchangeRequest& request) : sys_(sys), request_(request), deadline_(sys, request.timeoutMs) {}

  Result<Bytes> Hold() {
    auto opened = OpenSocket(sys_, request_.netns, AF_UNIX, SOCK_STREAM, 0);
    if (!opened.ok()) return opened.error();
    fd_ = opened.value().get();
    for (const auto step : {&Conversation::Connect, &Conversation::CheckPeer, &Conversation::SendAll}) {
      const auto done = (this->*step)();
      if (!done.ok()) return done.error();
    }
    return request_.reply == ReplyEnd::kEof ? ReadUntilEof() : ReadFrame();
  }

 private:
  SysError Failed(const char* syscall) const {
    // A blocking call with a time-out answers EAGAIN when it is over.
    return SysError{errno == EAGAIN || errno == EINPROGRESS ? ETIMEDOUT : errno, syscall, "@" + request_.socket};
  }

  // Blocking calls with a time-out, not poll: a full backlog answers EAGAIN to a non-blocking connect, and nothing tells when there is
  // room.
  Result<Done> LimitWrites() {
    const int64_t ms = deadline_.RemainingMs();
    if (ms == 0) return SysError{ETIMEDOUT, "connect", "@" + request_.socket};
    timeval limit{};
    limit.tv_sec = static_cast<time_t>(ms / 1000);
    limit.tv_usec = static_cast<suseconds_t>(ms % 1000 * 1000);
    if (sys_.Setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) return Failed("setsockopt");
    return Done{};
  }

  Result<Done> Connect() {
    const auto address = AbstractAddress(request_.socket);
    if (!address) return SysError{EINVAL, "connect", "@" + request_.socket};
    const auto limited = LimitWrites();
    if (!limited.ok()) return limited.error();
    if (sys_.Connect(fd_, address->get(), address->length) != 0) return Failed("connect");
    return Done{};
  }

  Result<Done> CheckPeer() {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (sys_.Getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return Failed("getsockopt");
    if (length != sizeof peer || peer.uid != 0) return SysError{EPERM, "peercred", "@" + request_.socket};
    return Done{};
  }

  Result<Done> SendAll() {
    const auto limited = LimitWrites();
    if (!limited.ok()) return limited.error();
    const ssize_t sent = sys_.Send(fd_, request_.bytes.data(), request_.bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return Failed("send");
    if (static_cast<size_t>(sent) != request_.bytes.size()) return SysError{ETIMEDOUT, "send", "@" + request_.socket};
    if (request_.reply == ReplyEnd::kEof && sys_.Shutdown(fd_, SHUT_WR) != 0) return Failed("shutdown");
    return Done{};
  }

  // Reads what there is, up to `length` bytes; 0 at the end.
  Result<size_t> ReadSome(uint8_t* buffer, size_t length) {
    for (;;) {
      const auto ready = deadline_.Await(fd_, POLLIN, "recv", "@" + request_.socket);
      if (!ready.ok()) return ready.error();
      const ssize_t got = sys_.Recv(fd_, buffer, length, MSG_DONTWAIT);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EAGAIN) return Failed("recv");
    }
  }

  Result<Bytes> ReadUntilEof() {
    Bytes reply;
    Bytes chunk(64 * 1024);
    for (;;) {
      const auto got = ReadSome(chunk.data(), chunk.size());
      if (!got.ok()) return got.error();
      if (got.value() == 0) return reply;
      if (reply.size() + got.value() > kReplyLimit) return SysError{EMSGSIZE, "recv", "@" + request_.socket};
      reply.insert(reply.end(), chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(got.value()));
    }
  }

  Result<Done> ReadExactly(uint8_t* buffer, size_t length) {
    for (size_t filled = 0; filled < length;) {
      const auto got = ReadSome(buffer + filled, length - filled);
      if (!got.ok()) return got.error();
      if (got.value() == 0) return SysError{ECONNRESET, "recv", "@" + request_.socket};
      filled += got.value();
    }
    return Done{};
  }

  Result<Bytes> ReadFrame() {
    uint8_t header[kFrameHeader];
    const auto begun = ReadExactly(header, sizeof header);
    if (!begun.ok()) return begun.error();
    uint64_t length = 0;
    std::memcpy(&length, header, sizeof length);
    if (length > kReplyLimit) return SysError{EMSGSIZE, "recv", "@" + request_.socket};
    Bytes reply(static_cast<size_t>(length));
    const auto ended = ReadExactly(reply.data(), reply.size());
    if (!ended.ok()) return ended.error();
    return reply;
  }

  const Syscalls& sys_;
  const ExchangeRequest& request_;
  const Deadline deadline_;
  int fd_ = -1;
};

}  // namespace

Result<Bytes> Exchange(const Syscalls& sys, const ExchangeRequest& request) { return Conversation(sys, request).Hold(); }

}  // namespace brickwork
