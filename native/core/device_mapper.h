#pragma once

#include <optional>
#include <string>

#include "core/map_answer.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// Devices are found by uuid alone, because a name may change at any time.
struct MapRequest {
  enum Command : uint8_t { kStatus, kTable, kDeps, kMessage } command;
  std::string control;  // /dev/mapper/control
  std::string uuid;
  std::string message;  // kMessage only: for the target at sector 0
};

// Queries a device, or sends it a message; nothing if there is no such device. The live table is read without flushing, so paths that don't
// answer cannot block it.
Result<std::optional<MapStatus>> AskDeviceMapper(const Syscalls& sys, const MapRequest& request);

enum class MapRemoval : uint8_t { kRemoved = 0, kBusy = 1, kGone = 2 };

// Waits for processes that have the device open. Only the helper process may call it.
Result<MapRemoval> RemoveMap(const Syscalls& sys, const std::string& control, const std::string& uuid);

struct NewMap {
  std::string control;
  std::string name;
  std::string uuid;
  uint64_t sectors;
  bool readOnly;
  std::string parameters;  // of its only target, of type multipath
};
enum class MapCreation : uint8_t { kCreated = 0, kBusy = 1 };

// Creates a device with a live table, or nothing. Busy: the name or uuid exists already, or a path is in use or cannot be opened now. It
// opens the paths, so only the helper process may call it.
Result<MapCreation> CreateMap(const Syscalls& sys, const NewMap& map);

}  // namespace brickwork
