// Answers of device-mapper (include/uapi/linux/dm-ioctl.h).
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

// The kind of results after the header of an answer. The answer doesn't name it; it depends on the request.
enum class MapResults : uint8_t { kNone, kTargets, kDependencies };

// Parses the whole buffer as the kernel left it. Returns nothing unless every offset lies within the size that the header claims, and every
// text ends there. Reads results only of the requested kind: other answers have a count of targets but no targets.
std::optional<MapStatus> ParseMapAnswer(const Bytes& buffer, MapResults asked);

}  // namespace brickwork
