#include "core/daemon_exchange.h"

#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>

#include "core/socket_address.h"
#include "test/check.h"
#include "test/drive.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

// A daemon behind an abstract socket: its credentials, and its replies, piece by piece.
class FakeDaemon : public FakeSyscalls {
 public:
  uid_t uid = 0;
  int connectErr = 0;
  int64_t roomAtMs = INT64_MAX;  // the backlog is full until then
  size_t room = 1000;               // bytes that the daemon's queue takes
  size_t atOnce = 1000;             // bytes that one send takes
  std::deque<std::string> replies;  // then the end, or silence
  bool silent = false;
  mutable std::string name, sent;
  mutable bool shut = false;

  int Socket(int domain, int type, int) const override {
    CHECK_EQ(domain, AF_UNIX);
    CHECK_EQ(type & (SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_CLOEXEC | SOCK_NONBLOCK);
    return OpenFd("socket");
  }
  int Connect(int, const sockaddr* address, socklen_t length) const override {
    const auto* un = reinterpret_cast<const sockaddr_un*>(address);
    CHECK_EQ(un->sun_path[0], '\0');
    name.assign(un->sun_path + 1, length - offsetof(sockaddr_un, sun_path) - 1);
    if (connectErr == EAGAIN && nowMs >= roomAtMs) return 0;
    return connectErr != 0 ? Fail(connectErr) : 0;
  }
  int Getsockopt(int, int, int option, void* value, socklen_t* length) const override {
    CHECK_EQ(option, SO_PEERCRED);
    const ucred peer{1, uid, 0};
    std::memcpy(value, &peer, sizeof peer);
    *length = sizeof peer;
    return 0;
  }
  ssize_t Send(int, const void* bytes, size_t length, int flags) const override {
    CHECK_EQ(flags, MSG_NOSIGNAL | MSG_DONTWAIT);
    const size_t taken = std::min({length, atOnce, room - sent.size()});
    if (taken == 0) return Fail(EAGAIN);
    sent.append(static_cast<const char*>(bytes), taken);
    return static_cast<ssize_t>(taken);
  }
  int Shutdown(int, int how) const override {
    CHECK_EQ(how, SHUT_WR);
    shut = true;
    return 0;
  }
  int Poll(pollfd* waited, nfds_t, int timeoutMs) const override {
    if (waited->events == POLLIN && (!replies.empty() || !silent)) return 1;
    nowMs += timeoutMs;
    return 0;
  }
  ssize_t Recv(int, void* buffer, size_t length, int) const override {
    auto& left = const_cast<FakeDaemon*>(this)->replies;
    if (left.empty()) return silent ? Fail(EAGAIN) : 0;
    const size_t given = std::min(length, left.front().size());
    std::memcpy(buffer, left.front().data(), given);
    left.front().erase(0, given);
    if (left.front().empty()) left.pop_front();
    return static_cast<ssize_t>(given);
  }

  std::string Ask(ReplyEnd end) const {
    Exchange exchange(*this, {"DAEMON", Bytes{'a', 'b', 'c'}, end, 1000, {}});
    const auto reply = Drive(*this, exchange);
    CHECK(descriptors.empty());
    if (reply.ok()) return "answer " + std::string(AsText(reply.value()));
    return std::string(reply.error().syscall) + " " + reply.error().path + " " + std::to_string(reply.error().err);
  }
};

std::string Framed(uint64_t length, const std::string& body) {
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + body;
}

TEST("exchange: the whole request, the end of it, then all until the daemon closes; the name exact") {
  FakeDaemon daemon;
  daemon.replies = {"one ", "two"};
  CHECK_EQ(daemon.Ask(ReplyEnd::kEof), "answer one two");
  CHECK_EQ(daemon.name, "DAEMON");
  CHECK_EQ(daemon.sent, "abc");
  CHECK(daemon.shut);
}

TEST("exchange: an answer may be empty") {
  FakeDaemon daemon;
  CHECK_EQ(daemon.Ask(ReplyEnd::kEof), "answer ");
}

TEST("exchange: a peer that is not root gets not one byte") {
  FakeDaemon daemon;
  daemon.uid = 65534;
  daemon.replies = {"x"};
  CHECK_EQ(daemon.Ask(ReplyEnd::kEof), "peercred @DAEMON 1");
  CHECK_EQ(daemon.sent, "");
  CHECK(!daemon.shut);
}

TEST("exchange: a framed answer in any pieces, without shutting down") {
  FakeDaemon daemon;
  for (const char byte : Framed(5, "hello")) daemon.replies.emplace_back(1, byte);
  daemon.replies.emplace_back("next");
  CHECK_EQ(daemon.Ask(ReplyEnd::kFramed), "answer hello");
  CHECK(!daemon.shut);
}

TEST("exchange: a frame that is too long, or ends early") {
  FakeDaemon daemon;
  daemon.replies = {Framed(32 * 1024 * 1024 + 1, "")};
  CHECK_EQ(daemon.Ask(ReplyEnd::kFramed), "recv @DAEMON 90");
  FakeDaemon early;
  early.replies = {Framed(5, "hel")};
  CHECK_EQ(early.Ask(ReplyEnd::kFramed), "recv @DAEMON 104");
  FakeDaemon header;
  header.replies = {"abc"};
  CHECK_EQ(header.Ask(ReplyEnd::kFramed), "recv @DAEMON 104");
}

TEST("exchange: the deadline holds for the answer as a whole") {
  FakeDaemon daemon;
  daemon.silent = true;
  daemon.replies = {"some"};
  const int64_t begun = daemon.nowMs;
  CHECK_EQ(daemon.Ask(ReplyEnd::kEof), "recv @DAEMON 110");
  CHECK_EQ(daemon.nowMs - begun, 1000);
}

TEST("exchange: a full backlog until the end is a time-out, a half-sent request too; nobody there is ECONNREFUSED") {
  FakeDaemon full;
  full.connectErr = EAGAIN;
  CHECK_EQ(full.Ask(ReplyEnd::kEof), "connect @DAEMON 110");
  FakeDaemon half;
  half.room = 2;
  CHECK_EQ(half.Ask(ReplyEnd::kEof), "send @DAEMON 110");
  CHECK_EQ(half.sent, "ab");
  FakeDaemon none;
  none.connectErr = ECONNREFUSED;
  CHECK_EQ(none.Ask(ReplyEnd::kEof), "connect @DAEMON 111");
}

TEST("exchange: a request in any pieces, and a backlog that has room again") {
  FakeDaemon daemon;
  daemon.atOnce = 1;
  daemon.connectErr = EAGAIN;
  daemon.roomAtMs = daemon.nowMs + 500;
  daemon.replies = {"yes"};
  CHECK_EQ(daemon.Ask(ReplyEnd::kEof), "answer yes");
  CHECK_EQ(daemon.sent, "abc");
  CHECK(daemon.nowMs < daemon.roomAtMs + 100);
}

TEST("exchange: given up in the middle, nothing stays open") {
  FakeDaemon daemon;
  daemon.silent = true;
  Exchange exchange(daemon, {"DAEMON", Bytes{'a'}, ReplyEnd::kFramed, 1000, {}});
  const auto wait = exchange.Advance(true);
  CHECK(wait && daemon.descriptors.count(wait->fd) == 1);
  exchange.Close();
  CHECK(daemon.descriptors.empty());
}

TEST("exchange: an answer of a mebibyte in one piece lets others have their turn") {
  FakeDaemon daemon;
  daemon.replies = {std::string(3 << 20, 'x')};
  Exchange exchange(daemon, {"DAEMON", Bytes{'a'}, ReplyEnd::kEof, 1000, {}});
  int steps = 1;
  for (auto wait = exchange.Advance(true); wait; wait = exchange.Advance(true)) ++steps;
  CHECK_EQ(exchange.TakeAnswer().value().size(), size_t{3} << 20);
  CHECK(steps > 3);
  exchange.Close();
}

TEST("address: abstract names by length, without a NUL at the end") {
  CHECK_EQ(AbstractAddress("abc")->length, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 4));
  CHECK(AbstractAddress(std::string(107, 'x')));
  CHECK(!AbstractAddress(std::string(108, 'x')));
  CHECK(!AbstractAddress(""));
}

TEST("address: numeric IPv4 and IPv6 only") {
  CHECK_EQ(ParseTcpAddress("192.0.2.1", 3260)->family(), AF_INET);
  CHECK_EQ(ParseTcpAddress("2001:db8::1", 3260)->family(), AF_INET6);
  CHECK(ParseTcpAddress("fe80::1%lo", 3260));
  for (const char* wrong : {"", "localhost", "192.0.2", "[::1]", "fe80::1%none", "1.2.3.4 "}) CHECK(!ParseTcpAddress(wrong, 3260));
}

}  // namespace
}  // namespace brickwork::test
