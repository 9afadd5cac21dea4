// Any answer to a connect, and any end of the controller: nothing stays open. Any portal: an answer has the length that was asked for.
#include "core/fabrics.h"
#include "core/tcp_greeting.h"
#include "fuzz/fed_machine.h"
#include "test/drive.h"

namespace brickwork {
namespace {

class Portal final : public FedMachine {
 public:
  using FedMachine::FedMachine;
  int Getsockopt(int, int, int, void* value, socklen_t*) const override {
    if (Fails()) return -1;
    const int outcome = feed_.Byte() & 1;
    std::memcpy(value, &outcome, sizeof outcome);
    return 0;
  }
};

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using brickwork::Require;
  brickwork::Feed feed(data, size);
  if ((feed.Byte() & 1) == 0) {
    const size_t length = feed.Byte() + size_t{1};
    const brickwork::Portal sys(feed);
    brickwork::TcpGreeting greeting(sys, {*brickwork::ParseTcpAddress("192.0.2.1", 4420), {1, 2, 3}, length, 1000, {}});
    const auto reply = brickwork::test::Drive(sys, greeting);
    if (reply.ok()) Require(reply.value().bytes.size() == (reply.value().err == 0 ? length : 0));
    return 0;
  }
  const std::string text = feed.Text(feed.Byte());
  if (brickwork::ParseInstance(text)) Require(text.rfind("instance=", 0) == 0 && text.find(',') != std::string::npos);
  const brickwork::FedMachine sys(feed);
  const brickwork::Bytes options{'x'};
  auto connected = brickwork::ConnectFabrics(sys, {"/dev/nvme-fabrics", options, "/sys/class/nvme", {}});
  if (!connected.ok() || !connected.value().directory) return 0;
  Require(connected.value().err == 0);
  (void)brickwork::DeleteController(sys, connected.value().directory.get());
  return 0;
}
