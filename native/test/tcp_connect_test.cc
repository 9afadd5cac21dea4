#include "core/tcp_connect.h"

#include <fcntl.h>
#include <sched.h>

#include <cstring>
#include <thread>

#include "core/namespace_socket.h"
#include "test/check.h"
#include "test/drive.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

class FakeNetwork : public FakeSyscalls {
 public:
  int connectErr = EINPROGRESS;
  int handshakeMs = 5;  // -1: never
  int outcome = 0;
  int setnsErr = 0;
  mutable std::thread::id socketThread;
  mutable int namespaceType = 0;

  int Openat(int, const char* path, int, mode_t) const override { return std::strcmp(path, "/ns") == 0 ? OpenFd(path) : Fail(ENOENT); }
  int Setns(int fd, int type) const override {
    CHECK_EQ(descriptors.count(fd), size_t{1});
    namespaceType = type;
    return setnsErr != 0 ? Fail(setnsErr) : 0;
  }
  int Socket(int, int type, int) const override {
    CHECK((type & SOCK_NONBLOCK) != 0);
    socketThread = std::this_thread::get_id();
    return OpenFd("socket");
  }
  int Connect(int, const sockaddr*, socklen_t) const override { return connectErr != 0 ? Fail(connectErr) : 0; }
  int Poll(pollfd* fds, nfds_t, int timeoutMs) const override {
    CHECK_EQ(fds->events, POLLOUT);
    const bool answers = handshakeMs >= 0 && handshakeMs <= timeoutMs;
    nowMs += answers ? handshakeMs : timeoutMs;
    return answers ? 1 : 0;
  }
  int Getsockopt(int, int, int option, void* value, socklen_t*) const override {
    CHECK_EQ(option, SO_ERROR);
    std::memcpy(value, &outcome, sizeof outcome);
    return 0;
  }
  Result<int> Try(const std::string& netns = {}) const {
    TcpConnection connection(*this, *ParseTcpAddress("192.0.2.1", 3260), 1000, netns);
    return Drive(*this, connection);
  }
};

TEST("tcp: a handshake, a refusal now or later, and silence are answers") {
  FakeNetwork network;
  CHECK_EQ(network.Try().value(), 0);
  network.outcome = ECONNREFUSED;
  CHECK_EQ(network.Try().value(), ECONNREFUSED);
  network.connectErr = ENETUNREACH;
  CHECK_EQ(network.Try().value(), ENETUNREACH);
  network.connectErr = 0;
  CHECK_EQ(network.Try().value(), 0);
  network.connectErr = EINPROGRESS;
  network.handshakeMs = -1;
  const int64_t begun = network.nowMs;
  CHECK_EQ(network.Try().value(), ETIMEDOUT);
  CHECK_EQ(network.nowMs - begun, 1000);
}

TEST("tcp: the socket of another namespace is made by a thread that never comes back from there") {
  FakeNetwork network;
  CHECK_EQ(network.Try("/ns").value(), 0);
  CHECK_EQ(network.namespaceType, CLONE_NEWNET);
  CHECK(network.socketThread != std::this_thread::get_id());
}

TEST("tcp: a namespace that cannot be entered is a failure, and no socket of the wrong one is used") {
  FakeNetwork network;
  network.setnsErr = EPERM;
  CHECK_EQ(network.Try("/ns").error().syscall, std::string("setns"));
  CHECK_EQ(network.Try("/none").error().path, "/none");
  CHECK(network.socketThread == std::thread::id{});
}

}  // namespace
}  // namespace brickwork::test
