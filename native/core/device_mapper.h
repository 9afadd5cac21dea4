#pragma once

#include <optional>
#include <string>

#include "core/map_answer.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// Devices are looked up by uuid alone: a name may be changed at any time.
struct MapRequest {
  enum Command : uint8_t { kStatus, kTable, kDeps, kMessage } command;
  std::string control;  // /dev/mapper/control
  std::string uuid;
  std::string message;  // of kMessage: for the target at sector 0
};

// One question about a device, or a message to it; nothing when there is no such device. The live table is read without flushing, so
// that paths which answer nothing don't keep it waiting.
Result<std::optional<MapStatus>> AskDeviceMapper(const Syscalls& sys, const MapRequest& request);

enum class MapRemoval : uint8_t { kRemoved = 0, kBusy = 1, kGone = 2 };

// Waits for who looks at the device: for the helper process only.
Result<MapRemoval> RemoveMap(const Syscalls& sys, const std::string& control, const std::string& uuid);

struct NewMap {
  std::string control;
  std::string name;
  std::string uuid;
  uint64_t sectors;
  bool readOnly;
  std::string parameters;  // of its one target, which is of the type multipath
};
enum class MapCreation : uint8_t { kCreated = 0, kBusy = 1 };

// Makes a device with a live table, or nothing. Busy: there is one of this name or uuid, or a path is in use or can't be
// opened just now. Opens the paths: for the
// helper process only.
Result<MapCreation> CreateMap(const Syscalls& sys, const NewMap& map);

}  // namespace brickwork
