#include "core/device_mapper.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "core/unique_fd.h"

namespace brickwork {
namespace {

// Room for any status except that of a table with hundreds of targets.
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
constexpr Command kCreateCommand{DM_DEV_CREATE, "ioctl(DM_DEV_CREATE)", 0, MapResults::kNone};
constexpr Command kLoadCommand{DM_TABLE_LOAD, "ioctl(DM_TABLE_LOAD)", 0, MapResults::kNone};
constexpr Command kResumeCommand{DM_DEV_SUSPEND, "ioctl(DM_DEV_SUSPEND)", 0, MapResults::kNone};

// The flags that udev's rules receive with the uevent of the resume (libdevmapper.h, DM_UDEV_PRIMARY_SOURCE_FLAG and DM_UDEV_FLAGS_SHIFT).
// They mean that the event is not synthetic: the device is new. The lower half is the number of a semaphore, on which nothing waits.
constexpr uint32_t kUdevPrimarySource = 0x0040U << 16;
constexpr char kTargetType[] = "multipath";

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

// A longer uuid is no device's: the kernel would cut it off, and it would then match another device.
bool IsUuid(const std::string& uuid) { return !uuid.empty() && uuid.size() < DM_UUID_LEN && uuid.find('\0') == std::string::npos; }

// Each call builds a new request: an answer holds the name, and the kernel refuses a request with name and uuid.
Bytes MakeRequest(const Command& command, const std::string& uuid, const std::string& payload, size_t size, const dm_ioctl& more = {}) {
  Bytes buffer(size);
  dm_ioctl header = more;
  header.version[0] = DM_VERSION_MAJOR;
  header.data_size = static_cast<uint32_t>(size);
  header.data_start = sizeof header;
  header.flags |= command.flags;
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

// One target, followed by its parameters with NUL.
std::string TablePayload(const NewMap& map) {
  dm_target_spec spec{};
  spec.length = map.sectors;
  std::memcpy(spec.target_type, kTargetType, sizeof kTargetType);
  const size_t end = (sizeof spec + map.parameters.size() + 1 + 7) / 8 * 8;
  spec.next = static_cast<uint32_t>(end);
  std::string payload(end, '\0');
  std::memcpy(payload.data(), &spec, sizeof spec);
  map.parameters.copy(payload.data() + sizeof spec, map.parameters.size());
  return payload;
}

// The part after the header of a message: its sector, 0, and its text with NUL.
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
    // The target has processed a message even if its answer, which is not used, does not fit. So it is not sent again.
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

Result<MapCreation> CreateMap(const Syscalls& sys, const NewMap& map) {
  const bool named = !map.name.empty() && map.name.size() < DM_NAME_LEN && map.name.find('\0') == std::string::npos;
  if (!named || !IsUuid(map.uuid) || map.parameters.find('\0') != std::string::npos) return SysError{EINVAL, kCreateCommand.syscall, map.control};
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, map.control.c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", map.control);
  const auto tell = [&](const Command& command, const dm_ioctl& more, const std::string& payload) -> int {
    Bytes buffer = MakeRequest(command, map.uuid, payload, sizeof(dm_ioctl) + payload.size(), more);
    return sys.Ioctl(fd.get(), command.request, buffer.data()) == 0 ? 0 : errno;
  };

  dm_ioctl creation{};
  map.name.copy(creation.name, map.name.size());
  if (const int err = tell(kCreateCommand, creation, {})) {
    if (err == EBUSY) return MapCreation::kBusy;
    return SysError{err, kCreateCommand.syscall, map.control};
  }
  dm_ioctl load{};
  load.target_count = 1;
  load.flags = map.readOnly ? DM_READONLY_FLAG : 0;
  dm_ioctl resume{};
  resume.event_nr = kUdevPrimarySource;
  const Command* failed = &kLoadCommand;
  int err = tell(kLoadCommand, load, TablePayload(map));
  if (err == 0) {
    failed = &kResumeCommand;
    err = tell(kResumeCommand, resume, {});
  }
  if (err == 0) return MapCreation::kCreated;
  // Without a table nothing uses it yet. If a process has it open at this moment it stays, and the caller knows its uuid.
  tell(kRemoveCommand, {}, {});
  // ENXIO, ENODEV: a disk cannot be opened yet, or no longer.
  if (err == EBUSY || err == ENXIO || err == ENODEV) return MapCreation::kBusy;
  return SysError{err, failed->syscall, map.control};
}

}  // namespace brickwork
