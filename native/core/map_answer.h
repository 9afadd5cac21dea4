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
  std::vector<DeviceNumber> dependencies;
};

// What follows the header of an answer, which doesn't say so itself: it depends on the question.
enum class MapResults : uint8_t { kNone, kTargets, kDependencies };

// The whole buffer as the kernel left it. Nothing unless every offset lies within what it says it filled, and every text ends there.
// Results are read only as what was asked for: other answers count the targets without telling them.
std::optional<MapStatus> ParseMapAnswer(const Bytes& buffer, MapResults asked);

}  // namespace brickwork
