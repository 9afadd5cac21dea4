// Any datagrams with any sender: no more messages than datagrams that the kernel or root sent, or that report a loss.
#include <linux/netlink.h>

#include "core/uevent_socket.h"
#include "fuzz/fed_machine.h"

namespace brickwork {
namespace {

class Netlink final : public FedMachine {
 public:
  using FedMachine::FedMachine;

  ssize_t Recvmsg(int, msghdr* header, int) const override {
    if (Fails()) {
      if (errno != EAGAIN) ++trusted;
      return -1;
    }
    const uint8_t kind = feed_.Byte();
    sockaddr_nl address{};
    address.nl_family = (kind & 1) != 0 ? AF_UNIX : AF_NETLINK;
    address.nl_pid = (kind & 2) != 0 ? 77 : 0;
    ucred credentials{1, (kind & 4) != 0 ? 1000U : 0U, 0};
    const bool told = (kind & 8) == 0;
    header->msg_flags = (kind & 16) != 0 ? MSG_TRUNC : 0;
    header->msg_namelen = (kind & 32) != 0 ? 0 : sizeof address;
    std::memcpy(header->msg_name, &address, sizeof address);
    if ((kind & 64) != 0) {
      // Any other control data may come with a datagram.
      header->msg_controllen = feed_.Fill(header->msg_control, header->msg_controllen);
    } else if (told) {
      cmsghdr* const control = CMSG_FIRSTHDR(header);
      control->cmsg_level = SOL_SOCKET;
      control->cmsg_type = SCM_CREDENTIALS;
      control->cmsg_len = CMSG_LEN(sizeof credentials);
      std::memcpy(CMSG_DATA(control), &credentials, sizeof credentials);
    } else {
      header->msg_controllen = 0;
    }
    const bool root = (kind & 64) != 0 || (told && credentials.uid == 0);
    if (header->msg_flags != 0 || address.nl_pid == 0 || root) ++trusted;
    return static_cast<ssize_t>(feed_.Fill(header->msg_iov->iov_base, std::min<size_t>(header->msg_iov->iov_len, feed_.Short())));
  }

  mutable size_t trusted = 0;
};

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using brickwork::Require;
  const brickwork::Netlink sys({data, size});
  const brickwork::UeventBatch batch = brickwork::DrainUevents(sys, 100);
  Require(batch.messages.size() <= sys.trusted);
  Require(!batch.failing || (!batch.messages.empty() && batch.messages.back().empty()));
  for (const brickwork::Bytes& message : batch.messages) {
    Require(message.empty() || (message.size() >= 2 && (message[0] == 1 || message[0] == 2)));
  }
  return 0;
}
