#pragma once

#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// Files that serve as locks by flock. The kernel releases the lock when the last descriptor of the opening closes, so also after `kill -9`.
Result<int> OpenLockFile(const Syscalls& sys, const std::string& path);
// False when another opening holds the lock.
Result<bool> TryLock(const Syscalls& sys, int fd);

}  // namespace brickwork
