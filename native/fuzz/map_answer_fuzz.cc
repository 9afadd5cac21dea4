// Any answer of device-mapper: no access out of bounds, and no more targets than there is room for.
#include <linux/dm-ioctl.h>

#include <cstdlib>

#include "core/map_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const brickwork::Bytes buffer(data, data + size);
  for (const bool withTargets : {false, true}) {
    const auto status = brickwork::ParseMapAnswer(buffer, withTargets);
    if (status && status->targets.size() > size / sizeof(dm_target_spec)) std::abort();
  }
  return 0;
}
