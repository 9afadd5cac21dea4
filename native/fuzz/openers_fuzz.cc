// Any /proc: the answer has only requested devices, in order.
#include "core/device_openers.h"
#include "fuzz/fed_machine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const brickwork::FedMachine sys({data, size}, true);
  const brickwork::DeviceNumbers wanted{{{0, 0}, {8, 16}, {253, 3}}, {{0, 0}, {21, 3}}};
  const auto found = brickwork::FindOpeners(sys, "/proc", wanted);
  if (!found.ok()) return 0;
  const auto& openers = found.value().openers;
  for (size_t i = 0; i < openers.size(); ++i) {
    brickwork::Require((openers[i].character ? wanted.character : wanted.block).count(openers[i].device) == 1);
    brickwork::Require(i == 0 || openers[i - 1].pid <= openers[i].pid);
  }
  return 0;
}
