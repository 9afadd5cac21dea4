#include "core/tcp_greeting.h"

#include <cstring>

#include "test/check.h"
#include "test/drive.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

class Portal : public FakeSyscalls {
 public:
  int connectErr = EINPROGRESS;
  int outcome = 0;
  std::string answer = "hello";
  size_t atOnce = 2;       // bytes that are sent or received at once
  bool closes = false;     // after its answer
  int recvErr = 0;         // after its answer
  mutable std::string got;
  mutable std::string left = answer;

  int Socket(int, int type, int) const override {
    CHECK((type & SOCK_NONBLOCK) != 0);
    left = answer;
    got.clear();
    return OpenFd("socket");
  }
  int Connect(int, const sockaddr*, socklen_t) const override { return connectErr != 0 ? Fail(connectErr) : 0; }
  int Getsockopt(int, int, int option, void* value, socklen_t*) const override {
    CHECK_EQ(option, SO_ERROR);
    std::memcpy(value, &outcome, sizeof outcome);
    return 0;
  }
  ssize_t Send(int, const void* bytes, size_t length, int flags) const override {
    CHECK_EQ(flags, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (blocked_) return blocked_ = false, Fail(EAGAIN);
    const size_t taken = std::min(length, atOnce);
    got.append(static_cast<const char*>(bytes), taken);
    blocked_ = true;
    return static_cast<ssize_t>(taken);
  }
  ssize_t Recv(int, void* buffer, size_t length, int flags) const override {
    CHECK_EQ(flags, MSG_DONTWAIT);
    if (left.empty()) return closes ? 0 : Fail(recvErr != 0 ? recvErr : EAGAIN);
    const size_t given = std::min({length, atOnce, left.size()});
    std::memcpy(buffer, left.data(), given);
    left.erase(0, given);
    return static_cast<ssize_t>(given);
  }
  int Poll(pollfd* fds, nfds_t, int timeoutMs) const override {
    if (fds->events == POLLIN && left.empty() && !closes && recvErr == 0) {
      nowMs += timeoutMs;
      return 0;
    }
    ++nowMs;
    return 1;
  }
  GreetingReply Try(size_t length = 5) const {
    TcpGreeting greeting(*this, {*ParseTcpAddress("192.0.2.1", 4420), {'h', 'i', '!'}, length, 1000, {}});
    return Drive(*this, greeting).value();
  }

 private:
  mutable bool blocked_ = false;
};

TEST("greeting: all bytes are sent, and the whole answer is awaited") {
  Portal portal;
  const GreetingReply reply = portal.Try();
  CHECK_EQ(reply.err, 0);
  CHECK_EQ(std::string(AsText(reply.bytes)), "hello");
  CHECK_EQ(portal.got, "hi!");
  CHECK_EQ(std::string(AsText(portal.Try(3).bytes)), "hel");
  portal.connectErr = 0;
  CHECK_EQ(portal.Try().err, 0);
}

TEST("greeting: a refusal, an end within the answer and a reset are answers") {
  Portal portal;
  portal.outcome = ECONNREFUSED;
  CHECK_EQ(portal.Try().err, ECONNREFUSED);
  CHECK_EQ(portal.got, "");
  portal.outcome = 0;
  portal.connectErr = ENETUNREACH;
  CHECK_EQ(portal.Try().err, ENETUNREACH);
  portal.connectErr = EINPROGRESS;
  portal.closes = true;
  CHECK_EQ(portal.Try(6).err, EPIPE);
  CHECK(portal.Try(6).bytes.empty());
  portal.closes = false;
  portal.recvErr = ECONNRESET;
  CHECK_EQ(portal.Try(6).err, ECONNRESET);
}

TEST("greeting: a portal that accepts and then is silent costs the time-out") {
  Portal portal;
  const int64_t begun = portal.nowMs;
  CHECK_EQ(portal.Try(6).err, ETIMEDOUT);
  CHECK_EQ(portal.nowMs - begun, 1000);
}

}  // namespace
}  // namespace brickwork::test
