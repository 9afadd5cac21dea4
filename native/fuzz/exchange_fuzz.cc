// Any daemon: an answer consists of bytes that the daemon sent, and a framed answer has the length that its header says.
#include "core/daemon_exchange.h"
#include "fuzz/fed_machine.h"
#include "test/drive.h"

namespace brickwork {
namespace {

class Daemon final : public FedMachine {
 public:
  using FedMachine::FedMachine;

  int Getsockopt(int, int, int, void* value, socklen_t* length) const override {
    if (Fails()) return -1;
    ucred peer{1, feed_.Byte() == 0xff ? 1000U : 0U, 0};
    root = peer.uid == 0;
    std::memcpy(value, &peer, sizeof peer);
    *length = sizeof peer;
    return 0;
  }
  ssize_t Send(int fd, const void* bytes, size_t length, int flags) const override {
    Require(root);
    return FedMachine::Send(fd, bytes, length, flags);
  }
  ssize_t Recv(int fd, void* buffer, size_t length, int flags) const override {
    const ssize_t got = FedMachine::Recv(fd, buffer, length, flags);
    if (got > 0) sent.append(static_cast<const char*>(buffer), static_cast<size_t>(got));
    return got;
  }

  mutable bool root = false;
  mutable std::string sent;
};

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using brickwork::ReplyEnd;
  brickwork::Feed feed(data, size);
  const ReplyEnd end = (feed.Byte() & 1) == 0 ? ReplyEnd::kEof : ReplyEnd::kFramed;
  const brickwork::Daemon sys(feed);
  brickwork::Exchange exchange(sys, {"daemon", {1, 2, 3}, end, 1000, {}});
  const auto reply = brickwork::test::Drive(sys, exchange);
  if (!reply.ok()) return 0;
  const std::string_view said = brickwork::AsText(reply.value());
  if (end == ReplyEnd::kEof) {
    brickwork::Require(said == sys.sent);
  } else {
    uint64_t length = 0;
    std::memcpy(&length, sys.sent.data(), sizeof length);
    brickwork::Require(said.size() == length && said == std::string_view(sys.sent).substr(sizeof length));
  }
  return 0;
}
