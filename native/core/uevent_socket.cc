#include "core/uevent_socket.h"

#include <linux/netlink.h>
#include <sys/uio.h>

#include <cstring>

#include "core/namespace_socket.h"
#include "core/uevent_message.h"

namespace brickwork {
namespace {

constexpr int kBufferBytes = 16 * 1024 * 1024;
constexpr size_t kMessageLimit = 64 * 1024;
constexpr size_t kBatchLimit = 512;

enum class Received { kMessage, kIgnored, kNothing, kLost, kFailed };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"  // in musl's macro
cmsghdr* Next(const msghdr& header, cmsghdr* control) { return CMSG_NXTHDR(const_cast<msghdr*>(&header), control); }
#pragma GCC diagnostic pop

UeventSender SenderOf(const msghdr& header, const sockaddr_nl& address) {
  UeventSender sender{address.nl_pid, false, 0};
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = Next(header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_CREDENTIALS || control->cmsg_len != CMSG_LEN(sizeof(ucred)))
      continue;
    ucred credentials{};
    std::memcpy(&credentials, CMSG_DATA(control), sizeof credentials);
    sender.known = true;
    sender.uid = credentials.uid;
  }
  return sender;
}

Received ReceiveOne(const Syscalls& sys, int fd, Bytes& buffer, Bytes& message) {
  sockaddr_nl address{};
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr header{};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;

  const ssize_t got = sys.Recvmsg(fd, &header, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return Received::kNothing;
  if (got < 0) return errno == ENOBUFS ? Received::kLost : Received::kFailed;
  if ((header.msg_flags & MSG_TRUNC) != 0) return Received::kLost;
  if (header.msg_namelen < sizeof address || address.nl_family != AF_NETLINK) return Received::kIgnored;
  auto parsed = ParseUevent({reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(got)}, SenderOf(header, address));
  if (!parsed) return Received::kIgnored;
  message = std::move(*parsed);
  return Received::kMessage;
}

}  // namespace

Result<UniqueFd> OpenUeventSocket(const Syscalls& sys, unsigned int groups, const std::string& netns) {
  auto opened = OpenSocket(sys, netns, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (!opened.ok()) return opened.error();
  const int fd = opened.value().get();
  if (sys.Setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes) != 0) {
    // Without the privilege the kernel allows only its own limit.
    (void)sys.Setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes);
  }
  const int on = 1;
  if (sys.Setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) return LastError("setsockopt", {});
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (sys.Bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return LastError("bind", {});
  return std::move(opened.value());
}

UeventBatch DrainUevents(const Syscalls& sys, int fd) {
  UeventBatch batch{{}, false};
  Bytes buffer(kMessageLimit);
  for (size_t received = 0; received < kBatchLimit; ++received) {
    Bytes message;
    const Received what = ReceiveOne(sys, fd, buffer, message);
    if (what == Received::kNothing) break;
    if (what == Received::kIgnored) continue;
    batch.messages.push_back(std::move(message));
    batch.failing = what == Received::kFailed;
    if (batch.failing) break;
  }
  return batch;
}

}  // namespace brickwork
