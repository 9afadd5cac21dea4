#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// All of these may wait as long as the device does, at worst for ever. Only the helper process may call them.

// Opens the node exclusively: nothing else can then mount it or make it part of LVM, md, dm or swap. EBUSY if it is already held
// exclusively.
Result<UniqueFd> OpenExclusively(const Syscalls& sys, const std::string& node);

// Writes the device's dirty pages, reports those that could not be written, and drops the page cache.
Result<Done> FlushDevice(const Syscalls& sys, const std::string& node);

// Reads past the page cache. Returns fewer bytes at the end of the device.
Result<Bytes> ReadDirect(const Syscalls& sys, const std::string& node, uint64_t offset, size_t length);

enum class AccessChange : uint8_t { kChanged = 0, kUnchanged = 1, kGone = 2 };

// Makes the device refuse writes, or accept them again (ioctl BLKROSET). `diskseq`: sysfs's sequence number of the disk that the node must
// lead to; 0 if it is unknown. kUnchanged: the device was in that state before. A device that its driver made read-only stays read-only.
Result<AccessChange> SetReadOnly(const Syscalls& sys, const std::string& node, bool readOnly, uint64_t diskseq);

}  // namespace brickwork
