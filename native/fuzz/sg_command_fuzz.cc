// Any header from the sg driver: sense and data stay within their buffers.
#include "core/sg_command.h"
#include "fuzz/fed_machine.h"
#include "test/drive.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  brickwork::Feed feed(data, size);
  const size_t length = feed.Short();
  const brickwork::FedMachine sys(feed);
  brickwork::SgCommand command(sys, {"/dev/sg0", brickwork::Bytes(6), length, 1000});
  const auto reply = brickwork::test::Drive(sys, command);
  if (!reply.ok()) return 0;
  brickwork::Require(reply.value().sense.size() <= 255 && reply.value().data.size() <= length);
  return 0;
}
