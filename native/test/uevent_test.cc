#include <endian.h>
#include <linux/netlink.h>

#include <cstring>
#include <deque>

#include "core/uevent_message.h"
#include "core/uevent_socket.h"
#include "test/check.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

using namespace std::string_literals;

const UeventSender kKernelItself{0, true, 0};
const UeventSender kRoot{4711, true, 0};

std::string Udev(const std::string& properties, uint32_t offset, uint32_t length, uint32_t magic = 0xfeedcafe) {
  std::string out = "libudev\0"s;
  for (const uint32_t number : {htobe32(magic), uint32_t{40}, offset, length, 0U, 0U, 0U, 0U}) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return out + properties;
}
std::string Parse(const std::string& datagram, const UeventSender& sender) {
  const auto message = ParseUevent(datagram, sender);
  return message ? std::string(AsText(*message)) : "nothing";
}

TEST("uevent: the kernel's, without its header") {
  CHECK_EQ(Parse("add@/devices/x\0ACTION=add\0SEQNUM=7\0"s, kKernelItself),
           "\x01"
           "ACTION=add\0SEQNUM=7\0"s);
}

TEST("uevent: udev's, by the bounds of its header") {
  const std::string text = "ACTION=add\0DEVNAME=sda\0"s;
  const auto size = static_cast<uint32_t>(text.size());
  CHECK_EQ(Parse(Udev(text, 40, size), kRoot), "\x02" + text);
  CHECK_EQ(Parse(Udev("pad!" + text, 44, size), kRoot), "\x02" + text);
  CHECK_EQ(Parse(Udev(text, 40, size + 1), kRoot), "nothing");
  CHECK_EQ(Parse(Udev(text, 41, size), kRoot), "nothing");
  CHECK_EQ(Parse(Udev(text, 40, 0xffffffff), kRoot), "nothing");
  CHECK_EQ(Parse(Udev(text, 0xffffffff, 2), kRoot), "nothing");
  CHECK_EQ(Parse(Udev(text, 0, size), kRoot), "nothing");
  CHECK_EQ(Parse(Udev(text, 40, 0), kRoot), "nothing");
  CHECK_EQ(Parse(Udev(text, 40, size, 0xcafefeed), kRoot), "nothing");
  for (size_t cut = 0; cut < 40; ++cut) CHECK_EQ(Parse(Udev(text, 40, size).substr(0, cut), kRoot), "nothing");
}

TEST("uevent: only the kernel and root are believed") {
  const std::string kernel = "add@/devices/x\0ACTION=add\0"s;
  const std::string udev = Udev("ACTION=add\0"s, 40, 11);
  CHECK_EQ(Parse(udev, {4711, true, 1000}), "nothing");
  CHECK_EQ(Parse(udev, {4711, false, 0}), "nothing");
  CHECK_EQ(Parse(kernel, kRoot), "nothing");
  CHECK_EQ(Parse(udev, kKernelItself), "nothing");
}

TEST("uevent: malformed ones of the kernel") {
  for (const std::string& wrong : {""s, "add@/x"s, "\0"s, "noat\0A=1\0"s, "add@/x\0"s}) CHECK_EQ(Parse(wrong, kKernelItself), "nothing");
}

class FakeNetlink : public FakeSyscalls {
 public:
  struct Item {
    std::string datagram;
    uint32_t portId = 0;
    uid_t uid = 0;
    int err = 0;
    bool truncated = false;
  };
  mutable std::deque<Item> items;
  bool forbidsForce = false;
  mutable std::vector<int> options;
  mutable unsigned int groups = 0;

  int Socket(int domain, int, int protocol) const override {
    CHECK_EQ(domain, AF_NETLINK);
    CHECK_EQ(protocol, NETLINK_KOBJECT_UEVENT);
    return OpenFd("netlink");
  }
  int Setsockopt(int, int, int name, const void*, socklen_t) const override {
    options.push_back(name);
    return name == SO_RCVBUFFORCE && forbidsForce ? Fail(EPERM) : 0;
  }
  int Bind(int, const sockaddr* address, socklen_t) const override {
    groups = reinterpret_cast<const sockaddr_nl*>(address)->nl_groups;
    return 0;
  }
  ssize_t Recvmsg(int, msghdr* header, int) const override {
    if (items.empty()) return Fail(EAGAIN);
    const Item item = items.front();
    items.pop_front();
    if (item.err != 0) return Fail(item.err);
    sockaddr_nl from{};
    from.nl_family = AF_NETLINK;
    from.nl_pid = item.portId;
    std::memcpy(header->msg_name, &from, sizeof from);
    std::memcpy(header->msg_iov->iov_base, item.datagram.data(), item.datagram.size());
    cmsghdr* control = CMSG_FIRSTHDR(header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_CREDENTIALS;
    control->cmsg_len = CMSG_LEN(sizeof(ucred));
    const ucred credentials{1, item.uid, 0};
    std::memcpy(CMSG_DATA(control), &credentials, sizeof credentials);
    header->msg_flags = item.truncated ? MSG_TRUNC : 0;
    return static_cast<ssize_t>(item.datagram.size());
  }
};

TEST("uevent socket: a large buffer, by force where that is allowed, and credentials before it is bound") {
  FakeNetlink netlink;
  netlink.forbidsForce = true;
  CHECK(OpenUeventSocket(netlink, 3, {}).ok());
  CHECK_EQ(netlink.options, (std::vector<int>{SO_RCVBUFFORCE, SO_RCVBUF, SO_PASSCRED}));
  CHECK_EQ(netlink.groups, 3U);
}

TEST("uevent socket: a drain takes what is there, in order, and says where something was lost") {
  FakeNetlink netlink;
  const std::string good = "add@/x\0A=1\0"s;
  netlink.items = {{good}, {good, 99, 1000}, {"", 0, 0, ENOBUFS}, {Udev("B=2\0"s, 40, 4), 99}, {"garbage"}, {good, 0, 0, 0, true}};
  const UeventBatch batch = DrainUevents(netlink, 3);
  CHECK_EQ(batch.failing, false);
  CHECK_EQ(batch.messages.size(), size_t{4});
  CHECK_EQ(std::string(AsText(batch.messages[0])),
           "\x01"
           "A=1\0"s);
  CHECK(batch.messages[1].empty());
  CHECK_EQ(std::string(AsText(batch.messages[2])),
           "\x02"
           "B=2\0"s);
  CHECK(batch.messages[3].empty());
}

TEST("uevent socket: a receive that fails is told once a drain, and the drain ends") {
  FakeNetlink netlink;
  netlink.items = {{"", 0, 0, ENOMEM}, {"", 0, 0, ENOMEM}};
  const UeventBatch batch = DrainUevents(netlink, 3);
  CHECK(batch.failing);
  CHECK_EQ(batch.messages.size(), size_t{1});
  CHECK(batch.messages[0].empty());
}

}  // namespace
}  // namespace brickwork::test
