// Any answer of device-mapper, to any request: no access out of bounds, and no more targets or devices than the buffer has room for.
#include <linux/dm-ioctl.h>

#include <cstdlib>

#include "core/map_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const brickwork::Bytes buffer(data, data + size);
  using brickwork::MapResults;
  for (const MapResults asked : {MapResults::kNone, MapResults::kTargets, MapResults::kDependencies}) {
    const auto status = brickwork::ParseMapAnswer(buffer, asked);
    if (!status) continue;
    if (status->targets.size() > (asked == MapResults::kTargets ? size / sizeof(dm_target_spec) : 0)) std::abort();
    if (status->dependencies.size() > (asked == MapResults::kDependencies ? size / sizeof(uint64_t) : 0)) std::abort();
  }
  return 0;
}
