#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// All of these may wait as long as the device does, for ever at worst: for the helper process only.

// Opens the node so that nobody else may mount it or make it part of LVM, md, dm or swap; EBUSY when somebody has.
Result<UniqueFd> OpenExclusively(const Syscalls& sys, const std::string& node);

// Writes out what the page cache holds of the device, reports what could not be written, and drops the cache.
Result<Done> FlushDevice(const Syscalls& sys, const std::string& node);

// Reads past the page cache; fewer bytes at the end of the device.
Result<Bytes> ReadDirect(const Syscalls& sys, const std::string& node, uint64_t offset, size_t length);

enum class AccessChange : uint8_t { kChanged = 0, kUnchanged = 1, kGone = 2 };

// Makes the kernel refuse writes to the device, or take them again (ioctl BLKROSET). `diskseq`: the disk that the node must lead to, as sysfs
// counts it; 0 when it is not known. kUnchanged: it was so before. A device that its driver has made read-only stays read-only.
Result<AccessChange> SetReadOnly(const Syscalls& sys, const std::string& node, bool readOnly, uint64_t diskseq);

}  // namespace brickwork
