#include "core/device_mapper.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "core/unique_fd.h"

namespace brickwork {
namespace {

// Room for any status but those of tables with hundreds of targets.
constexpr size_t kFirstBuffer = 16 * 1024;
constexpr size_t kBufferLimit = 1024 * 1024;

struct Command {
  unsigned long request;
  const char* syscall;
  uint32_t flags;
  MapResults results;
};
constexpr Command kStatusCommand{DM_TABLE_STATUS, "ioctl(DM_TABLE_STATUS)", DM_NOFLUSH_FLAG, MapResults::kTargets};
constexpr Command kTableCommand{DM_TABLE_STATUS, "ioctl(DM_TABLE_STATUS)", DM_NOFLUSH_FLAG | DM_STATUS_TABLE_FLAG, MapResults::kTargets};
constexpr Command kDepsCommand{DM_TABLE_DEPS, "ioctl(DM_TABLE_DEPS)", 0, MapResults::kDependencies};
constexpr Command kMessageCommand{DM_TARGET_MSG, "ioctl(DM_TARGET_MSG)", 0, MapResults::kNone};
constexpr Command kRemoveCommand{DM_DEV_REMOVE, "ioctl(DM_DEV_REMOVE)", 0, MapResults::kNone};

const Command& CommandOf(MapRequest::Command command) {
  switch (command) {
    case MapRequest::kStatus:
      return kStatusCommand;
    case MapRequest::kTable:
      return kTableCommand;
    case MapRequest::kDeps:
      return kDepsCommand;
    default:
      return kMessageCommand;
  }
}

// No device has a uuid that does not fit: it would be cut off, and be another's.
bool IsUuid(const std::string& uuid) { return !uuid.empty() && uuid.size() < DM_UUID_LEN && uuid.find('\0') == std::string::npos; }

// A request of its own for each call: an answer holds the name, and a request with name and uuid is refused.
Bytes MakeRequest(const Command& command, const std::string& uuid, const std::string& payload, size_t size) {
  Bytes buffer(size);
  dm_ioctl header{};
  header.version[0] = DM_VERSION_MAJOR;
  header.data_size = static_cast<uint32_t>(size);
  header.data_start = sizeof header;
  header.flags = command.flags;
  std::memcpy(header.uuid, uuid.data(), uuid.size());
  std::memcpy(buffer.data(), &header, sizeof header);
  std::copy(payload.begin(), payload.end(), buffer.begin() + sizeof header);
  return buffer;
}

bool IsTruncated(const Bytes& answer) {
  dm_ioctl header{};
  std::memcpy(&header, answer.data(), sizeof header);
  return (header.flags & DM_BUFFER_FULL_FLAG) != 0;
}

// What follows the header of a message: its sector, 0, and its text with NUL.
std::string MessagePayload(const std::string& message) { return std::string(sizeof(dm_target_msg), '\0') + message + '\0'; }

}  // namespace

Result<std::optional<MapStatus>> AskDeviceMapper(const Syscalls& sys, const MapRequest& request) {
  const Command& command = CommandOf(request.command);
  const bool message = request.command == MapRequest::kMessage;
  const std::string payload = message ? MessagePayload(request.message) : std::string();
  if (!IsUuid(request.uuid)) return SysError{EINVAL, command.syscall, request.control};
  if (payload.size() > kFirstBuffer - sizeof(dm_ioctl)) return SysError{EMSGSIZE, command.syscall, request.control};
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, request.control.c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", request.control);

  for (size_t size = kFirstBuffer; size <= kBufferLimit; size *= 4) {
    Bytes buffer = MakeRequest(command, request.uuid, payload, size);
    if (sys.Ioctl(fd.get(), command.request, buffer.data()) != 0) {
      if (errno == ENXIO) return std::optional<MapStatus>();
      return LastError(command.syscall, request.control);
    }
    // A message has been heard even if its answer, which nobody asked for, does not fit: it is not sent again.
    if (!message && IsTruncated(buffer)) continue;
    auto status = ParseMapAnswer(buffer, command.results);
    if (!status || status->uuid != request.uuid) return SysError{EPROTO, command.syscall, request.control};
    return status;
  }
  return SysError{EMSGSIZE, command.syscall, request.control};
}

Result<MapRemoval> RemoveMap(const Syscalls& sys, const std::string& control, const std::string& uuid) {
  if (!IsUuid(uuid)) return SysError{EINVAL, kRemoveCommand.syscall, control};
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, control.c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", control);
  Bytes buffer = MakeRequest(kRemoveCommand, uuid, {}, sizeof(dm_ioctl));
  if (sys.Ioctl(fd.get(), kRemoveCommand.request, buffer.data()) == 0) return MapRemoval::kRemoved;
  if (errno == EBUSY) return MapRemoval::kBusy;
  if (errno == ENXIO) return MapRemoval::kGone;
  return LastError(kRemoveCommand.syscall, control);
}

}  // namespace brickwork
