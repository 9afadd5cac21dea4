// Any bytes in the buffer of a device-mapper ioctl: an answer is about the requested device, or there is none.
#include "core/device_mapper.h"

#include <linux/dm-ioctl.h>

#include "fuzz/fed_machine.h"

namespace brickwork {
namespace {

class DeviceMapper final : public FedMachine {
 public:
  using FedMachine::FedMachine;

  int Ioctl(int, unsigned long, void* argument) const override {
    if (Fails()) return -1;
    dm_ioctl request{};
    std::memcpy(&request, argument, sizeof request);
    // Most answers begin like those of a kernel, with a header that the fuzzer would otherwise have to guess.
    const bool likeKernel = (feed_.Byte() & 1) == 0;
    if (!likeKernel) {
      feed_.Fill(argument, request.data_size);
      return 0;
    }
    dm_ioctl answer = request;
    answer.flags = feed_.Short();
    answer.target_count = feed_.Byte();
    answer.data_start = static_cast<uint32_t>(sizeof answer) + feed_.Byte();
    answer.data_size = feed_.Short();
    feed_.Fill(answer.name, sizeof answer.name);
    std::memcpy(argument, &answer, sizeof answer);
    feed_.Fill(static_cast<char*>(argument) + sizeof answer, request.data_size - sizeof answer);
    return 0;
  }
};

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using brickwork::MapRequest;
  brickwork::Feed feed(data, size);
  const auto command = static_cast<MapRequest::Command>(feed.Byte() % 4);
  const brickwork::DeviceMapper sys(feed);
  const auto asked = brickwork::AskDeviceMapper(sys, {command, "/dev/mapper/control", "mpath-36001", "a message"});
  if (!asked.ok() || !asked.value()) return 0;
  brickwork::Require(asked.value()->uuid == "mpath-36001");
  brickwork::Require(asked.value()->targets.empty() || command == MapRequest::kStatus || command == MapRequest::kTable);
  brickwork::Require(asked.value()->dependencies.empty() || command == MapRequest::kDeps);
  return 0;
}
