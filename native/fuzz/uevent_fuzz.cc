// Any datagram, from the kernel or from root: no access out of bounds, and an accepted message has the content of the datagram.
#include <cstdlib>

#include "core/uevent_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view datagram(reinterpret_cast<const char*>(data), size);
  for (const uint32_t portId : {0U, 1U}) {
    const auto message = brickwork::ParseUevent(datagram, {portId, true, 0});
    if (!message) continue;
    if (message->size() < 2 || message->size() > size) std::abort();
    if (datagram.find(brickwork::AsText(*message).substr(1)) == std::string_view::npos) std::abort();
  }
  return 0;
}
