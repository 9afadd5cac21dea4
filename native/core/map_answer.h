// What device-mapper answers (include/uapi/linux/dm-ioctl.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/device_openers.h"

namespace brickwork {

// Starts and lengths in sectors of 512 bytes.
struct MapTarget {
  uint64_t start;
  uint64_t length;
  std::string type;
  std::string parameters;
};
struct MapStatus {
  std::string name;
  std::string uuid;
  DeviceNumber device;
  uint32_t openCount;
  bool suspended;
  bool readOnly;
  std::vector<MapTarget> targets;
};

// The whole buffer as the kernel left it. Nothing unless every offset lies within what it says it filled, and every text ends there.
// The targets are read only when they were asked for: other answers count them without telling them.
std::optional<MapStatus> ParseMapAnswer(const Bytes& buffer, bool withTargets);

}  // namespace brickwork
